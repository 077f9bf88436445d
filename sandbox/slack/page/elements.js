/** Interactive elements: each carries its ids, tells its state and sends itself. */
import { el, safeUrl, uid } from "./dom.js";
import { icon } from "./icons.js";
import { textObject } from "./mrkdwn.js";
import { openMenu } from "./menu.js";

const plain = (object) => object?.text ?? "";

/** Registers a stateful element so that a modal can read it, and send it when it is not in an input block. */
function stateful(ctx, block, element, node, read, focus) {
  const field = { blockId: block.block_id, actionId: element.action_id, type: element.type, read, focus: focus || (() => node.focus()) };
  ctx.fields?.push(field);
  const send = () => ctx.dispatch(block.block_id, element, field.read(true), node);
  if (block.type !== "input" || block.dispatch_action) node.addEventListener("change", send);
  return node;
}

const ids = (block, element) => ({ "data-block-id": block.block_id, "data-action-id": element.action_id });
const kept = (ctx, block, element) => ctx.kept?.get(`${block.block_id}|${element.action_id}`);

function button(element, block, ctx) {
  const style = { primary: " btn-primary", danger: " btn-danger" }[element.style] || "";
  const node = el("button", {
    type: "button", class: `btn${style}`, ...ids(block, element), "data-value": element.value, "aria-label": element.accessibility_label,
    onclick: async () => {
      if (node.getAttribute("aria-busy") === "true") return;
      if (element.confirm && !(await ctx.confirm(element.confirm, node))) return;
      const href = safeUrl(element.url);
      if (href) window.open(href, "_blank", "noopener");
      ctx.dispatch(block.block_id, element, { value: element.value }, node);
    },
  }, el("span", { class: "btn-text" }, textObject(element.text, ctx)));
  return node;
}

function overflow(element, block, ctx) {
  const node = el("button", {
    type: "button", class: "btn btn-icon", ...ids(block, element), "aria-haspopup": "menu", "aria-expanded": "false",
    "aria-label": element.accessibility_label || "More actions",
    onclick: () => openMenu(node, (element.options || []).map((option) => ({
      label: textObject(option.text, ctx), note: plain(option.description), value: option.value,
      pick: async () => {
        if (element.confirm && !(await ctx.confirm(element.confirm, node))) return;
        const href = safeUrl(option.url);
        if (href) window.open(href, "_blank", "noopener");
        ctx.dispatch(block.block_id, element, { selected_option: option }, node);
      },
    }))),
  }, icon("dots"));
  return node;
}

const groupsOf = (element) => element.option_groups || [{ options: element.options || [] }];
const allOptions = (element) => groupsOf(element).flatMap((g) => g.options || []);

/** The choices of a select of people or channels, as options. */
function directory(element, ctx) {
  const people = [...ctx.people.values()].map((p) => ({ text: { text: p.real_name }, value: p.id }));
  const channels = [...ctx.channels.values()].filter((c) => c.kind === "channel").map((c) => ({ text: { text: `#${c.name}` }, value: c.id }));
  if (element.type.includes("users")) return people;
  return element.type.includes("channels") ? channels : [...channels, ...people];
}

const STATE_KEY = { users: "selected_user", channels: "selected_channel", conversations: "selected_conversation" };
const family = (type) => Object.keys(STATE_KEY).find((name) => type.includes(name));

function select(element, block, ctx) {
  const kind = family(element.type);
  const groups = kind ? [{ options: directory(element, ctx) }] : groupsOf(element);
  const was = kept(ctx, block, element);
  const first = was !== undefined ? was : kind ? element[`initial_${STATE_KEY[kind].slice(9)}`] || "" : element.initial_option?.value || "";
  const option = (o) => el("option", { value: o.value }, plain(o.text));
  const node = el("select", { class: "select", id: ctx.elementId, ...ids(block, element), "aria-label": ctx.elementId ? undefined : element.accessibility_label || plain(element.placeholder) || "Choose" },
    el("option", { value: "" }, plain(element.placeholder) || "Choose an option"),
    groups.map((g) => (g.label ? el("optgroup", { label: plain(g.label) }, g.options.map(option)) : g.options.map(option))));
  node.value = first;
  const mark = () => node.classList.toggle("is-empty", !node.value);
  node.addEventListener("change", mark);
  mark();
  const read = (whole) => {
    if (kind) return whole ? { [STATE_KEY[kind]]: node.value || null } : node.value;
    return whole ? { selected_option: allOptions(element).find((o) => o.value === node.value) || null } : node.value;
  };
  return el("span", { class: "select-wrap" }, stateful(ctx, block, element, node, read), icon("chevron", 16));
}

function choices(element, block, ctx) {
  const one = element.type === "radio_buttons";
  const kind = family(element.type);
  const options = kind ? directory(element, ctx) : allOptions(element);
  const was = kept(ctx, block, element);
  const initial = kind ? element[`initial_${kind}`] || [] : one ? [element.initial_option?.value] : (element.initial_options || []).map((o) => o.value);
  const chosen = new Set(was === undefined ? initial : [was].flat());
  const name = uid("choice");
  const boxes = options.map((o) => el("input", { type: one ? "radio" : "checkbox", name, value: o.value, checked: chosen.has(o.value), id: uid("opt") }));
  const rows = options.map((o, n) => el("label", { class: "choice", for: boxes[n].id }, boxes[n],
    el("span", { class: "choice-words" }, el("span", {}, textObject(o.text, ctx)), o.description && el("span", { class: "choice-note" }, textObject(o.description, ctx)))));
  const node = el("div", { class: `choices${element.type.startsWith("multi") ? " choices-box" : ""}`, role: one ? "radiogroup" : "group", id: ctx.elementId, tabindex: -1, ...ids(block, element), "aria-labelledby": ctx.labelId, "aria-label": ctx.labelId ? undefined : element.accessibility_label || "Choices" }, rows);
  const picked = () => options.filter((_, n) => boxes[n].checked);
  const read = (whole) => {
    if (one) return whole ? { selected_option: picked()[0] || null } : picked()[0]?.value || "";
    if (kind) return { type: element.type, [`selected_${kind}`]: picked().map((o) => o.value) };
    return { type: element.type, selected_options: picked() };
  };
  return stateful(ctx, block, element, node, read, () => (boxes.find((b) => b.checked) || boxes[0] || node).focus());
}

function input(element, block, ctx, props, read) {
  const was = kept(ctx, block, element);
  const value = was === undefined ? props.value : was;
  const tag = element.multiline ? "textarea" : "input";
  const node = el(tag, { class: "input", id: ctx.elementId, ...ids(block, element), placeholder: plain(element.placeholder) || undefined, autocomplete: "off", "aria-label": ctx.elementId ? undefined : element.accessibility_label || plain(element.placeholder) || element.type, ...props, value });
  return stateful(ctx, block, element, node, (whole) => read(node.value, whole));
}

const textState = (type) => (value, whole) => (whole ? { type, value: value || null } : value);

function text(element, block, ctx) {
  const max = element.max_length;
  const type = { email_text_input: "email", url_text_input: "url" }[element.type] || "text";
  const props = { value: element.initial_value || "", maxlength: max, type: element.multiline ? undefined : type, rows: element.multiline ? 4 : undefined, spellcheck: "true" };
  const node = input(element, block, ctx, props, textState(element.type));
  if (!max) return node;
  const left = el("span", { class: "counter", "aria-hidden": "true" });
  const count = () => { left.textContent = `${node.value.length} / ${max}`; };
  node.addEventListener("input", count);
  count();
  return el("span", { class: "counted" }, node, left);
}

const numeric = (element, block, ctx) => input(element, block, ctx,
  { value: element.initial_value || "", type: "text", inputmode: element.is_decimal_allowed ? "decimal" : "numeric" }, textState("number_input"));

const picker = (type, key, initial) => (element, block, ctx) => input(element, block, ctx, { type, value: element[initial] || "" },
  (value) => ({ type: element.type, [key]: value || null }));

const localMinute = (seconds) => {
  const date = new Date((Number(seconds) - new Date(seconds * 1000).getTimezoneOffset() * 60) * 1000);
  return date.toISOString().slice(0, 16);
};
const moment = (element, block, ctx) => input(element, block, ctx,
  { type: "datetime-local", value: element.initial_date_time ? localMinute(element.initial_date_time) : "" },
  (value) => ({ type: "datetimepicker", selected_date_time: value ? Math.floor(new Date(value).getTime() / 1000) : null }));

const MAKERS = {
  button, overflow, workflow_button: button, static_select: select, external_select: select, users_select: select, channels_select: select, conversations_select: select,
  multi_static_select: choices, multi_users_select: choices, multi_channels_select: choices, multi_conversations_select: choices, radio_buttons: choices, checkboxes: choices,
  plain_text_input: text, email_text_input: text, url_text_input: text, number_input: numeric,
  datepicker: picker("date", "selected_date", "initial_date"), timepicker: picker("time", "selected_time", "initial_time"), datetimepicker: moment,
};

export const canDraw = (type) => Object.hasOwn(MAKERS, type);

export function interactive(element, block, ctx) {
  if (!canDraw(element.type)) return el("span", { class: "unsupported" }, `unsupported element: ${element.type}`);
  return MAKERS[element.type](element, block, ctx);
}

/** The value to keep when the same field is drawn again. */
export function keepable(field) {
  const state = field.read(false);
  if (typeof state === "string") return state;
  if (state.selected_options) return state.selected_options.map((o) => o.value);
  if (state.selected_date_time) return localMinute(state.selected_date_time);
  return Object.entries(state).find(([key]) => key.startsWith("selected_"))?.[1] ?? "";
}
