/** Which steps of the guide have happened, whoever did them and however: read off what the page shows. */
import { CHAPTERS } from "./chapters.js";

const SEEN = "countersign.guide";

/** How far a card has come, by the state it tells. */
const FAR = ["asked", "voted", "approved", "applied", "measured", "closed"];
const REACHED = {
  pending_approval: "asked", changes_requested: "asked", rejected: "voted", approved: "approved", scheduled: "approved", executing: "approved", verifying: "applied",
  failed: "applied", rolling_back: "applied", rolled_back: "measured", awaiting_attestation: "measured", closed: "closed",
};

const told = new WeakMap();

/** Everything a message says, in one line: its text, then its blocks. */
function words(message) {
  if (!told.has(message)) told.set(message, `${message.text} ${JSON.stringify(message.blocks || [])}`);
  return told.get(message);
}

const isCard = (message) => message.metadata?.event_type === "countersign.change";

function far(message) {
  const at = FAR.indexOf(REACHED[message.metadata.event_payload.state]);
  return at === 0 && /; [1-9]\d* of \d+ approval/.test(message.text) ? 1 : at;
}

/** Whether a card is the one that a step is about. */
export const isOf = (card, message) => isCard(message) && card.test(words(message));

function happened({ card, at, says, heard, form_says: formSays }, said, view) {
  if (formSays) return Boolean(view) && formSays.test(JSON.stringify(view.blocks));
  if (heard) return said.some((m) => heard.test(m.text));
  const cards = said.filter((m) => isOf(card, m));
  return says ? cards.some((m) => says.test(words(m))) : cards.some((m) => far(m) >= FAR.indexOf(at));
}

/** What was seen once stays seen, in this tab and in this run of the demo: an answer to one person is gone for another. */
function kept(world) {
  try {
    const found = JSON.parse(sessionStorage.getItem(SEEN) || "{}");
    return new Set(found.world === world ? found.steps : []);
  } catch {
    return new Set();
  }
}

/** The steps that happened, as "chapter.step", each from 1. */
export function seenSteps({ messages, view, world }) {
  const said = messages.filter((m) => m.app);
  const seen = kept(world);
  CHAPTERS.forEach((chapter, c) => chapter.steps.forEach((step, s) => {
    const name = `${c + 1}.${s + 1}`;
    if (!seen.has(name) && happened(step.done, said, view)) seen.add(name);
  }));
  sessionStorage.setItem(SEEN, JSON.stringify({ world, steps: [...seen] }));
  return seen;
}
