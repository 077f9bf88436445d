/** What is put on a message: reactions, a pin, and the toolbar with the app's shortcuts for it. */
import { el } from "./dom.js";
import { emoji } from "./emoji.js";
import { icon } from "./icons.js";
import { openMenu } from "./menu.js";
import { store } from "./store.js";

const PIN = "pushpin";
const words = (name) => name.replaceAll("_", " ");
const nameOf = (id) => (id === store.workspace.app?.user_id ? store.workspace.app.name : store.people.get(id)?.real_name || id);
const isArchived = (message) => Boolean(store.channels.get(message.channel)?.archived);

/** The emoji under a message with who put them there; a click adds or takes back one's own. */
export function reactions(message, hooks) {
  const found = Object.entries(message.reactions || {});
  if (!found.length) return null;
  return el("div", { class: "reactions" }, found.map(([name, users]) => {
    const mine = users.includes(store.me);
    return el("button", {
      type: "button", class: `reaction${mine ? " is-mine" : ""}`, "data-reaction": name, "aria-pressed": String(mine), disabled: isArchived(message),
      "aria-label": `${words(name)}, ${users.length}`, title: `${users.map(nameOf).join(", ")} reacted with :${name}:`, onclick: () => hooks.react(message, name, mine),
    }, emoji(name), el("span", {}, users.length));
  }));
}

export function pinnedLine(message) {
  return message.pinned_by && el("div", { class: "only-you pinned-line" }, icon("pin", 14), `Pinned by ${nameOf(message.pinned_by)}`);
}

const button = (label, glyph, onclick, more) => el("button", { type: "button", class: "btn btn-icon btn-small btn-quiet", "aria-label": label, title: label, onclick, ...more }, glyph);

/** Appears over a message: a pushpin, its thread, and what the app does with a message. */
export function toolbar(message, hooks) {
  const shortcuts = store.shortcuts.filter((s) => s.type === "message");
  const entries = () => shortcuts.map((s) => ({ label: s.name, value: s.callback_id, note: store.workspace.app.name, pick: () => hooks.shortcut(message, s.callback_id) }));
  const mine = (message.reactions?.[PIN] || []).includes(store.me);
  return el("div", { class: "toolbar" },
    !isArchived(message) && button("React with a pushpin", emoji(PIN), () => hooks.react(message, PIN, mine), { "aria-pressed": String(mine) }),
    !hooks.inThread && button("Reply in thread", icon("reply", 16), () => hooks.openThread(message)),
    shortcuts.length > 0 && button("More actions", icon("dots", 16), (event) => openMenu(event.currentTarget, entries()), { "aria-haspopup": "menu", "aria-expanded": "false" }));
}
