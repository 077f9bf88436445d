/** The markdown block: the common subset, as nodes. */
import { el, link } from "./dom.js";
import { withEmoji } from "./emoji.js";

const INLINE = [
  [/^`([^`\n]+)`/, (m) => el("code", { class: "code" }, m[1])],
  [/^\*\*(\S(?:[\s\S]*?\S)?)\*\*/, (m) => el("strong", {}, words(m[1]))],
  [/^~~(\S(?:[^\n]*?\S)?)~~/, (m) => el("s", {}, words(m[1]))],
  [/^\*(\S(?:[^*\n]*?\S)?)\*/, (m) => el("em", {}, words(m[1]))],
  [/^_(\S(?:[^_\n]*?\S)?)_(?!\w)/, (m) => el("em", {}, words(m[1]))],
  [/^\[([^\]\n]+)\]\(([^)\s]+)\)/, (m) => link(m[2], words(m[1]))],
  [/^<(https?:[^>\s]+)>/, (m) => link(m[1])],
];

function words(text) {
  const out = [];
  let plain = "";
  for (let i = 0; i < text.length;) {
    const rest = text.slice(i);
    const hit = INLINE.map(([pattern, make]) => [pattern.exec(rest), make]).find(([m]) => m);
    if (hit) {
      out.push(...withEmoji(plain), hit[1](hit[0]));
      plain = "";
      i += hit[0][0].length;
    } else {
      plain += text[i];
      i += 1;
    }
  }
  return [...out, ...withEmoji(plain)];
}

const cells = (line) => line.replace(/^\||\|$/g, "").split("|").map((c) => c.trim());

function table(lines) {
  const [head, , ...rows] = lines.map(cells);
  return el("div", { class: "table-wrap" }, el("table", { class: "table" },
    el("thead", {}, el("tr", {}, head.map((c) => el("th", { scope: "col" }, words(c))))),
    el("tbody", {}, rows.map((row) => el("tr", {}, row.map((c) => el("td", {}, words(c))))))));
}

const RULES = [
  [/^#{1,6}\s/, (lines) => lines.map((l) => el("div", { class: `md-h md-h${Math.min(3, l.indexOf(" "))}`, role: "heading", "aria-level": l.indexOf(" ") + 2 }, words(l.replace(/^#+\s+/, ""))))],
  [/^\s*[-*+]\s+/, (lines) => [el("ul", { class: "list" }, lines.map((l) => el("li", {}, words(l.replace(/^\s*[-*+]\s+/, "")))))]],
  [/^\s*\d+[.)]\s+/, (lines) => [el("ol", { class: "list" }, lines.map((l) => el("li", {}, words(l.replace(/^\s*\d+[.)]\s+/, "")))))]],
  [/^>\s?/, (lines) => [el("blockquote", { class: "quote" }, lines.flatMap((l, n) => [n ? el("br") : null, ...words(l.replace(/^>\s?/, ""))]))]],
  [/^\|.*\|\s*$/, (lines) => (lines.length > 1 && /^[\s|:-]+$/.test(lines[1]) ? [table(lines)] : lines.map((l) => el("p", {}, words(l))))],
  [/^\s*$/, () => []],
];
const PLAIN = (lines) => [el("p", { class: "line" }, lines.flatMap((l, n) => [n ? el("br") : null, ...words(l)]))];

function pieces(text) {
  const out = [];
  let rule = null;
  let lines = [];
  const flush = () => lines.length && out.push(...rule(lines));
  for (const line of text.split("\n")) {
    if (/^(-{3,}|\*{3,})$/.test(line.trim())) {
      flush();
      out.push(el("hr", { class: "divider" }));
      lines = [];
      continue;
    }
    const next = RULES.find(([pattern]) => pattern.test(line))?.[1] || PLAIN;
    if (next !== rule) {
      flush();
      [rule, lines] = [next, []];
    }
    lines.push(line);
  }
  flush();
  return out;
}

export function markdown(text) {
  return String(text ?? "").split(/```\w*\n([\s\S]*?)\n?```/).flatMap((part, n) => (n % 2 ? [el("pre", { class: "pre" }, part)] : part.trim() ? pieces(part) : []));
}
