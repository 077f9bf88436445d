/** The top of a channel: its name, topic and people, its bookmarks and pins, and what people do with a channel. */
import { el, link } from "./dom.js";
import { brand, icon } from "./icons.js";
import { avatar, authorName } from "./messages.js";
import { openMenu } from "./menu.js";
import { everything, store } from "./store.js";

export const glyph = (channel) => (channel.private ? "lock" : "hash");
const pinnedIn = (channel) => everything().filter((m) => m.channel === channel.id && m.pinned_by).sort((a, b) => (a.ts < b.ts ? 1 : -1));

function title(channel) {
  if (channel.kind === "im") return [avatar(store.workspace.app.user_id, "s"), el("h2", {}, store.workspace.app.name), el("span", { class: "app-tag" }, "APP")];
  return [icon(glyph(channel), 20), el("h2", {}, channel.name), channel.archived && el("span", { class: "app-tag" }, "ARCHIVED")];
}

function peopleIn(channel) {
  const ids = channel.members ? channel.members.filter((id) => store.people.has(id)) : [...store.people.keys()];
  return el("span", { class: "stack", title: `${ids.length} people`, "aria-hidden": "true" }, ids.slice(0, 4).map((id) => avatar(id, "xs")), el("span", { class: "stack-count" }, ids.length));
}

/** What somebody in a channel may do with it, as in Slack. */
function deeds(channel, hooks) {
  const app = store.workspace.app;
  const inside = (channel.members || []).includes(app.user_id);
  const entry = (label, deed, note, more = {}) => ({ label, value: deed, note, pick: () => hooks.deed(channel, deed, more) });
  if (channel.archived) return [entry("Unarchive this channel", "unarchive", "It takes messages again")];
  return [
    inside ? entry(`Remove ${app.name}`, "kick", "The app leaves this channel", { who: app.user_id }) : entry(`Invite ${app.name}`, "invite", "The app comes into this channel", { who: app.user_id }),
    entry("Archive this channel", "archive", "It takes no more messages"),
    entry("Leave this channel", "leave", "You see it no more"),
  ];
}

/** The header and, where there is something in it, the bar of bookmarks and pins. */
function channelTop(channel, hooks) {
  const pins = pinnedIn(channel);
  const marks = channel.bookmarks || [];
  const menu = channel.kind === "channel" && el("button", { type: "button", class: "btn btn-icon btn-small btn-quiet", "aria-label": "Channel", title: "Channel", "aria-haspopup": "menu", "aria-expanded": "false", onclick: (event) => openMenu(event.currentTarget, deeds(channel, hooks)) }, icon("dots", 16));
  const shown = pins.map((m) => ({ label: (m.text || "A message").slice(0, 120), value: m.ts, note: authorName(m), pick: () => hooks.reveal(m) }));
  const pinned = pins.length > 0 && el("button", { type: "button", class: "bar-item", "data-pins": pins.length, "aria-haspopup": "menu", "aria-expanded": "false", onclick: (event) => openMenu(event.currentTarget, shown) }, icon("pin", 15), `${pins.length} pinned`);
  return [
    el("header", { class: "main-head" }, el("div", { class: "main-title" }, title(channel)), el("p", { class: "topic" }, channel.topic || ""), channel.kind === "channel" && peopleIn(channel), menu),
    (pinned || marks.length > 0) && el("nav", { class: "bar", "aria-label": "Bookmarks" }, pinned, marks.map((mark) => el("span", { class: "bar-item", "data-bookmark": mark.id }, icon("link", 15), link(mark.link, mark.title)))),
  ];
}

export function intro(channel) {
  const im = channel.kind === "im";
  return el("div", { class: "intro" }, im ? brand(48) : el("span", { class: "intro-mark" }, icon(glyph(channel), 28)),
    el("h3", {}, im ? `Your messages with ${store.workspace.app.name}` : `This is the start of #${channel.name}`),
    el("p", { class: "muted" }, channel.topic || (im ? "Only the two of you can see this." : "")));
}

/** What stands in place of the message box where nothing more is said. */
const archivedNote = () => el("p", { class: "archived-note muted", role: "status" }, icon("archive", 16), "This channel is archived. It can be read, and takes no more messages.");

/** What stands over and under the messages of a channel; it changes in place, so that nobody loses their line. */
export class ChannelFrame {
  constructor(hooks) {
    this.hooks = hooks;
    this.top = el("div", { class: "frame" });
    this.foot = el("div", { class: "frame" });
    this.kept = "";
  }

  /** Draws what differs; true when something did. */
  draw(channel) {
    const stamp = JSON.stringify([store.me, channel, pinnedIn(channel)]);
    if (this.kept === stamp) return false;
    this.kept = stamp;
    this.top.replaceChildren(...channelTop(channel, this.hooks).filter(Boolean));
    const foot = channel.archived ? archivedNote() : this.hooks.composer;
    if (this.foot.firstChild !== foot) this.foot.replaceChildren(foot);
    return true;
  }
}
