/** Makes elements from data; text always arrives through textContent. */

const SVG = "http://www.w3.org/2000/svg";

function fill(node, props, children) {
  for (const [key, value] of Object.entries(props || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "style") for (const [k, v] of Object.entries(value)) node.style.setProperty(k, v);
    else if (key === "value") node.value = value;
    else if (key === "checked") node.checked = Boolean(value);
    else node.setAttribute(key, value === true ? "" : String(value));
  }
  append(node, children);
  return node;
}

export function append(node, children) {
  for (const child of children.flat(Infinity)) {
    if (child === undefined || child === null || child === false) continue;
    node.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return node;
}

export const el = (tag, props, ...children) => fill(document.createElement(tag), props, children);
export const svg = (tag, props, ...children) => fill(document.createElementNS(SVG, tag), props, children);

let counter = 0;
export const uid = (prefix = "u") => `${prefix}-${(counter += 1)}`;

/** Gives back the address when a browser may follow it safely, else null. */
export function safeUrl(raw) {
  const text = String(raw ?? "").trim();
  if (!/^(https?:\/\/|mailto:)/i.test(text)) return null;
  try {
    const url = new URL(text);
    return ["http:", "https:", "mailto:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** A link when the address is safe; otherwise just its words. */
export function link(raw, ...children) {
  const href = safeUrl(raw);
  const words = children.length ? children : [String(raw)];
  if (!href) return el("span", { class: "not-a-link" }, words);
  return el("a", { href, target: "_blank", rel: "noopener noreferrer", class: "link" }, words);
}

/** An address this page may load a picture from: this machine only. */
export function localImage(raw) {
  try {
    const url = new URL(String(raw), location.href);
    const local = url.origin === location.origin || (url.protocol === "data:" && /^data:image\/(png|jpeg|gif|webp);/.test(url.href));
    return local ? url.href : null;
  } catch {
    return null;
  }
}

/** The address, on this machine, of a file that was shared here; null for any other. */
export function sharedFile(raw, query = "") {
  try {
    const url = new URL(String(raw), location.href);
    const here = ["127.0.0.1", "localhost", "[::1]"].includes(url.hostname) && url.pathname.startsWith("/files-pri/");
    return here ? `${location.origin}${url.pathname}${query}` : null;
  } catch {
    return null;
  }
}

export const colour = (raw, fallback = "#4a6670") => (/^#[0-9a-f]{3,8}$/i.test(String(raw)) ? raw : fallback);
