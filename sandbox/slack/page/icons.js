/** Line icons, drawn on a 20 by 20 grid. */
import { svg } from "./dom.js";

const PATHS = {
  hash: "M7.5 3 6 17M14 3l-1.5 14M3.5 7.5h13.5M3 12.5h13.5",
  home: "M3.5 9 10 3.5 16.5 9v7a.8.8 0 0 1-.8.8H12v-5H8v5H4.3a.8.8 0 0 1-.8-.8z",
  message: "M4.5 4h11A1.5 1.5 0 0 1 17 5.5v7a1.5 1.5 0 0 1-1.5 1.5H9l-4 3v-3h-.5A1.5 1.5 0 0 1 3 12.5v-7A1.5 1.5 0 0 1 4.5 4z",
  reply: "M4.5 4h11A1.5 1.5 0 0 1 17 5.5v7a1.5 1.5 0 0 1-1.5 1.5H9l-4 3v-3h-.5A1.5 1.5 0 0 1 3 12.5v-7A1.5 1.5 0 0 1 4.5 4zM6.5 7.5h7M6.5 10.5h4.5",
  clock: "M10 3a7 7 0 1 1 0 14 7 7 0 0 1 0-14zM10 6.2V10l2.7 1.8",
  sun: "M10 6.6a3.4 3.4 0 1 1 0 6.8 3.4 3.4 0 0 1 0-6.8zM10 2v1.8M10 16.2V18M2 10h1.8M16.2 10H18M4.3 4.3l1.3 1.3M14.4 14.4l1.3 1.3M15.7 4.3l-1.3 1.3M5.6 14.4l-1.3 1.3",
  moon: "M16.3 12.3A6.8 6.8 0 0 1 7.7 3.7a6.8 6.8 0 1 0 8.6 8.6z",
  auto: "M10 3a7 7 0 1 1 0 14 7 7 0 0 1 0-14zM10 3v14M10 6h4.5M10 10h7M10 14h4.5",
  eye: "M2.5 10S5.2 4.8 10 4.8 17.5 10 17.5 10 14.8 15.2 10 15.2 2.5 10 2.5 10zM10 7.8a2.2 2.2 0 1 1 0 4.4 2.2 2.2 0 0 1 0-4.4z",
  close: "M5 5l10 10M15 5 5 15",
  plus: "M10 4v12M4 10h12",
  send: "M3.5 3.8 17 10 3.5 16.2l1.7-6.2zM5.2 10H11",
  guide: "M10 3.2 16.5 6v4.2c0 3.4-2.6 5.7-6.5 6.8-3.9-1.1-6.5-3.4-6.5-6.8V6zM7.2 10l2 2 3.6-4",
  check: "M4.5 10.5 8.2 14 15.5 6",
  chevron: "M6 8l4 4 4-4",
  left: "M12 5l-5 5 5 5",
  right: "M8 5l5 5-5 5",
  dots: "M10 4.8v.1M10 10v.1M10 15.2v.1",
  info: "M10 3a7 7 0 1 1 0 14 7 7 0 0 1 0-14zM10 9.3v4.2M10 6.5v.1",
  warn: "M10 3.5 17.5 16.5h-15zM10 8.2v4M10 14.2v.1",
  error: "M10 3a7 7 0 1 1 0 14 7 7 0 0 1 0-14zM10 6.3v4.7M10 13.4v.1",
  lock: "M5.5 9h9v7.5h-9zM7.3 9V6.6a2.7 2.7 0 0 1 5.4 0V9",
  pin: "M7.5 3h5l-.6 5 2.6 2.6H5.5L8.1 8zM10 10.6V17",
  link: "M8.6 11.4l2.8-2.8M9 6.6l1.7-1.7a3 3 0 0 1 4.3 4.3L13.3 11M11 13.4l-1.7 1.7A3 3 0 0 1 5 10.8L6.7 9",
  archive: "M3 4.5h14v3H3zM4.5 7.5v8.5h11V7.5M8 10.5h4",
  file: "M5.5 2.8h6l3.5 3.5v10.9h-9.5zM11.5 2.8v3.7H15",
  download: "M10 3.5v9M6.5 9.2 10 12.7l3.5-3.5M4 16h12",
  bolt: "M11 2.5 4.5 11.3H9l-.5 6.2 6.7-9H10.7z",
  plug: "M7 3v4M13 3v4M5 7h10v2.5a5 5 0 0 1-10 0zM10 14.5V17.5",
  sort: "M6.5 8 10 4.5 13.5 8M6.5 12l3.5 3.5 3.5-3.5",
  up: "M6 12l4-4 4 4",
  down: "M6 8l4 4 4-4",
  shield: "M10 3.2 16.5 6v4.2c0 3.4-2.6 5.7-6.5 6.8-3.9-1.1-6.5-3.4-6.5-6.8V6z",
};

export function icon(name, size = 18) {
  return svg("svg", { class: `icon icon-${name}`, viewBox: "0 0 20 20", width: size, height: size, "aria-hidden": "true", focusable: "false" },
    svg("path", { d: PATHS[name], fill: "none", stroke: "currentColor", "stroke-width": name === "dots" ? 2.4 : 1.5, "stroke-linecap": "round", "stroke-linejoin": "round" }));
}

export function brand(size = 36) {
  const mark = (d, stroke) => svg("path", { d, fill: "none", stroke, "stroke-width": 6, "stroke-linecap": "round", "stroke-linejoin": "round" });
  return svg("svg", { class: "brand", viewBox: "0 0 64 64", width: size, height: size, "aria-hidden": "true", focusable: "false" },
    svg("rect", { width: 64, height: 64, rx: 14, class: "brand-back" }), mark("M15 29.5l8.5 8.5 15-17", "#8fe3c4"), mark("M26 42l5 5 19-21.5", "#fff"));
}
