/** data_visualization blocks as inline SVG, with the numbers in a table for everyone who wants them. */
import { el, svg } from "./dom.js";
import { number } from "./format.js";

const W = 640;
const H = 268;
const PAD = { left: 62, right: 18, top: 14, bottom: 46 };
const inner = { w: W - PAD.left - PAD.right, h: H - PAD.top - PAD.bottom };

function ticks(low, high) {
  const span = high - low || 1;
  const rough = span / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((n) => n * power).find((n) => n >= rough);
  const from = Math.floor(low / step) * step;
  const out = [];
  for (let v = from; v < high + step * 0.999; v += step) out.push(Number(v.toFixed(10)));
  return out;
}

function model(chart) {
  const series = chart.series || [];
  const categories = chart.axis_config?.categories || [...new Set(series.flatMap((s) => s.data.map((d) => d.label)))];
  const rows = series.map((s) => ({ name: s.name, values: categories.map((c) => s.data.find((d) => d.label === c)?.value ?? null) }));
  const values = rows.flatMap((r) => r.values).filter((v) => v !== null);
  const marks = ticks(Math.min(0, ...values), Math.max(0, ...values) || 1);
  return { categories, rows, marks, low: marks[0], high: marks[marks.length - 1], axis: chart.axis_config || {} };
}

const compact = new Intl.NumberFormat("en-GB", { notation: "compact", maximumFractionDigits: 1 });
const tickNumber = (value) => (Math.abs(value) >= 10000 ? compact.format(value) : number(value));
const short = (text, max = 12) => (String(text).length > max ? `${String(text).slice(0, max - 1)}…` : String(text));
const tip = (m, n) => `${m.categories[n]}\n${m.rows.map((r) => `${r.name}: ${r.values[n] === null ? "no data" : number(r.values[n])}`).join("\n")}`;

function frame(m, y, x) {
  const every = Math.ceil(m.categories.length / 8);
  const lines = m.marks.map((v) => [
    svg("line", { class: v === 0 ? "axis" : "grid", x1: PAD.left, x2: W - PAD.right, y1: y(v), y2: y(v) }),
    svg("text", { class: "tick", x: PAD.left - 8, y: y(v) + 4, "text-anchor": "end" }, tickNumber(v))]);
  const labels = m.categories.map((c, n) => (n % every === 0 ? svg("text", { class: "tick", x: x(n), y: H - PAD.bottom + 18, "text-anchor": "middle" }, short(c)) : null));
  return [lines, labels,
    m.axis.x_label && svg("text", { class: "axis-title", x: PAD.left + inner.w / 2, y: H - 6, "text-anchor": "middle" }, m.axis.x_label),
    m.axis.y_label && svg("text", { class: "axis-title", x: 12, y: PAD.top + inner.h / 2, "text-anchor": "middle", transform: `rotate(-90 12 ${PAD.top + inner.h / 2})` }, m.axis.y_label)];
}

function curve(m, y, x, area) {
  return m.rows.map((row, n) => {
    const points = row.values.map((v, i) => (v === null ? null : [x(i), y(v)])).filter(Boolean);
    const d = points.map(([px, py], i) => `${i ? "L" : "M"}${px.toFixed(1)} ${py.toFixed(1)}`).join("");
    const fill = area && points.length ? svg("path", { class: "area", d: `${d}L${points.at(-1)[0].toFixed(1)} ${y(Math.max(0, m.low))}L${points[0][0].toFixed(1)} ${y(Math.max(0, m.low))}Z` }) : null;
    return svg("g", { class: `series s${n % 6}` }, fill, svg("path", { class: "stroke", d }), points.map(([px, py]) => svg("circle", { class: "dot", cx: px, cy: py, r: 3 })));
  });
}

function bars(m, y, x, step) {
  const width = Math.min(34, (step * 0.72) / m.rows.length);
  return m.rows.map((row, n) => svg("g", { class: `series s${n % 6}` }, row.values.map((v, i) => {
    if (v === null) return null;
    const top = Math.min(y(v), y(0));
    return svg("rect", { class: "bar", x: x(i) - (width * m.rows.length) / 2 + n * width + 1, y: top, width: width - 2, height: Math.max(1, Math.abs(y(v) - y(0))), rx: 2 });
  })));
}

function cartesian(chart) {
  const m = model(chart);
  const banded = chart.type === "bar";
  const step = inner.w / Math.max(1, banded ? m.categories.length : m.categories.length - 1);
  const x = (n) => PAD.left + (banded ? step * (n + 0.5) : m.categories.length === 1 ? inner.w / 2 : step * n);
  const y = (v) => PAD.top + inner.h - ((v - m.low) / (m.high - m.low || 1)) * inner.h;
  const hover = m.categories.map((_, n) => svg("g", { class: "hover" },
    svg("rect", { class: "hover-zone", x: x(n) - step / 2, y: PAD.top, width: step, height: inner.h }, svg("title", {}, tip(m, n))),
    svg("line", { class: "hover-line", x1: x(n), x2: x(n), y1: PAD.top, y2: PAD.top + inner.h })));
  const drawn = banded ? bars(m, y, x, step) : curve(m, y, x, chart.type === "area");
  return { m, shapes: [frame(m, y, x), hover, drawn] };
}

function pie(chart) {
  const segments = (chart.segments || []).filter((s) => s.value > 0);
  const total = segments.reduce((sum, s) => sum + s.value, 0) || 1;
  const [cx, cy, r] = [W / 2, H / 2, H / 2 - 14];
  let at = -Math.PI / 2;
  const share = (s) => `${number(s.value)} (${Math.round((s.value / total) * 100)} %)`;
  const shapes = segments.map((s, n) => {
    const turn = Math.min((s.value / total) * Math.PI * 2, Math.PI * 2 - 0.0001);
    const [x1, y1, x2, y2] = [cx + r * Math.cos(at), cy + r * Math.sin(at), cx + r * Math.cos(at + turn), cy + r * Math.sin(at + turn)];
    at += turn;
    return svg("g", { class: `series s${n % 6}` }, svg("path", { class: "slice", d: `M${cx} ${cy}L${x1} ${y1}A${r} ${r} 0 ${turn > Math.PI ? 1 : 0} 1 ${x2} ${y2}Z` }, svg("title", {}, `${s.label}: ${share(s)}`)));
  });
  const m = { categories: segments.map((s) => s.label), rows: [{ name: "Value", values: segments.map((s) => s.value) }], legend: segments.map((s) => `${s.label} · ${share(s)}`) };
  return { m, shapes };
}

function numbersTable(title, m) {
  return el("details", { class: "chart-data" }, el("summary", {}, "Show the numbers"),
    el("div", { class: "table-wrap" }, el("table", { class: "table" }, el("caption", { class: "sr-only" }, title),
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, m.axis?.x_label || "Label"), m.rows.map((r) => el("th", { scope: "col", class: "align-right" }, r.name)))),
      el("tbody", {}, m.categories.map((c, n) => el("tr", {}, el("th", { scope: "row" }, c), m.rows.map((r) => el("td", { class: "align-right" }, r.values[n] === null ? "–" : number(r.values[n])))))))));
}

/** One chart: title, drawing, legend, numbers. */
export function chartBlock(block) {
  const chart = block.chart || {};
  if (!["line", "bar", "area", "pie"].includes(chart.type)) return el("div", { class: "unsupported" }, `unsupported chart: ${chart.type}`);
  const { m, shapes } = chart.type === "pie" ? pie(chart) : cartesian(chart);
  const title = typeof block.title === "string" ? block.title : block.title?.text || "Chart";
  const names = m.legend || m.rows.map((r) => r.name);
  return el("figure", { class: "chart", "data-chart": chart.type },
    el("figcaption", { class: "chart-title" }, title),
    svg("svg", { class: "chart-svg", viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": `${chart.type} chart: ${title}` }, shapes),
    el("ul", { class: "legend" }, names.map((name, n) => el("li", { class: `s${n % 6}` }, el("span", { class: "key" }), name))),
    numbersTable(title, m));
}
