/** Messages: author, time, blocks, thread link; lists that change in place. */
import { colour, el } from "./dom.js";
import { fileNode } from "./files.js";
import { brand, icon } from "./icons.js";
import { blocks } from "./blocks.js";
import { dayLabel, full, time, tsDate } from "./format.js";
import { messageKey, now, replies, store } from "./store.js";
import { mrkdwn } from "./mrkdwn.js";
import { pinnedLine, reactions, toolbar } from "./marks.js";

export function avatar(id, size = "m") {
  const app = store.workspace.app;
  if (id === app?.user_id || id === app?.bot_id) return el("span", { class: `avatar avatar-${size} avatar-app` }, brand(64));
  const person = store.people.get(id);
  const name = person?.real_name || (id === "USLACKBOT" ? "Slackbot" : id) || "?";
  const letters = name.split(/\s+/).map((w) => w[0]).slice(0, 2).join("").toUpperCase();
  return el("span", { class: `avatar avatar-${size}`, "aria-hidden": "true", style: { "--c": colour(person?.color) } }, letters);
}

export function authorName(message) {
  if (message.user === "USLACKBOT") return "Slackbot";
  if (message.user === store.workspace.app?.user_id) return store.workspace.app.name;
  return message.app ? store.workspace.app.name : store.people.get(message.user)?.real_name || message.user;
}

function threadLink(message, hooks) {
  const list = replies(message);
  const count = Math.max(message.reply_count || 0, list.length);
  if (!count || hooks.inThread) return null;
  const who = [...new Set(list.map((m) => m.user))].slice(0, 3);
  return el("button", { type: "button", class: "thread-link", "data-open-thread": message.ts, onclick: () => hooks.openThread(message) },
    who.map((id) => avatar(id, "xs")), el("strong", {}, `${count} ${count === 1 ? "reply" : "replies"}`),
    list.length > 0 && el("span", { class: "muted small" }, `Last reply ${time(tsDate(list.at(-1).ts))}`));
}

function body(message, hooks) {
  const ctx = hooks.context({ kind: "message", channel: message.channel, ts: message.ts }, message);
  const hasBlocks = message.blocks?.length > 0;
  return el("div", { class: "message-body" }, hasBlocks ? blocks(message.blocks, ctx) : message.text && el("div", { class: "text" }, mrkdwn(message.text, ctx)),
    message.edited && el("span", { class: "edited" }, "(edited)"), (message.files || []).map(fileNode));
}

/** One message as an article with stable attributes for tests. */
export function messageNode(message, hooks, compact) {
  const at = tsDate(message.ts);
  const name = authorName(message);
  const ephemeral = Boolean(message.ephemeral_to);
  return el("article", {
    class: `message${ephemeral ? " is-ephemeral" : ""}${compact ? " is-compact" : ""}${message.app ? " is-app" : ""}${message.subtype ? " is-system" : ""}${message.pinned_by ? " is-pinned" : ""}`, tabindex: -1,
    "data-ts": message.ts, "data-channel": message.channel, "data-thread-ts": message.thread_ts, "data-user": message.user, "data-ephemeral": ephemeral || undefined,
    "data-message-text": message.text, "data-key": messageKey(message), "aria-label": `${name}, ${time(at)}${ephemeral ? ", only visible to you" : ""}`,
  },
  el("div", { class: "gutter" }, compact ? el("time", { class: "time-small", datetime: at.toISOString() }, time(at)) : avatar(message.app ? store.workspace.app.user_id : message.user)),
  el("div", { class: "content" },
    ephemeral && el("div", { class: "only-you" }, icon("eye", 14), "Only visible to you"),
    pinnedLine(message),
    !compact && el("div", { class: "byline" }, el("span", { class: "author" }, name), message.app && el("span", { class: "app-tag" }, "APP"),
      el("time", { class: "time", datetime: at.toISOString(), title: full(at) }, time(at))),
    body(message, hooks), reactions(message, hooks), threadLink(message, hooks)),
  !ephemeral && !message.subtype && toolbar(message, hooks));
}

const mergeable = (a, b) => a && !a.subtype && !b.subtype && !b.pinned_by && !a.app && !b.app && a.user === b.user && !a.blocks?.length && !b.blocks?.length && a.ephemeral_to === b.ephemeral_to && Number(b.ts) - Number(a.ts) < 300 && !a.reply_count;

/** How long after a click or a line typed a message that changes is taken as its outcome. */
const ACT_MS = 9000;

/** A scrolling list; draw(messages) reuses the nodes of messages that did not change. */
export class MessageList {
  constructor(hooks, label) {
    this.hooks = hooks;
    this.nodes = new Map();
    this.node = el("div", { class: "messages", role: "log", "aria-live": "polite", "aria-label": label, tabindex: 0 });
    this.pinned = true;
    this.actedAt = -Infinity;
    this.width = 0;
    for (const moved of ["wheel", "touchmove", "pointerdown", "keydown"]) this.node.addEventListener(moved, () => { this.actedAt = -Infinity; }, { passive: true });
    this.node.addEventListener("scroll", () => { if (this.node.clientWidth === this.width) this.pinned = this.nearEnd(); }, { passive: true });
    new ResizeObserver(() => {
      this.width = this.node.clientWidth;
      if (this.pinned) this.settle();
    }).observe(this.node);
  }

  nearEnd() {
    return this.node.scrollHeight - this.node.scrollTop - this.node.clientHeight < 120;
  }

  toEnd() {
    this.pinned = true;
    this.node.scrollTop = this.node.scrollHeight;
  }

  /** The person did something: what it brings about is shown, wherever it appears. */
  acted() {
    this.actedAt = performance.now();
  }

  /** Shows the newest message, or the start of the one that just came or changed when it would begin out of sight. */
  settle() {
    this.toEnd();
    const first = this.touched;
    if (first?.isConnected && first.offsetTop - this.node.offsetTop < this.node.scrollTop) this.node.scrollTop = first.offsetTop - this.node.offsetTop - 10;
  }

  reset() {
    this.touched = null;
    this.nodes.clear();
    this.node.replaceChildren();
  }

  nodeFor(message, compact) {
    const id = messageKey(message);
    const stamp = JSON.stringify([message, compact, store.channels.get(message.channel)?.archived, now().toDateString(), store.names.size, this.hooks.inThread ? 0 : replies(message).length]);
    const had = this.nodes.get(id);
    if (had?.stamp === stamp) return had.node;
    const node = messageNode(message, this.hooks, compact);
    if (!had) node.classList.add("is-new");
    if (message.app && (!had || this.recent())) this.touched = node;
    else if (!had) this.touched = null;
    else if (had.node.contains(document.activeElement)) this.refocus = { id, action: document.activeElement.dataset.actionId };
    this.nodes.set(id, { node, stamp });
    return node;
  }

  recent() {
    return performance.now() - this.actedAt < ACT_MS;
  }

  draw(messages, intro, toEnd) {
    const near = toEnd || this.pinned || this.recent();
    const out = intro ? [intro] : [];
    let day = null;
    let previous = null;
    for (const message of messages) {
      const label = dayLabel(tsDate(message.ts), now());
      const fresh = label !== day && !this.hooks.inThread;
      if (fresh) out.push(el("div", { class: "day-line" }), el("div", { class: "day", role: "separator", "aria-label": label }, el("span", {}, label)));
      out.push(this.nodeFor(message, !fresh && mergeable(previous, message)));
      [day, previous] = [label, message];
    }
    const keep = new Set(messages.map(messageKey));
    for (const id of this.nodes.keys()) if (!keep.has(id)) this.nodes.delete(id);
    this.patch(out);
    if (toEnd) this.touched = null;
    if (near) this.settle();
    this.giveFocus();
  }

  /** Puts the wanted children in place and touches no node that already is. */
  patch(wanted) {
    const keep = new Set(wanted);
    for (const child of [...this.node.children]) if (!keep.has(child)) child.remove();
    wanted.forEach((child, n) => {
      if (this.node.children[n] !== child) this.node.insertBefore(child, this.node.children[n] || null);
    });
  }

  giveFocus() {
    if (!this.refocus) return;
    const node = this.nodes.get(this.refocus.id)?.node;
    const again = this.refocus.action && node?.querySelector(`[data-action-id="${CSS.escape(this.refocus.action)}"]`);
    (again || node)?.focus({ preventScroll: true });
    this.refocus = null;
  }
}
