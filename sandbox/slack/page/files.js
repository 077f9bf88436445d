/** Files under a message: pictures with their words, everything else by name, size and what can be done. */
import { el, link, localImage, sharedFile } from "./dom.js";
import { icon } from "./icons.js";

const UNITS = ["bytes", "kB", "MB"];

/** A size in the unit that keeps it short. */
export function size(bytes) {
  let value = Number(bytes) || 0;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) [value, unit] = [value / 1000, unit + 1];
  const shown = unit && value < 10 ? value.toFixed(1) : Math.round(value);
  return `${shown} ${shown === 1 && !unit ? "byte" : UNITS[unit]}`;
}

const named = (file) => file.title || file.name || file.id;
const about = (file) => [file.pretty_type || file.filetype || file.mimetype, file.size && size(file.size)].filter(Boolean).join(" · ");
const opener = (href, label, words, more) => el("a", { href, class: "btn btn-small", "aria-label": label, ...more }, words);

function deeds(file, source) {
  const shown = sharedFile(source, "?show=1");
  const kept = sharedFile(source, "?download=1");
  return el("div", { class: "file-deeds" },
    file.mimetype === "text/html" && shown && opener(shown, `Open ${named(file)} in a new tab`, "Open", { target: "_blank", rel: "noopener noreferrer" }),
    kept && opener(kept, `Download ${named(file)}`, [icon("download", 15), "Download"], { download: file.name || "" }));
}

function picture(file, address, source) {
  return el("figure", { class: "file-picture", "data-file-id": file.id },
    el("figcaption", { class: "muted small" }, el("span", {}, named(file)), el("span", {}, about(file))),
    el("img", { class: "img-full", src: address, alt: file.alt_txt || named(file) }), deeds(file, source));
}

/** One file. A page that was shared opens in a tab of its own, where it can run nothing. */
export function fileNode(file) {
  const source = file.url_private || file.url || file.permalink;
  const local = source && (sharedFile(source) || localImage(source));
  if (local && /^image\/(png|jpeg|gif|webp|svg\+xml)$/.test(file.mimetype || "")) return picture(file, local, source);
  return el("div", { class: "filechip", "data-file-id": file.id }, icon("file", 22),
    el("div", { class: "file-words" }, local && !sharedFile(source) ? link(local, named(file)) : el("strong", {}, named(file)), el("div", { class: "muted small" }, about(file))),
    local && deeds(file, source));
}
