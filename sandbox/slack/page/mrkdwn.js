/** Slack's mrkdwn as nodes: never markup from text. */
import { el, link } from "./dom.js";
import { emoji, known, withEmoji } from "./emoji.js";
import { dateTokens, full, tsDate } from "./format.js";

export const unescape = (text) => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

const MARKS = { "*": "strong", _: "em", "~": "s" };
const WORD = /[\p{L}\p{N}]/u;

export function userMention(id, ctx, label) {
  const app = ctx.workspace?.app;
  const name = id === app?.user_id ? app.name : ctx.people.get(id)?.real_name || label || id;
  const mine = id === ctx.me ? " mention-me" : "";
  return el("span", { class: `mention${mine}`, "data-user-id": id }, `@${name}`);
}

export function channelMention(id, ctx, label) {
  return el("span", { class: "mention", "data-channel-id": id }, `#${ctx.channels.get(id)?.name || ctx.names?.get(id) || label || (ctx.unknown?.(id), id)}`);
}

export function groupMention(id, ctx, label) {
  const handle = ctx.usergroups.get(id)?.handle || String(label || id).replace(/^@/, "");
  return el("span", { class: "mention", "data-usergroup-id": id }, `@${handle}`);
}

export function dateNode(seconds, pattern, url, ctx, fallback) {
  if (!Number.isFinite(Number(seconds))) return document.createTextNode(fallback || "");
  const words = dateTokens(seconds, pattern, ctx.now());
  const node = el("time", { datetime: tsDate(seconds).toISOString(), title: full(tsDate(seconds)) }, words);
  return url ? link(url, node) : node;
}

function special(body, ctx) {
  const [head, label] = body.split("|");
  if (/^!(here|channel|everyone)$/.test(head)) return el("span", { class: "mention mention-me" }, `@${head.slice(1)}`);
  const group = /^!subteam\^(\w+)/.exec(head);
  if (group) return groupMention(group[1], ctx, label);
  const date = /^!date\^(\d+)\^([^^]*)(?:\^(.*))?$/.exec(head);
  if (date) return dateNode(date[1], unescape(date[2]), date[3], ctx, label);
  return document.createTextNode(unescape(label || `<${body}>`));
}

function angle(body, ctx) {
  const [head, label] = body.split("|");
  if (/^@[UW]\w+$/.test(head)) return userMention(head.slice(1), ctx, label);
  if (/^#[CG]\w+$/.test(head)) return channelMention(head.slice(1), ctx, label);
  if (head.startsWith("!")) return special(body, ctx);
  if (/^(https?:|mailto:)/i.test(head)) return link(unescape(head), label === undefined ? unescape(head).replace(/^mailto:/, "") : withEmoji(unescape(label)));
  return document.createTextNode(unescape(label === undefined ? `<${body}>` : label));
}

function closing(text, from, mark) {
  for (let i = from; i < text.length; i += 1) {
    const c = text[i];
    if (c === "\n") return -1;
    if (c === "`" || c === "<") {
      const end = text.indexOf(c === "`" ? "`" : ">", i + 1);
      if (end > 0) i = end;
    } else if (c === mark && i > from && !/\s/.test(text[i - 1]) && !WORD.test(text[i + 1] || " ")) return i;
  }
  return -1;
}

function tokenAt(text, i, ctx) {
  const c = text[i];
  if (c === "`") {
    const end = text.indexOf("`", i + 1);
    if (end > i + 1 && !text.slice(i, end).includes("\n")) return [el("code", { class: "code" }, unescape(text.slice(i + 1, end))), end + 1];
  } else if (c === "<") {
    const end = text.indexOf(">", i + 1);
    if (end > i + 1 && !text.slice(i, end).includes("\n")) return [angle(text.slice(i + 1, end), ctx), end + 1];
  } else if (c === ":") {
    const found = /^:([a-z0-9_+'-]+):/.exec(text.slice(i, i + 60));
    if (found && known(found[1])) return [emoji(found[1]), i + found[0].length];
  } else if (MARKS[c] && !WORD.test(text[i - 1] || " ") && text[i + 1] && !/\s/.test(text[i + 1])) {
    const end = closing(text, i + 1, c);
    if (end > 0) return [el(MARKS[c], {}, inline(text.slice(i + 1, end), ctx)), end + 1];
  }
  return null;
}

/** One run of text (line breaks kept) as nodes. */
export function inline(text, ctx) {
  const out = [];
  let plain = "";
  const flush = () => {
    if (plain) out.push(...plain.split("\n").flatMap((line, n) => [n ? el("br") : null, ...withEmoji(unescape(line))]).filter(Boolean));
    plain = "";
  };
  for (let i = 0; i < text.length;) {
    const token = tokenAt(text, i, ctx);
    if (token) {
      flush();
      out.push(token[0]);
      i = token[1];
    } else {
      plain += text[i];
      i += 1;
    }
  }
  flush();
  return out;
}

const BULLET = /^(\s*)([•◦▪-])\s+(.*)$/;
const ORDERED = /^(\s*)(\d{1,3})[.)]\s+(.*)$/;
const QUOTE = /^(?:>|&gt;)\s?(.*)$/;
const kindOf = (line) => (QUOTE.test(line) ? "quote" : BULLET.test(line) ? "ul" : ORDERED.test(line) ? "ol" : "text");

function group(kind, lines, ctx) {
  if (kind === "quote") return el("blockquote", { class: "quote" }, inline(lines.map((l) => QUOTE.exec(l)[1]).join("\n"), ctx));
  if (kind === "text") return el("div", { class: "line" }, inline(lines.join("\n"), ctx));
  const found = lines.map((l) => (kind === "ul" ? BULLET : ORDERED).exec(l));
  return el(kind, { class: "list", start: kind === "ol" ? found[0][2] : undefined }, found.map((m) => el("li", {}, inline(m[3], ctx))));
}

function paragraphs(text, ctx) {
  const out = [];
  let kind = null;
  let lines = [];
  const flush = () => lines.length && out.push(group(kind, lines, ctx));
  for (const line of text.split("\n")) {
    const next = kindOf(line);
    if (next !== kind) {
      flush();
      [kind, lines] = [next, []];
    }
    lines.push(line);
  }
  flush();
  return out;
}

/** A whole mrkdwn text, with ``` blocks, quotes and lists. */
export function mrkdwn(text, ctx) {
  const out = [];
  String(text ?? "").split(/```\n?([\s\S]*?)\n?```/).forEach((part, n) => {
    if (n % 2) out.push(el("pre", { class: "pre" }, unescape(part)));
    else if (part.trim()) out.push(...paragraphs(part.replace(/^\n|\n$/g, ""), ctx));
  });
  return out;
}

/** A text object of either type. */
export function textObject(object, ctx) {
  if (!object) return [];
  if (typeof object === "string") return withEmoji(object);
  if (object.type === "mrkdwn") return mrkdwn(object.text, ctx);
  return String(object.text ?? "").split("\n").flatMap((line, n) => [n ? el("br") : null, ...(object.emoji === false ? [line] : withEmoji(line))]).filter(Boolean);
}
