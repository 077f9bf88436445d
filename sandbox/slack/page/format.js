/** Times, dates and sizes, said the way Slack says them. */

const parts = (date, options) => new Intl.DateTimeFormat("en-GB", options).format(date);
const DAY = 86400000;
const startOfDay = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();

export const time = (date) => parts(date, { hour: "2-digit", minute: "2-digit" });
export const tsDate = (ts) => new Date(Number(ts) * 1000);
export const full = (date) => `${parts(date, { weekday: "long", day: "numeric", month: "long", year: "numeric" })} at ${parts(date, { hour: "2-digit", minute: "2-digit", second: "2-digit" })}`;
export const isoMinute = (date) => `${date.toISOString().slice(0, 16).replace("T", " ")} UTC`;

export function nearDay(date, now) {
  const days = Math.round((startOfDay(date) - startOfDay(now)) / DAY);
  return { "-1": "Yesterday", 0: "Today", 1: "Tomorrow" }[days] || null;
}

export function dayLabel(date, now) {
  return nearDay(date, now) || parts(date, { weekday: "long", day: "numeric", month: "long" });
}

function ago(date, now) {
  const seconds = Math.round((now - date) / 1000);
  const size = Math.abs(seconds);
  const [n, unit] = size < 60 ? [size, "second"] : size < 3600 ? [Math.round(size / 60), "minute"]
    : size < 86400 ? [Math.round(size / 3600), "hour"] : [Math.round(size / 86400), "day"];
  const words = `${n} ${unit}${n === 1 ? "" : "s"}`;
  return seconds >= 0 ? `${words} ago` : `in ${words}`;
}

const LONG = { weekday: "long", day: "numeric", month: "long", year: "numeric" };
const MEDIUM = { day: "numeric", month: "long", year: "numeric" };
const SHORT = { day: "numeric", month: "short", year: "numeric" };

/** Fills Slack's date tokens ({date_short_pretty}, {time}, ...) for one moment. */
export function dateTokens(seconds, pattern, now) {
  const date = tsDate(seconds);
  const pretty = (options) => nearDay(date, now)?.toLowerCase() || parts(date, options);
  const table = {
    date_num: () => `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, "0")}-${String(date.getDate()).padStart(2, "0")}`,
    date: () => parts(date, MEDIUM), date_short: () => parts(date, SHORT), date_long: () => parts(date, LONG),
    date_pretty: () => pretty(MEDIUM), date_short_pretty: () => pretty(SHORT), date_long_pretty: () => pretty(LONG),
    day_divider_pretty: () => dayLabel(date, now), time: () => time(date),
    time_secs: () => parts(date, { hour: "2-digit", minute: "2-digit", second: "2-digit" }), ago: () => ago(date, now),
  };
  const text = String(pattern).replace(/\{(\w+)\}/g, (whole, name) => (table[name] ? table[name]() : whole));
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** "+1 day 2 h" for an offset in seconds. */
export function offset(seconds) {
  const total = Math.round(seconds);
  if (total < 1) return "real time";
  const units = [["day", 86400], ["h", 3600], ["min", 60], ["s", 1]];
  const said = [];
  let rest = total;
  for (const [name, size] of units) {
    const n = Math.floor(rest / size);
    rest -= n * size;
    if (n) said.push(`${n} ${name === "day" && n > 1 ? "days" : name}`);
  }
  return `+${said.slice(0, 2).join(" ")}`;
}

export const number = (value) => (Number.isInteger(value) ? value.toLocaleString("en-GB") : Number(value.toPrecision(4)).toLocaleString("en-GB"));
