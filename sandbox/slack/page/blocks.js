/** Block Kit blocks as nodes. */
import { el, link, localImage, uid } from "./dom.js";
import { icon } from "./icons.js";
import { canDraw, interactive } from "./elements.js";
import { chartBlock } from "./chart.js";
import { dataTable, table } from "./table.js";
import { markdown } from "./markdown.js";
import { richText } from "./richtext.js";
import { textObject } from "./mrkdwn.js";

/** A picture from this machine, or its description when it would have to be fetched elsewhere. */
function picture(source, ctx, size) {
  const file = source.slack_file?.id && ctx.files?.find((f) => f.id === source.slack_file.id);
  const raw = source.image_url || source.slack_file?.url || file?.url_private || file?.url;
  const src = raw && localImage(raw);
  if (src) return el("img", { class: `img-${size}`, src, alt: source.alt_text || "" });
  return el("span", { class: `img-${size} img-missing`, role: "img", "aria-label": source.alt_text || "Image", title: source.alt_text }, icon("eye"), size === "full" && el("span", {}, source.alt_text || "Image"));
}

const accessory = (element, block, ctx) => (element.type === "image" ? picture(element, ctx, "side") : interactive(element, block, ctx));

function section(block, ctx) {
  const words = el("div", { class: "section-words" },
    block.text && el("div", { class: "text" }, textObject(block.text, ctx)),
    block.fields?.length > 0 && el("div", { class: "fields" }, block.fields.map((f) => el("div", { class: "field" }, textObject(f, ctx)))));
  return el("div", { class: "section" }, words, block.accessory && el("div", { class: "accessory" }, accessory(block.accessory, block, ctx)));
}

function context(block, ctx) {
  return el("div", { class: "context" }, (block.elements || []).map((e) => (e.type === "image" ? picture(e, ctx, "tiny") : el("span", { class: "context-item" }, textObject(e, ctx)))));
}

function image(block, ctx) {
  return el("figure", { class: "image" }, block.title && el("figcaption", { class: "image-title" }, textObject(block.title, ctx)), picture(block, ctx, "full"));
}

function inputBlock(block, ctx) {
  const [elementId, labelId, hintId, errorId] = [uid("in"), uid("label"), uid("hint"), uid("err")];
  const inside = { ...ctx, elementId, labelId };
  const control = interactive(block.element, block, inside);
  const target = control.id === elementId ? control : control.querySelector(`#${elementId}`);
  target?.setAttribute("aria-describedby", `${hintId} ${errorId}`);
  if (!block.optional) target?.setAttribute("aria-required", "true");
  return el("div", { class: "field-block", "data-input": block.block_id },
    el("label", { class: "label", id: labelId, for: elementId }, textObject(block.label, ctx), block.optional && el("span", { class: "optional" }, " (optional)")),
    control,
    el("p", { class: "hint", id: hintId }, textObject(block.hint, ctx)),
    el("p", { class: "error", id: errorId, role: "alert", hidden: true }));
}

const LEVELS = { info: "info", warning: "warn", error: "error", success: "check", default: "info" };

function alertBlock(block, ctx) {
  const level = Object.hasOwn(LEVELS, block.level) ? block.level : "info";
  return el("div", { class: `alert alert-${level}`, role: "note" }, icon(LEVELS[level]), el("div", { class: "text" }, textObject(block.text, ctx)));
}

function fileBlock(block) {
  return el("div", { class: "filechip" }, icon("file"), link(block.url || "", block.name || block.external_id || "File"));
}

const MAKERS = {
  header: (b, ctx) => el("h3", { class: "header" }, textObject(b.text, ctx)),
  section, context, image, input: inputBlock, alert: alertBlock, table, data_table: dataTable, data_visualization: chartBlock, file: fileBlock,
  divider: () => el("hr", { class: "divider" }),
  actions: (b, ctx) => el("div", { class: "actions" }, (b.elements || []).map((e) => interactive(e, b, ctx))),
  rich_text: (b, ctx) => el("div", { class: "rich" }, richText(b, ctx)),
  markdown: (b) => el("div", { class: "rich md" }, markdown(b.text)),
};

function unsupported(block) {
  return el("div", { class: "unsupported", "data-unsupported": block.type }, `unsupported block: ${block.type}`);
}

function one(block, ctx) {
  const make = Object.hasOwn(MAKERS, block.type) ? MAKERS[block.type] : unsupported;
  if (block.type === "input" && !canDraw(block.element?.type)) return unsupported({ type: `input with ${block.element?.type}` });
  return make(block, ctx);
}

/** All blocks of a message or view; ctx says who looks, and where clicks go. */
export function blocks(list, ctx) {
  return (list || []).map((block) => el("div", { class: `block block-${block.type}`, "data-block-id": block.block_id, "data-block-type": block.type }, one(block, ctx)));
}
