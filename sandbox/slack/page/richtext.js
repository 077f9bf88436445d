/** rich_text blocks. */
import { colour, el, link } from "./dom.js";
import { emoji, withEmoji } from "./emoji.js";
import { channelMention, dateNode, groupMention, userMention } from "./mrkdwn.js";

const lines = (text) => String(text ?? "").split("\n").flatMap((line, n) => [n ? el("br") : null, ...withEmoji(line)]).filter(Boolean);

const LEAF = {
  text: (e) => lines(e.text),
  link: (e) => [link(e.url, e.text ? lines(e.text) : e.url)],
  emoji: (e) => [emoji(e.name, e.unicode)],
  user: (e, ctx) => [userMention(e.user_id, ctx)],
  usergroup: (e, ctx) => [groupMention(e.usergroup_id, ctx)],
  channel: (e, ctx) => [channelMention(e.channel_id, ctx)],
  broadcast: (e) => [el("span", { class: "mention mention-me" }, `@${e.range}`)],
  date: (e, ctx) => [dateNode(e.timestamp, e.format, e.url, ctx, e.fallback)],
  color: (e) => [el("span", { class: "swatch", style: { "--c": colour(e.value) } }), el("code", { class: "code" }, e.value)],
};

function leaf(element, ctx) {
  const make = LEAF[element.type];
  let nodes = make ? make(element, ctx) : [el("span", { class: "unsupported-inline" }, `[${element.type}]`)];
  const style = element.style || {};
  if (style.code) nodes = [el("code", { class: "code" }, nodes)];
  for (const [key, tag] of [["underline", "u"], ["strike", "s"], ["italic", "em"], ["bold", "strong"]]) if (style[key]) nodes = [el(tag, {}, nodes)];
  return nodes;
}

const leaves = (element, ctx) => (element.elements || []).flatMap((e) => leaf(e, ctx));
const MARKERS = ["decimal", "lower-alpha", "lower-roman"];
const BULLETS = ["disc", "circle", "square"];

const PARTS = {
  rich_text_section: (e, ctx) => el("div", { class: "rt-section" }, leaves(e, ctx)),
  rich_text_quote: (e, ctx) => el("blockquote", { class: "quote" }, leaves(e, ctx)),
  rich_text_preformatted: (e) => el("pre", { class: "pre", tabindex: 0 }, (e.elements || []).map((x) => x.text ?? x.url ?? "").join("")),
  rich_text_list: (e, ctx) => {
    const ordered = e.style === "ordered";
    const marker = (ordered ? MARKERS : BULLETS)[(e.indent || 0) % 3];
    const start = ordered && e.offset ? e.offset + 1 : undefined;
    return el(ordered ? "ol" : "ul", { class: `list${e.border ? " list-border" : ""}`, start, style: { "--indent": e.indent || 0, "list-style-type": marker } },
      (e.elements || []).map((item) => el("li", {}, leaves(item, ctx))));
  },
};

export function richText(block, ctx) {
  return (block.elements || []).map((e) => (PARTS[e.type] ? PARTS[e.type](e, ctx) : el("div", { class: "unsupported" }, `unsupported element: ${e.type}`)));
}
