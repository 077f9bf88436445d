/** Short messages in the corner: what went wrong, or what just happened. */
import { el } from "./dom.js";
import { icon } from "./icons.js";

export function toast(text, kind = "error") {
  const place = document.getElementById("toasts");
  const node = el("div", { class: `toast toast-${kind}`, "data-toast": kind }, icon(kind === "error" ? "error" : "info"), el("span", { class: "toast-text" }, text),
    el("button", { type: "button", class: "btn btn-icon btn-quiet btn-small", "aria-label": "Dismiss", onclick: () => node.remove() }, icon("close", 14)));
  place.append(node);
  if (place.matches(":popover-open")) place.hidePopover();
  place.showPopover();
  while (place.children.length > 3) place.firstChild.remove();
  setTimeout(() => node.remove(), kind === "error" ? 9000 : 4000);
}
