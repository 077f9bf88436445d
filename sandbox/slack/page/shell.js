/** The frame: top bar with clock and connection, sidebar with places and people. */
import { el } from "./dom.js";
import { brand, icon } from "./icons.js";
import { avatar } from "./messages.js";
import { glyph } from "./channel.js";
import { offset } from "./format.js";
import { now, store } from "./store.js";

const THEMES = ["auto", "light", "dark"];
const THEME_WORDS = { auto: "Theme: as the system", light: "Theme: light", dark: "Theme: dark" };
const THEME_ICON = { auto: "auto", light: "sun", dark: "moon" };

export function applyTheme(theme) {
  const chosen = THEMES.includes(theme) ? theme : "auto";
  document.documentElement.dataset.theme = chosen;
  localStorage.setItem("countersign.theme", chosen);
  return chosen;
}

export const savedTheme = () => localStorage.getItem("countersign.theme") || "auto";

function themeButton() {
  const node = el("button", { type: "button", class: "btn btn-icon btn-top", "data-theme-toggle": true, onclick: () => show(applyTheme(THEMES[(THEMES.indexOf(savedTheme()) + 1) % 3])) });
  const show = (theme) => {
    node.replaceChildren(icon(THEME_ICON[theme]));
    node.setAttribute("aria-label", THEME_WORDS[theme]);
    node.title = THEME_WORDS[theme];
  };
  show(savedTheme());
  return node;
}

const STEPS = [["+5 min", 300, "5 minutes"], ["+1 h", 3600, "1 hour"], ["+1 day", 86400, "1 day"]];

export class TopBar {
  constructor({ advance, guide }) {
    this.time = el("time", { class: "clock-time", "data-clock": "now" });
    this.offset = el("span", { class: "clock-offset", "data-clock": "offset" });
    this.dot = el("span", { class: "dot-state", "aria-hidden": "true" });
    this.words = el("span", { class: "connection-words" });
    this.connection = el("span", { class: "connection", role: "status", "data-connection": "unknown" }, this.dot, this.words);
    this.guide = el("button", { type: "button", class: "btn btn-top", "data-guide-toggle": true, "aria-pressed": "false", onclick: guide }, icon("guide"), el("span", {}, "Guide"));
    const forward = STEPS.map(([label, seconds, words]) => el("button", { type: "button", class: "btn btn-top btn-clock", "data-advance": seconds, "aria-label": `Move the clock forward ${words}`, onclick: (event) => advance(seconds, event.currentTarget) }, el("span", { class: "btn-text" }, label)));
    this.node = document.getElementById("topbar");
    this.node.replaceChildren(
      el("div", { class: "top-brand" }, brand(26), el("span", { class: "top-name" }, "Countersign"), el("span", { class: "top-tag" }, "Simulated workspace")),
      el("div", { class: "clock", role: "group", "aria-label": "Simulated clock" }, el("span", { class: "clock-face", title: "The simulators' clock; it only moves forward" }, icon("clock", 16), this.time, this.offset), el("span", { class: "clock-buttons" }, forward)),
      el("div", { class: "top-end" }, this.connection, this.guide, themeButton()));
  }

  tick() {
    const at = now();
    const said = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "2-digit", month: "short", hour: "2-digit", minute: "2-digit" }).format(at).replace(/, (?=\d\d:)/, " · ");
    if (this.time.textContent !== said) this.time.textContent = said;
    this.time.dateTime = at.toISOString();
    this.offset.textContent = offset(store.clock.offset);
    this.offset.classList.toggle("is-moved", store.clock.offset >= 1);
  }

  draw() {
    this.tick();
    const state = !store.linked ? "lost" : store.connected ? "on" : "off";
    const name = store.transport === "socket" ? "Socket Mode" : "HTTP";
    this.connection.dataset.connection = state;
    this.words.textContent = { lost: "Reconnecting…", on: name, off: `${name} · app away` }[state];
    this.connection.title = { lost: "The simulated Slack does not answer", on: `Countersign is connected over ${name}`, off: "Countersign is not connected" }[state];
    this.guide.setAttribute("aria-pressed", String(store.guide));
  }
}

const heading = (words) => el("h2", { class: "side-heading" }, words);

function place(kind, id, words, mark, hooks, archived) {
  const here = store.place.kind === kind && (kind === "home" || store.place.id === id);
  const unread = store.unread.get(id) || 0;
  return el("li", {}, el("button", { type: "button", class: `place${here ? " is-here" : ""}${unread && !here ? " is-unread" : ""}${archived ? " is-archived" : ""}`, title: archived ? "Archived" : undefined, "aria-current": here ? "page" : undefined, "data-place": kind === "home" ? "home" : id, onclick: () => hooks.go({ kind, id }) },
    mark, el("span", { class: "place-name" }, words), unread > 0 && !here && el("span", { class: "badge", "aria-label": `${unread} unread` }, unread)));
}

function personRow(person, hooks) {
  const here = person.id === store.me;
  return el("li", {}, el("button", { type: "button", class: `person${here ? " is-here" : ""}`, "aria-pressed": String(here), "data-act-as": person.id, title: person.groups?.length ? `Groups: ${person.groups.join(", ")}` : undefined, onclick: () => hooks.actAs(person.id) },
    avatar(person.id, "s"), el("span", { class: "person-words" }, el("span", { class: "person-name" }, person.real_name, person.guest && el("span", { class: "guest" }, "Guest")),
      el("span", { class: "person-title" }, person.title || "")), here && el("span", { class: "person-here" }, icon("check", 16))));
}

/** Draws places and people; focus stays where it was. */
export function drawSidebar(hooks) {
  const node = document.getElementById("sidebar");
  const focused = node.contains(document.activeElement) ? document.activeElement.dataset : null;
  const scroll = node.querySelector(".side-scroll")?.scrollTop || 0;
  const channels = [...store.channels.values()];
  const open = channels.filter((c) => c.kind === "channel").sort((a, b) => Number(Boolean(a.archived)) - Number(Boolean(b.archived)));
  const direct = channels.filter((c) => c.kind === "im");
  node.replaceChildren(
    el("div", { class: "side-top" }, el("span", { class: "team-mark", "aria-hidden": "true" }, (store.workspace.name || "?")[0]), el("div", {}, el("h1", { class: "team" }, store.workspace.name), el("p", { class: "team-note" }, `${store.people.size} people · 1 app`))),
    el("div", { class: "side-scroll" },
      heading("Channels"), el("ul", { class: "places" }, open.map((c) => place("channel", c.id, c.name, icon(c.archived ? "archive" : glyph(c), 17), hooks, c.archived))),
      direct.length > 0 && [heading("Direct messages"), el("ul", { class: "places" }, direct.map((c) => place("channel", c.id, store.workspace.app.name, avatar(store.workspace.app.user_id, "xs"), hooks)))],
      heading("Apps"), el("ul", { class: "places" }, place("home", "home", `${store.workspace.app.name} · Home`, icon("home", 17), hooks))),
    el("div", { class: "side-people" }, heading("Act as"), el("ul", { class: "people", "aria-label": "Act as" }, [...store.people.values()].map((p) => personRow(p, hooks)))));
  node.querySelector(".side-scroll").scrollTop = scroll;
  const again = focused && (focused.place ? node.querySelector(`[data-place="${CSS.escape(focused.place)}"]`) : focused.actAs && node.querySelector(`[data-act-as="${CSS.escape(focused.actAs)}"]`));
  again?.focus({ preventScroll: true });
}
