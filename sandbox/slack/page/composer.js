/** The message box: grows, hints, sends, and offers the app's shortcuts. */
import { el } from "./dom.js";
import { icon } from "./icons.js";
import { avatar } from "./messages.js";
import { openMenu } from "./menu.js";
import { hints } from "./commands.js";
import { store } from "./store.js";

function shortcutButton(play) {
  const entries = () => store.shortcuts.filter((s) => s.type !== "message").map((s) => ({ label: s.name, value: s.callback_id, note: store.workspace.app.name, pick: () => play(s.callback_id) }));
  return el("button", { type: "button", class: "btn btn-icon btn-quiet btn-shortcuts", "aria-label": "Shortcuts", title: "Shortcuts", "aria-haspopup": "menu", "aria-expanded": "false", onclick: (event) => openMenu(event.currentTarget, entries()) }, icon("plus"));
}

export class Composer {
  /** `send(text)` resolves to true when the text may be cleared; `shortcut(id)` plays a global shortcut. */
  constructor({ id, label, send, shortcut }) {
    this.sendText = send;
    this.options = [];
    this.at = 0;
    this.list = el("ul", { class: "hints", id: `${id}-hints`, role: "listbox", "aria-label": "Suggestions", hidden: true });
    this.input = el("textarea", {
      class: "composer-input", id: `${id}-input`, rows: 1, "aria-label": label, placeholder: label, role: "combobox", "aria-expanded": "false", "aria-controls": `${id}-hints`, "aria-autocomplete": "list",
      oninput: () => this.changed(), onkeydown: (event) => this.key(event), onblur: () => setTimeout(() => this.offer([]), 120), autocomplete: "off", spellcheck: "false",
    });
    this.button = el("button", { type: "submit", class: "btn btn-send", "aria-label": "Send", title: "Send (Enter)", disabled: true }, icon("send"));
    this.node = el("form", { class: "composer", onsubmit: (event) => {
      event.preventDefault();
      this.send();
    } }, this.list, el("div", { class: "composer-box" }, this.input, el("div", { class: "composer-foot" },
      shortcut && shortcutButton(shortcut), el("span", { class: "muted small" }, el("kbd", {}, "/"), " commands  ", el("kbd", {}, "@"), " mention  ", el("kbd", {}, "Enter"), " send"), this.button)));
  }

  label(text) {
    this.input.setAttribute("aria-label", text);
    this.input.placeholder = text;
  }

  get value() { return this.input.value; }

  set value(text) {
    this.input.value = text;
    this.changed(false);
  }

  fill(text) {
    this.value = text;
    this.input.focus();
    this.input.setSelectionRange(text.length, text.length);
    this.node.classList.remove("is-filled");
    requestAnimationFrame(() => this.node.classList.add("is-filled"));
  }

  changed(offer = true) {
    this.button.disabled = !this.input.value.trim();
    this.input.style.setProperty("height", "auto");
    this.input.style.setProperty("height", `${Math.min(this.input.scrollHeight, 160)}px`);
    this.offer(offer ? hints(this.input.value.slice(0, this.input.selectionStart), store).slice(0, 8) : []);
  }

  offer(options) {
    this.options = options;
    this.at = 0;
    const open = options.length > 0;
    this.list.hidden = !open;
    this.input.setAttribute("aria-expanded", String(open));
    this.list.replaceChildren(...options.map((o, n) => el("li", { class: "hint-row", role: "option", id: `${this.list.id}-${n}`, onpointerdown: (event) => {
      event.preventDefault();
      this.take(o);
    } }, o.person && avatar(o.person, "xs"), el("span", { class: "hint-label" }, o.label), el("span", { class: "hint-usage" }, o.usage), el("span", { class: "hint-note" }, o.note))));
    this.mark();
  }

  mark() {
    [...this.list.children].forEach((row, n) => {
      row.setAttribute("aria-selected", String(n === this.at));
      if (n === this.at && this.options.length) row.scrollIntoView({ block: "nearest" });
    });
    if (this.options.length) this.input.setAttribute("aria-activedescendant", `${this.list.id}-${this.at}`);
    else this.input.removeAttribute("aria-activedescendant");
  }

  take(option) {
    const rest = this.input.value.slice(this.input.selectionStart);
    this.input.value = option.insert + rest;
    this.input.setSelectionRange(option.insert.length, option.insert.length);
    this.changed();
  }

  key(event) {
    if (event.isComposing) return;
    const open = this.options.length > 0;
    if (open && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      this.at = (this.at + (event.key === "ArrowDown" ? 1 : -1) + this.options.length) % this.options.length;
      this.moved = true;
      this.mark();
    } else if (open && (event.key === "Tab" || (event.key === "Enter" && this.moved))) {
      event.preventDefault();
      this.moved = false;
      this.take(this.options[this.at]);
    } else if (open && event.key === "Escape") {
      event.stopPropagation();
      this.offer([]);
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.send();
    } else this.moved = false;
  }

  async send() {
    const text = this.input.value.trim();
    if (!text || this.busy) return;
    this.busy = true;
    this.offer([]);
    this.node.setAttribute("aria-busy", "true");
    this.value = "";
    const done = await this.sendText(text);
    this.busy = false;
    this.node.removeAttribute("aria-busy");
    if (!done && !this.value) this.value = text;
  }
}
