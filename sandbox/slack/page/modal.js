/** Modal dialogs: views of the app, and confirm questions. */
import { el } from "./dom.js";
import { brand, icon } from "./icons.js";
import { blocks } from "./blocks.js";
import { closeMenu } from "./menu.js";
import { keepable } from "./elements.js";
import { textObject } from "./mrkdwn.js";

const FOCUSABLE = "a[href],button:not([disabled]),input:not([disabled]),select:not([disabled]),textarea:not([disabled]),[tabindex='0']";

/** Keeps Tab inside the dialog. */
function trap(dialog) {
  dialog.addEventListener("keydown", (event) => {
    if (event.key !== "Tab") return;
    const all = [...dialog.querySelectorAll(FOCUSABLE)].filter((n) => n.getClientRects().length);
    const [first, last] = [all[0], all.at(-1)];
    if (event.shiftKey && document.activeElement === first) {
      event.preventDefault();
      last.focus();
    } else if (!event.shiftKey && document.activeElement === last) {
      event.preventDefault();
      first.focus();
    }
  });
  return dialog;
}

/** Asks a confirm object's question; true when the person agrees. */
export function ask(question, ctx, back) {
  return new Promise((resolve) => {
    let answer = false;
    const choose = (value) => () => {
      answer = value;
      dialog.close();
    };
    const style = question.style === "danger" ? "btn-danger" : "btn-primary";
    const dialog = trap(el("dialog", { class: "dialog dialog-small", "aria-labelledby": "confirm-title" },
      el("h2", { class: "dialog-title", id: "confirm-title" }, textObject(question.title, ctx)),
      el("div", { class: "dialog-body text" }, textObject(question.text, ctx)),
      el("footer", { class: "dialog-foot" },
        el("button", { type: "button", class: "btn", "data-confirm": "deny", onclick: choose(false) }, textObject(question.deny, ctx)),
        el("button", { type: "button", class: `btn ${style}`, "data-confirm": "confirm", onclick: choose(true) }, textObject(question.confirm, ctx)))));
    dialog.addEventListener("close", () => {
      dialog.remove();
      back?.focus();
      resolve(answer);
    });
    document.getElementById("overlays").append(dialog);
    dialog.showModal();
    dialog.querySelector("[data-confirm=confirm]").focus();
  });
}

/** The one open view. `hooks`: submit(view, values), close(view), context(view), example(view). */
export class ViewDialog {
  constructor(hooks) {
    this.hooks = hooks;
    this.view = null;
    this.fields = [];
    this.kept = new Map();
    this.dialog = null;
  }

  show(view) {
    if (!view) return this.hide();
    const same = this.view && this.view.id === view.id;
    if (same && JSON.stringify(this.view) === JSON.stringify(view)) return undefined;
    this.remember();
    if (!this.dialog) this.build();
    this.view = view;
    this.fields = [];
    this.draw(same);
    return undefined;
  }

  hide() {
    closeMenu();
    this.view = null;
    this.fields = [];
    this.kept.clear();
    if (!this.dialog) return;
    const dialog = this.dialog;
    this.dialog = null;
    dialog.close();
    dialog.remove();
    if (this.back?.isConnected && this.back !== document.body) this.back.focus();
    else document.getElementById("composer-input")?.focus();
  }

  remember() {
    if (!this.view) return;
    for (const field of this.fields) this.kept.set(`${this.view.id}|${field.blockId}|${field.actionId}`, keepable(field));
  }

  build() {
    this.back = document.activeElement;
    this.dialog = trap(el("dialog", { class: "dialog", "aria-labelledby": "view-title" }));
    this.dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.dismiss();
    });
    document.getElementById("overlays").append(this.dialog);
    this.dialog.showModal();
  }

  dismiss() {
    const view = this.view;
    this.hide();
    if (view) this.hooks.close(view);
  }

  draw(same) {
    const { view } = this;
    const held = same && this.dialog.contains(document.activeElement) ? document.activeElement.dataset : null;
    const scroll = same ? this.dialog.querySelector(".dialog-body")?.scrollTop : 0;
    const prefix = `${view.id}|`;
    const kept = new Map([...this.kept].filter(([k]) => k.startsWith(prefix)).map(([k, v]) => [k.slice(prefix.length), v]));
    const ctx = { ...this.hooks.context(view), fields: this.fields, kept };
    const form = el("form", { class: "dialog-form", novalidate: true, "data-view-id": view.id, "data-callback-id": view.callback_id,
      onsubmit: (event) => {
        event.preventDefault();
        this.submit();
      } },
    el("header", { class: "dialog-head" }, brand(28), el("h2", { class: "dialog-title", id: "view-title" }, textObject(view.title, ctx)),
      el("button", { type: "button", class: "btn btn-icon btn-quiet", "aria-label": "Close", onclick: () => this.dismiss() }, icon("close"))),
    el("div", { class: "dialog-body" }, blocks(view.blocks, ctx)),
    el("footer", { class: "dialog-foot" }, this.exampleButton(view),
      el("button", { type: "button", class: "btn", "data-view-close": true, onclick: () => this.dismiss() }, view.close ? textObject(view.close, ctx) : "Cancel"),
      view.submit && el("button", { type: "submit", class: "btn btn-primary", "data-view-submit": true }, el("span", { class: "btn-text" }, textObject(view.submit, ctx)))));
    this.dialog.replaceChildren(form);
    form.querySelector(".dialog-body").scrollTop = scroll || 0;
    this.focusFirst(form, held);
  }

  /** For newcomers: types what the guide's next step would have typed. */
  exampleButton(view) {
    const typed = view.submit && this.hooks.example?.(view);
    return typed && el("button", { type: "button", class: "btn btn-quiet btn-example", "data-view-example": true, onclick: () => this.type(typed) }, "Fill in the example");
  }

  type(typed) {
    for (const node of this.dialog.querySelectorAll("[data-input]")) {
      const value = typed[node.dataset.input.split(":")[0]];
      if (value === undefined) continue;
      const control = node.querySelector("input:not([type=radio]), select, textarea") || node.querySelector(`input[value="${CSS.escape(value)}"]`);
      if (control.type === "radio") control.checked = true;
      else control.value = value;
      for (const kind of ["input", "change"]) control.dispatchEvent(new Event(kind, { bubbles: true }));
    }
    this.dialog.querySelector("[data-view-submit]").focus();
  }

  focusFirst(form, held) {
    const again = held?.actionId && this.fields.find((f) => f.actionId === held.actionId && f.blockId === held.blockId);
    const first = again || this.fields.find((f) => form.querySelector(`[data-input="${CSS.escape(f.blockId)}"]`));
    if (first) first.focus();
    else (form.querySelector("[data-view-submit]") || form.querySelector("[data-view-close]")).focus();
  }

  values() {
    const out = {};
    for (const field of this.fields) (out[field.blockId] ||= {})[field.actionId] = field.read(false);
    return out;
  }

  async submit() {
    const button = this.dialog.querySelector("[data-view-submit]");
    if (!button || button.getAttribute("aria-busy") === "true") return;
    this.errors({});
    button.setAttribute("aria-busy", "true");
    const answer = await this.hooks.submit(this.view, this.values());
    button.removeAttribute("aria-busy");
    if (answer.ok && "view" in answer) this.show(answer.view);
    else if (answer.errors) this.errors(answer.errors);
  }

  /** Puts each error beside its field and goes to the first one. */
  errors(byBlock) {
    for (const node of this.dialog.querySelectorAll("[data-input]")) {
      const said = byBlock[node.dataset.input];
      const place = node.querySelector(".error");
      place.replaceChildren(...(said ? [icon("error", 15), el("span", {}, said)] : []));
      place.hidden = !said;
      node.classList.toggle("has-error", Boolean(said));
      const control = node.querySelector("[data-action-id]");
      if (said) control?.setAttribute("aria-invalid", "true");
      else control?.removeAttribute("aria-invalid");
    }
    this.fields.find((f) => byBlock[f.blockId])?.focus();
  }
}
