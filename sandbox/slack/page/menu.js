/** A popup menu under a button, driven by mouse or arrows. */
import { el } from "./dom.js";

let open = null;

export function closeMenu(focus = false) {
  if (!open) return;
  const { node, anchor, away } = open;
  open = null;
  node.remove();
  document.removeEventListener("pointerdown", away, true);
  anchor.setAttribute("aria-expanded", "false");
  if (focus) anchor.focus();
}

function place(node, anchor) {
  const box = anchor.getBoundingClientRect();
  const height = node.offsetHeight;
  const below = box.bottom + 6 + height < innerHeight;
  node.style.setProperty("top", `${below ? box.bottom + 6 : Math.max(8, box.top - height - 6)}px`);
  node.style.setProperty("left", `${Math.max(8, Math.min(box.left, innerWidth - node.offsetWidth - 8))}px`);
}

function keys(event, items) {
  const at = items.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
  if (event.key === "Escape" || event.key === "Tab") {
    event.preventDefault();
    event.stopPropagation();
    closeMenu(true);
  } else if (to !== undefined) {
    event.preventDefault();
    items[(to + items.length) % items.length].focus();
  }
}

export function openMenu(anchor, entries) {
  const again = open?.anchor === anchor;
  closeMenu();
  if (again) return;
  const items = entries.map((entry) => el("button", {
    type: "button", class: "menu-item", role: "menuitem", tabindex: -1, "data-value": entry.value,
    onclick: () => {
      closeMenu(true);
      entry.pick();
    },
  }, el("span", {}, entry.label), entry.note && el("span", { class: "menu-note" }, entry.note)));
  const node = el("div", { class: "menu", role: "menu", onkeydown: (event) => keys(event, items) }, items);
  (anchor.closest("dialog") || document.body).append(node);
  const away = (event) => {
    if (!node.contains(event.target) && !anchor.contains(event.target)) closeMenu();
  };
  document.addEventListener("pointerdown", away, true);
  anchor.setAttribute("aria-expanded", "true");
  open = { node, anchor, away };
  place(node, anchor);
  items[0]?.focus();
}
