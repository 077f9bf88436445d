/** "Start here": the chapters, one of them open, with what happened ticked. */
import { CHAPTERS } from "./chapters.js";
import { el } from "./dom.js";
import { icon } from "./icons.js";
import { avatar } from "./messages.js";
import { isOf, seenSteps } from "./progress.js";
import { messageKey, store } from "./store.js";

const ALL = CHAPTERS.reduce((sum, chapter) => sum + chapter.steps.length, 0);
const first = (id) => store.people.get(id)?.real_name.split(" ")[0] || id;

/** The chapter that somebody opened (-1: closed all), until it is finished; and the panel as it was drawn last. */
let chosen = null;
let drawn = { key: "", node: null };

/** The first step that is left in each chapter (-1: none), and the chapter that is open. */
function position(seen) {
  const left = CHAPTERS.map((chapter, c) => chapter.steps.findIndex((_, s) => !seen.has(`${c + 1}.${s + 1}`)));
  if (chosen && !chosen.whole && left[chosen.chapter] === -1) chosen = null;
  const current = left.findIndex((s) => s >= 0);
  return { left, open: chosen ? chosen.chapter : current < 0 ? CHAPTERS.length - 1 : current };
}

/** An example for the open form: of the first step that is left in the open chapter and has one that fits. */
export function exampleFor(view, what) {
  const seen = seenSteps(what);
  const { open } = position(seen);
  const asked = new Set(view.blocks.filter((b) => b.type === "input").map((b) => b.block_id.split(":")[0]));
  const left = (CHAPTERS[open]?.steps || []).filter((step, s) => step.form && !seen.has(`${open + 1}.${s + 1}`));
  return left.map((step) => step.form).find((form) => Object.keys(form).every((name) => asked.has(name))) || null;
}

function stepRow(step, s, { done, next, run }) {
  const state = `${done ? " is-done" : ""}${next ? " is-next" : ""}`;
  const label = step.action || step.fill || `Act as ${first(step.as)}`;
  return el("li", { class: `step${state}` },
    el("span", { class: "step-mark", "aria-hidden": "true" }, done ? icon("check", 14) : String(s + 1)),
    el("div", { class: "step-words" },
      el("div", { class: "step-head" }, el("h4", {}, step.title), step.as && el("span", { class: "step-who" }, avatar(step.as, "xs"), first(step.as))),
      !done && [el("p", {}, step.words), el("p", { class: "step-expect" }, el("strong", {}, "Expect "), step.expect),
        el("button", { type: "button", class: `btn btn-step${step.fill ? " is-code" : ""}`, "data-step": s + 1, onclick: () => run(step) }, label)]));
}

function chapterNode(chapter, c, { seen, at, run, choose }) {
  const open = at.open === c;
  const done = chapter.steps.filter((_, s) => seen.has(`${c + 1}.${s + 1}`)).length;
  const whole = done === chapter.steps.length;
  const rows = open && chapter.steps.map((step, s) => stepRow(step, s, { done: seen.has(`${c + 1}.${s + 1}`), next: at.left[c] === s, run }));
  return el("section", { class: `chapter${open ? " is-open" : ""}${whole ? " is-whole" : ""}` },
    el("h3", {}, el("button", { type: "button", class: "chapter-head", "data-chapter": c + 1, "aria-expanded": String(open), onclick: () => choose(open ? -1 : c) },
      icon("chevron", 15), el("span", { class: "chapter-name" }, `${c + 1}. ${chapter.name}`), el("span", { class: "chapter-count", "aria-label": `${done} of ${chapter.steps.length} steps done` }, whole ? icon("check", 14) : `${done}/${chapter.steps.length}`))),
    open && el("p", { class: "chapter-about muted small" }, chapter.about),
    open && el("ol", { class: "steps" }, rows));
}

function panel({ seen, at, run, close, choose }) {
  const all = el("div", { class: "chapters" }, CHAPTERS.map((chapter, c) => chapterNode(chapter, c, { seen, at, run, choose })));
  return el("section", { class: "panel guide", "aria-label": "Start here", "data-panel": "guide" },
    el("header", { class: "panel-head" }, el("div", {}, el("h2", {}, "Start here"), el("p", { class: "muted small" }, "Play everybody: five people, five chapters")),
      el("button", { type: "button", class: "btn btn-icon btn-quiet", "aria-label": "Hide the guide", onclick: close }, icon("close"))),
    el("div", { class: "meter", role: "progressbar", "aria-label": "Steps done", "aria-valuemin": 0, "aria-valuemax": ALL, "aria-valuenow": seen.size }, el("span", { style: { "--part": seen.size / ALL } })),
    all,
    el("footer", { class: "guide-foot muted small" }, icon("shield", 15), "Simulated on this machine. Nothing leaves it."));
}

/** Puts the panel into `side`; it is left alone while nothing new happened, so that scroll and focus stay. */
export function drawGuide(side, { run, close, ...what }) {
  const seen = seenSteps(what);
  const at = position(seen);
  const key = JSON.stringify([[...seen], at.open]);
  if (key === drawn.key && side.contains(drawn.node)) return;
  const choose = (chapter) => {
    chosen = { chapter, whole: at.left[chapter] === -1 };
    drawGuide(side, { run, close, ...what });
    side.querySelector(`[data-chapter="${chapter + 1}"]`)?.focus();
  };
  drawn = { key, node: panel({ seen, at, run, close, choose }) };
  side.replaceChildren(drawn.node);
  drawn.node.querySelector(".is-open .is-next")?.scrollIntoView({ block: "nearest" });
}

/** Scrolls to the button that a step names, on the newest card that it is about, and lights it up. */
export function pointAt(step, node, messages) {
  const about = new Set(messages.filter((m) => isOf(step.on || step.done.card, m)).map(messageKey));
  const named = [...node.querySelectorAll(`[data-action-id="${CSS.escape(step.find)}"]`)];
  const found = named.filter((button) => about.has(button.closest("article")?.dataset.key)).at(-1);
  if (!found) return false;
  found.scrollIntoView({ block: "center", behavior: "smooth" });
  found.focus({ preventScroll: true });
  found.classList.add("is-pointed");
  setTimeout(() => found.classList.remove("is-pointed"), 2600);
  return true;
}
