/** "Start here": the story of one change in a few clicks. */
import { el } from "./dom.js";
import { icon } from "./icons.js";

const SEEN = "countersign.guide";

export const STEPS = [
  { title: "Look before you touch", words: "As Alice, ask what is deployed. Evidence is read-only and only she sees it.", action: "/cs status triage-prod", as: "U0ALICE", fill: "/cs status triage-prod" },
  { title: "Ask for a change", words: "A form opens: owner, ticket, cost, validation signal and rollback plan, before anyone is asked.", action: "/cs change request scale triage-prod", as: "U0ALICE", fill: "/cs change request scale triage-prod" },
  { title: "Decide as an approver", words: "Alice cannot approve her own request. Bob reads the plan and presses Approve.", action: "Act as Bob", as: "U0BOB", find: "change.approve" },
  { title: "Apply the approved plan", words: "Press Apply on the card: that plan, byte for byte, once.", action: "Show me Apply", find: "change.apply" },
  { title: "Let it prove itself", words: "Move the clock past the validation window: the card shows before and after.", action: "Move the clock 30 min", advance: 1800 },
  { title: "The owner attests", words: "Olivia owns triage-prod. She reads the evidence and attests; the change closes.", action: "Act as Olivia", as: "U0OWNER", find: "change.attest" },
  { title: "Check the record", words: "Verify that nobody edited the trail.", action: "/cs audit verify", fill: "/cs audit verify" },
];

/** The last step that a change in this state has behind it. */
const REACHED = { pending_approval: 1, changes_requested: 1, rejected: 2, approved: 2, scheduled: 2, executing: 3, verifying: 3, failed: 3, rolling_back: 3, rolled_back: 3, awaiting_attestation: 4, closed: 5 };

/** What only its asker was shown is gone when another person is looked through: it is kept for this tab. */
function kept() {
  try {
    return new Set(JSON.parse(sessionStorage.getItem(SEEN) || "[]"));
  } catch {
    return new Set();
  }
}

/** The steps that happened, whoever did them and however: read off the app's messages. */
function happened(messages) {
  const said = messages.filter((m) => m.app);
  const own = kept();
  if (said.some((m) => /^Evidence \S+ of /.test(m.text))) own.add(0);
  if (said.some((m) => m.text.startsWith("The audit trail holds"))) own.add(STEPS.length - 1);
  sessionStorage.setItem(SEEN, JSON.stringify([...own]));
  const states = said.map((m) => m.metadata?.event_payload?.state).filter((state) => state in REACHED);
  const furthest = Math.max(0, ...states.map((state) => REACHED[state]));
  return new Set([...own, ...Array.from({ length: furthest }, (_, n) => n + 1)]);
}

/** `run(step)` does what the step's button says; `close()` hides the panel. */
export function guidePanel({ run, close, messages }) {
  const done = happened(messages);
  const next = STEPS.findIndex((_, n) => !done.has(n));
  const rows = STEPS.map((step, n) => el("li", { class: `step${done.has(n) ? " is-done" : ""}${n === next ? " is-next" : ""}` },
    el("span", { class: "step-mark", "aria-hidden": "true" }, done.has(n) ? icon("check", 14) : String(n + 1)),
    el("div", { class: "step-words" }, el("h3", {}, step.title), el("p", {}, step.words),
      el("button", { type: "button", class: `btn btn-step${step.fill ? " is-code" : ""}`, "data-step": n + 1, onclick: () => run(step) }, step.action))));
  return el("section", { class: "panel guide", "aria-label": "Start here", "data-panel": "guide" },
    el("header", { class: "panel-head" }, el("div", {}, el("h2", {}, "Start here"), el("p", { class: "muted small" }, "One change, from question to proof")),
      el("button", { type: "button", class: "btn btn-icon btn-quiet", "aria-label": "Hide the guide", onclick: close }, icon("close"))),
    el("div", { class: "meter", role: "progressbar", "aria-label": "Steps done", "aria-valuemin": 0, "aria-valuemax": STEPS.length, "aria-valuenow": done.size }, el("span", { style: { "--part": done.size / STEPS.length } })),
    el("ol", { class: "steps" }, rows),
    el("footer", { class: "guide-foot muted small" }, icon("shield", 15), "Simulated on this machine. Nothing leaves it."));
}
