/** table and data_table blocks. */
import { el } from "./dom.js";
import { icon } from "./icons.js";
import { interactive } from "./elements.js";
import { richText } from "./richtext.js";
import { textObject } from "./mrkdwn.js";
import { withEmoji } from "./emoji.js";

const plainText = (cell) => {
  if (cell?.elements) return cell.elements.map(plainText).join("");
  return cell?.text?.text ?? cell?.text ?? (cell?.value === undefined ? "" : String(cell.value));
};

function content(cell, block, ctx) {
  if (!cell) return [];
  if (cell.type === "rich_text") return richText(cell, ctx);
  if (cell.type === "mrkdwn" || cell.type === "plain_text") return textObject(cell, ctx);
  if (cell.type === "action" && cell.element) return [interactive(cell.element, block, ctx)];
  return withEmoji(plainText(cell));
}

const look = (cell, setting) => [setting?.align ? `align-${setting.align}` : cell?.type === "raw_number" ? "align-right" : "", setting?.is_wrapped ? "wrap" : ""].join(" ").trim();

export function table(block, ctx) {
  const [head = [], ...rows] = block.rows || [];
  const settings = block.column_settings || [];
  const cls = (cell, n) => look(cell, settings[n] || {}) || undefined;
  return el("div", { class: "table-wrap", tabindex: 0, role: "region", "aria-label": `Table: ${plainText(head[0]) || "data"}` }, el("table", { class: "table" },
    el("thead", {}, el("tr", {}, head.map((c, n) => el("th", { scope: "col", class: cls(c, n) }, content(c, block, ctx))))),
    el("tbody", {}, rows.map((row) => el("tr", {}, row.map((c, n) => el("td", { class: cls(c, n) }, content(c, block, ctx))))))));
}

const keyOf = (cell) => (cell?.type === "raw_number" ? Number(cell.value) : plainText(cell));
const compare = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en", { numeric: true }));

/** A table one can sort and page; its caption names it. */
export function dataTable(block, ctx) {
  const [head = [], ...rows] = block.rows || [];
  const size = Math.max(1, block.page_size || 10);
  const state = { column: -1, down: false, page: 0 };
  const numbers = head.map((_, n) => rows.length > 0 && rows.every((r) => r[n]?.type === "raw_number"));
  const body = el("tbody");
  const sorted = () => {
    if (state.column < 0) return rows;
    const out = [...rows].sort((a, b) => compare(keyOf(a[state.column]), keyOf(b[state.column])));
    return state.down ? out.reverse() : out;
  };
  const headers = head.map((cell, n) => el("th", { scope: "col", class: numbers[n] ? "align-right" : undefined, "aria-sort": "none" },
    el("button", { type: "button", class: "sort", onclick: () => {
      Object.assign(state, { down: state.column === n ? !state.down : false, column: n, page: 0 });
      draw();
    } }, el("span", {}, content(cell, block, ctx)), el("span", { class: "sort-mark" }, icon("sort", 14)))));
  const status = el("span", { class: "pager-status", "aria-live": "polite" });
  const turn = (step, name, glyph) => el("button", { type: "button", class: "btn btn-icon btn-small", "aria-label": name, onclick: () => {
    state.page += step;
    draw();
  } }, icon(glyph, 16));
  const back = turn(-1, "Previous page", "left");
  const on = turn(1, "Next page", "right");
  const rowHead = block.row_header_column_index;
  function draw() {
    const from = state.page * size;
    const shown = sorted().slice(from, from + size);
    body.replaceChildren(...shown.map((row) => el("tr", {}, row.map((c, n) => el(n === rowHead ? "th" : "td", { scope: n === rowHead ? "row" : undefined, class: numbers[n] ? "align-right" : undefined }, content(c, block, ctx))))));
    headers.forEach((th, n) => {
      th.setAttribute("aria-sort", state.column === n ? (state.down ? "descending" : "ascending") : "none");
      th.querySelector(".sort-mark").replaceChildren(icon(state.column === n ? (state.down ? "down" : "up") : "sort", 14));
    });
    status.textContent = rows.length ? `${from + 1}–${from + shown.length} of ${rows.length}` : "No rows";
    back.disabled = state.page === 0;
    on.disabled = from + size >= rows.length;
  }
  draw();
  return el("div", { class: "data-table" },
    el("div", { class: "table-wrap", tabindex: 0, role: "region", "aria-label": block.caption || "Data table" },
      el("table", { class: "table" }, el("caption", {}, block.caption || ""), el("thead", {}, el("tr", {}, headers)), body)),
    el("div", { class: "pager" }, status, rows.length > size && [back, on]));
}
