/** Emoji by name: a drawing for the ones cards use (no emoji font needed), else the character. */
import { el, svg } from "./dom.js";

const CHARS = {
  white_check_mark: "✅", heavy_check_mark: "✔️", ballot_box_with_check: "☑️", x: "❌", no_entry: "⛔", no_entry_sign: "🚫",
  warning: "⚠️", rotating_light: "🚨", red_circle: "🔴", large_red_circle: "🔴", large_orange_circle: "🟠", large_yellow_circle: "🟡",
  large_green_circle: "🟢", large_blue_circle: "🔵", large_purple_circle: "🟣", white_circle: "⚪", black_circle: "⚫",
  hourglass: "⌛", hourglass_flowing_sand: "⏳", lock: "🔒", unlock: "🔓", closed_lock_with_key: "🔐", key: "🔑",
  information_source: "ℹ️", question: "❓", grey_question: "❔", exclamation: "❗", bulb: "💡", mag: "🔍", eyes: "👀", eye: "👁️",
  bell: "🔔", no_bell: "🔕", clock1: "🕐", alarm_clock: "⏰", stopwatch: "⏱️", calendar: "📅", date: "📅", spiral_calendar_pad: "🗓️",
  chart_with_upwards_trend: "📈", chart_with_downwards_trend: "📉", bar_chart: "📊", clipboard: "📋", memo: "📝", page_facing_up: "📄",
  scroll: "📜", receipt: "🧾", package: "📦", link: "🔗", paperclip: "📎", pushpin: "📌", round_pushpin: "📍", label: "🏷️",
  rocket: "🚀", zap: "⚡", fire: "🔥", snowflake: "❄️", ice_cube: "🧊", tada: "🎉", sparkles: "✨", star: "⭐", trophy: "🏆",
  "+1": "👍", thumbsup: "👍", "-1": "👎", thumbsdown: "👎", wave: "👋", raised_hand: "✋", pray: "🙏", clap: "👏", point_right: "👉",
  shield: "🛡️", gear: "⚙️", wrench: "🔧", hammer_and_wrench: "🛠️", toolbox: "🧰", bug: "🐛", construction: "🚧", stop_sign: "🛑", octagonal_sign: "🛑",
  arrow_up: "⬆️", arrow_down: "⬇️", arrow_right: "➡️", arrow_left: "⬅️", arrows_counterclockwise: "🔄", leftwards_arrow_with_hook: "↩️",
  rewind: "⏪", fast_forward: "⏩", double_vertical_bar: "⏸️", pause_button: "⏸️", arrow_forward: "▶️", black_square_for_stop: "⏹️", repeat: "🔁",
  speech_balloon: "💬", thought_balloon: "💭", mega: "📣", loudspeaker: "📢", robot_face: "🤖", bust_in_silhouette: "👤", busts_in_silhouette: "👥",
  moneybag: "💰", dollar: "💵", heavy_dollar_sign: "💲", scales: "⚖️", test_tube: "🧪", microscope: "🔬", satellite_antenna: "📡", cloud: "☁️",
  smile: "😄", slightly_smiling_face: "🙂", thinking_face: "🤔", heart: "❤️", white_large_square: "⬜", black_large_square: "⬛",
  lower_left_ballpoint_pen: "🖊️", pencil2: "✏️", wastebasket: "🗑️", inbox_tray: "📥", outbox_tray: "📤", file_folder: "📁", books: "📚", compass: "🧭",
  large_green_square: "🟩", large_red_square: "🟥", large_yellow_square: "🟨", arrow_upper_right: "↗️", arrow_lower_right: "↘️", heavy_minus_sign: "➖", heavy_plus_sign: "➕",
};

const disc = (fill, d) => [["circle", { cx: 10, cy: 10, r: 8, fill }], d && ["path", stroke(d, "#fff")]];
const stroke = (d, colour, width = 2) => ({ d, fill: "none", stroke: colour, "stroke-width": width, "stroke-linecap": "round", "stroke-linejoin": "round" });
const box = (fill, d) => [["rect", { x: 2, y: 2, width: 16, height: 16, rx: 4, fill }], ["path", stroke(d, "#fff", 2.2)]];
const glass = (sand) => [["path", { d: "M5 2.5h10v2.2c0 2.8-3.6 4-3.6 5.3S15 12.5 15 15.3v2.2H5v-2.2C5 12.5 8.6 11.3 8.6 10S5 7.5 5 4.7z", fill: "#f3e6c8", stroke: "#b98a2c", "stroke-width": 1.2 }], ["path", { d: sand, fill: "#d9992b" }]];
const lockParts = (shackle) => [["path", stroke(shackle, "#9aa5ab", 2.2)], ["rect", { x: 3.5, y: 8.5, width: 13, height: 9, rx: 2, fill: "#e5a52a" }], ["circle", { cx: 10, cy: 13, r: 1.4, fill: "#7a5207" }]];
const sheet = (marks, colour = "#5b87c5") => [["rect", { x: 3.5, y: 2, width: 13, height: 16, rx: 2, fill: "#eef3f8", stroke: "#9fb3c8", "stroke-width": 1 }], ["path", stroke(marks, colour, 1.5)]];

const DRAWN = {
  white_check_mark: box("#1f9d63", "M5.8 10.3 8.8 13.2 14.3 6.9"), heavy_check_mark: [["path", stroke("M3.5 10.8 8 15 16.5 5.5", "#1f9d63", 3)]],
  x: [["path", stroke("M4.5 4.5l11 11M15.5 4.5l-11 11", "#d8343f", 3)]],
  no_entry: disc("#d8343f", "M6 10h8"), no_entry_sign: [["circle", { cx: 10, cy: 10, r: 7, fill: "none", stroke: "#d8343f", "stroke-width": 2.4 }], ["path", stroke("M5.2 5.2l9.6 9.6", "#d8343f", 2.4)]],
  octagonal_sign: [["path", { d: "M6.7 2h6.6L18 6.7v6.6L13.3 18H6.7L2 13.3V6.7z", fill: "#d8343f" }], ["path", stroke("M7 10h6", "#fff", 2.2)]],
  warning: [["path", { d: "M10 2.3 18.5 17.3h-17z", fill: "#f4b52d", stroke: "#f4b52d", "stroke-width": 1.6, "stroke-linejoin": "round" }], ["path", stroke("M10 7.5v4.5M10 14.7v.1", "#4d3500", 2)]],
  red_circle: disc("#dc3545"), large_orange_circle: disc("#ee7b2b"), large_yellow_circle: disc("#f2c037"), large_green_circle: disc("#2fa866"),
  large_blue_circle: disc("#3b82d6"), large_purple_circle: disc("#8e5bc9"), white_circle: [["circle", { cx: 10, cy: 10, r: 7.5, fill: "#e9edf0", stroke: "#a9b4ba", "stroke-width": 1 }]], black_circle: disc("#39434a"),
  hourglass_flowing_sand: glass("M6.8 5.5h6.4c-.6 1.5-2.5 2.6-3.2 3.8-.7-1.2-2.6-2.3-3.2-3.8zM6.5 16.8c.5-1.5 2-2.2 3.5-2.2s3 .7 3.5 2.2z"),
  hourglass: glass("M6 16.8c.3-2.6 2.6-3.8 4-3.8s3.7 1.2 4 3.8z"),
  lock: lockParts("M6.5 9V6.3a3.5 3.5 0 0 1 7 0V9"), unlock: lockParts("M6.5 9V5.3a3.5 3.5 0 0 1 6.8-1.2"),
  information_source: disc("#3b82d6", "M10 9.5v4.5M10 6.2v.1"), question: disc("#c0455b", "M7.7 7.8a2.3 2.3 0 1 1 2.3 2.6v1.2M10 14.2v.1"), exclamation: disc("#d8343f", "M10 5.5v5.5M10 14v.1"),
  rotating_light: [["path", { d: "M5 13.5V10a5 5 0 0 1 10 0v3.5z", fill: "#dc3545" }], ["rect", { x: 3.5, y: 13.5, width: 13, height: 3.5, rx: 1, fill: "#52616a" }], ["path", stroke("M10 2v1.2M3.5 4.5l1 .9M16.5 4.5l-1 .9", "#f2a33a", 1.6)]],
  mag: [["circle", { cx: 8.5, cy: 8.5, r: 5, fill: "#d7ebf7", stroke: "#5d6f7a", "stroke-width": 2 }], ["path", stroke("M12.5 12.5l4.5 4.5", "#5d6f7a", 2.6)]],
  bulb: [["path", { d: "M10 2a5.5 5.5 0 0 0-3 10c.7.6 1 1.3 1 2.2h4c0-.9.3-1.6 1-2.2a5.5 5.5 0 0 0-3-10z", fill: "#f5cd4c" }], ["path", stroke("M8 16h4M8.8 18h2.4", "#7d8a91", 1.4)]],
  bell: [["path", { d: "M10 2.5a5 5 0 0 1 5 5c0 4 1.5 5 1.5 6.5h-13C3.5 12.5 5 11.5 5 7.5a5 5 0 0 1 5-5z", fill: "#eab338" }], ["circle", { cx: 10, cy: 16, r: 1.8, fill: "#b5811a" }]],
  stopwatch: [["circle", { cx: 10, cy: 11, r: 6.8, fill: "#eef3f6", stroke: "#66757e", "stroke-width": 1.8 }], ["path", stroke("M10 7.5V11l2.5 1.5M8 2h4M10 2v2", "#66757e", 1.6)]],
  chart_with_upwards_trend: sheet("M5.5 14l3-3.5 2 2 4-6", "#d8343f"), chart_with_downwards_trend: sheet("M5.5 6.5l3 3.5 2-2 4 6"), bar_chart: sheet("M7 14.5v-4M10 14.5V6M13 14.5V9", "#1f9d63"),
  clipboard: sheet("M6.5 7h7M6.5 10h7M6.5 13h4.5"), memo: sheet("M6.5 7h7M6.5 10h7M6.5 13h4.5", "#c98a1b"), page_facing_up: sheet("M6.5 6h4M6.5 9h7M6.5 12h7M6.5 15h5"), scroll: sheet("M6.5 6h7M6.5 9h7M6.5 12h5", "#b98a2c"),
  shield: [["path", { d: "M10 2 17 5v5c0 4-3 6.7-7 8-4-1.3-7-4-7-8V5z", fill: "#4c8dc9" }], ["path", stroke("M6.8 10l2.3 2.3 4.2-4.6", "#fff", 1.8)]],
  zap: [["path", { d: "M11.5 1.5 4 11.5h4.5L7.5 18.5 16 8h-5z", fill: "#f2b82e" }]], fire: [["path", { d: "M10 1.5c.5 3.5 5.5 5.5 5.5 10.5a5.5 5.5 0 0 1-11 0c0-2 1-3.5 2-4.5.3 1.5 1 2.2 1.7 2.5C7.7 7 8.3 3.7 10 1.5z", fill: "#ee6c2b" }], ["path", { d: "M10 17.5a2.8 2.8 0 0 1-2.8-2.8c0-1.7 1.8-2.5 2.6-4.2 1.4 1.5 3 2.5 3 4.2a2.8 2.8 0 0 1-2.8 2.8z", fill: "#f8c84a" }]],
  snowflake: [["path", stroke("M10 2v16M3 6l14 8M17 6 3 14M8 3.5l2 1.8 2-1.8M8 16.5l2-1.8 2 1.8", "#4aa3df", 1.6)]],
  arrows_counterclockwise: box("#3b82d6", "M6 8.5a4.3 4.3 0 0 1 7.6-1.2M14 11.5a4.3 4.3 0 0 1-7.6 1.2M14 5v2.5h-2.5M6 15v-2.5h2.5"), leftwards_arrow_with_hook: box("#3b82d6", "M7.8 6 5.5 8.3l2.3 2.3M5.8 8.3h5.7a2.6 2.6 0 0 1 0 5.2H8.5"),
  arrow_up: box("#3b82d6", "M10 14.5v-9M6.5 9 10 5.5 13.5 9"), arrow_down: box("#3b82d6", "M10 5.5v9M6.5 11l3.5 3.5 3.5-3.5"), arrow_right: box("#3b82d6", "M5.5 10h9M11 6.5l3.5 3.5-3.5 3.5"),
  double_vertical_bar: box("#5d7380", "M8 6.5v7M12 6.5v7"), arrow_forward: box("#5d7380", "M8 6.5l5 3.5-5 3.5z"), link: [["path", stroke("M8.5 11.5l3-3M9 6.5l1.8-1.8a3.2 3.2 0 0 1 4.5 4.5L13.5 11M11 13.5l-1.8 1.8a3.2 3.2 0 0 1-4.5-4.5L6.5 9", "#5d7380", 1.9)]],
  tada: [["path", { d: "M2.5 17.5 7 6.5l6.5 6.5z", fill: "#e7b23a" }], ["path", stroke("M11 6c0-2 1-3.5 2.5-4M13 8.5c2-1 3.5-1 5-.5M14 12c1.5 0 2.5.500 3.5 1.5", "#c2467e", 1.6)], ["circle", { cx: 15.5, cy: 4.5, r: 1, fill: "#3b82d6" }]],
  wave: [["path", { d: "M6 9 4.5 6.5a1 1 0 0 1 1.8-1l2 3-2-4.5a1 1 0 0 1 1.9-.8l2 4.3-1-4.7a1 1 0 0 1 2-.4l1.2 5.3.8-1.7a1.1 1.1 0 0 1 2 .8l-1 5.5a5 5 0 0 1-9 2z", fill: "#f0b84e" }]],
  eyes: [["ellipse", { cx: 6, cy: 10, rx: 4, ry: 5.5, fill: "#eef2f4", stroke: "#8c9aa2", "stroke-width": 1 }], ["ellipse", { cx: 14, cy: 10, rx: 4, ry: 5.5, fill: "#eef2f4", stroke: "#8c9aa2", "stroke-width": 1 }], ["circle", { cx: 4.8, cy: 11, r: 2, fill: "#303c43" }], ["circle", { cx: 12.8, cy: 11, r: 2, fill: "#303c43" }]],
  gear: [["circle", { cx: 10, cy: 10, r: 5, fill: "none", stroke: "#74848d", "stroke-width": 3 }], ["path", stroke("M10 2v2.5M10 15.5V18M2 10h2.5M15.5 10H18M4.3 4.3l1.8 1.8M13.9 13.9l1.8 1.8M15.7 4.3l-1.8 1.8M6.1 13.9l-1.8 1.8", "#74848d", 2.2)]],
  pushpin: [["path", { d: "M11.5 2.5 17.5 8.5 15.8 9.2 12.6 12.4 12.4 16 4 7.6 7.6 7.4 10.8 4.2z", fill: "#d8343f" }], ["path", stroke("M8 12 2.8 17.2", "#7d8a91", 1.8)]],
  rocket: [["path", { d: "M16.5 3.5c-4 0-7.5 2.5-9 6.5l2.5 2.5c4-1.5 6.5-5 6.5-9z", fill: "#5c8fc4" }], ["path", { d: "M7.5 8 4 9l-1 3 3.5-.5zM12 12.5l-1 3.5-3 1 .5-3.5z", fill: "#d8544f" }], ["circle", { cx: 12.7, cy: 7.3, r: 1.3, fill: "#fff" }]],
  moneybag: disc("#c7962c", "M12.3 7.3c-.6-.8-1.4-1-2.3-1-1.2 0-2.3.500-2.3 1.7 0 2.6 4.8 1.2 4.8 3.8 0 1.2-1.1 1.9-2.5 1.9-1 0-2-.4-2.5-1.2M10 5v10"),
  package: [["path", { d: "M3 6.5 10 3l7 3.5v7.5L10 17.5 3 14z", fill: "#c8925a" }], ["path", stroke("M3 6.5 10 10l7-3.5M10 10v7.5", "#8c5f31", 1.2)]], key: [["circle", { cx: 6.5, cy: 10, r: 3.5, fill: "none", stroke: "#d29b2a", "stroke-width": 2.2 }], ["path", stroke("M10 10h7.5M15 10v3", "#d29b2a", 2.2)]],
};
DRAWN.large_red_circle = DRAWN.red_circle; DRAWN.stop_sign = DRAWN.octagonal_sign; DRAWN.pause_button = DRAWN.double_vertical_bar;
DRAWN.alarm_clock = DRAWN.stopwatch; DRAWN.ballot_box_with_check = DRAWN.white_check_mark; DRAWN.receipt = DRAWN.scroll;

const BY_CHAR = new Map();
for (const [name, char] of Object.entries(CHARS)) {
  const bare = char.replace("\ufe0f", "");
  if (DRAWN[name] && !BY_CHAR.has(bare)) BY_CHAR.set(bare, name);
}
const DRAWN_CHARS = new RegExp(`(${[...BY_CHAR.keys()].join("|")})\\ufe0f?`, "gu");

export const known = (name) => Object.hasOwn(CHARS, name);

/** The picture (or character) of a named emoji. */
export function emoji(name, unicode) {
  const base = String(name).split("::")[0];
  const said = base.replaceAll("_", " ");
  if (Object.hasOwn(DRAWN, base)) {
    return el("span", { class: "emoji", role: "img", "aria-label": said, title: `:${base}:`, "data-emoji": base },
      svg("svg", { viewBox: "0 0 20 20", "aria-hidden": "true", focusable: "false" }, DRAWN[base].filter(Boolean).map(([tag, props]) => svg(tag, props))));
  }
  if (known(base)) return el("span", { class: "emoji-char", role: "img", "aria-label": said, title: `:${base}:`, "data-emoji": base }, CHARS[base]);
  if (unicode && /^[0-9a-f-]+$/i.test(unicode)) {
    return el("span", { class: "emoji-char", role: "img", "aria-label": said, "data-emoji": base }, String.fromCodePoint(...unicode.split("-").map((p) => parseInt(p, 16))));
  }
  return document.createTextNode(`:${base}:`);
}

/** Text whose :names: and emoji characters are pictures. */
export function withEmoji(text) {
  const out = [];
  for (const part of String(text).split(/(:[a-z0-9_+'-]+:)/)) {
    const name = /^:([a-z0-9_+'-]+):$/.exec(part)?.[1];
    if (name && known(name)) out.push(emoji(name));
    else out.push(...part.split(DRAWN_CHARS).map((bit) => (BY_CHAR.has(bit) ? emoji(BY_CHAR.get(bit)) : bit)));
  }
  return out.filter((bit) => bit !== "");
}
