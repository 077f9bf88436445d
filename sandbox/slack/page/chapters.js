/**
 * The guide's chapters, as data. A step says whom to be (`as`), what to do (`words`) and what to expect.
 * Its button fills the composer (`fill`), points at a button of a card (`find`), makes trouble in Azure (`trouble`)
 * or moves the clock (`advance`);
 * `form` is an example for the form that it opens. It is done when a card that matches `card` has come to `at`
 * (or says `says`), when any message matches `heard`, or when an open form matches `form_says`.
 */
const [ALICE, BOB, CAROL, DAN, OLIVIA] = ["U0ALICE", "U0BOB", "U0CAROL", "U0DAN", "U0OWNER"];
const MINUTES = 60;
const SIGNAL = "share of HTTP 429 below 5 % for 30 min";

const SCALE = /^(?!.*emergency change).*: CHG-\d+, scale triage-prod/;
const FILTER = /^(?!.*follows CHG-).*: CHG-\d+, change the content filter of triage-prod/;
const EMERGENCY = /: CHG-\d+, .*emergency change/;
const UNDO = /: CHG-\d+, .*follows CHG-/;

const example = (more) => ({ ticket: "OPS-4471", expected_cost: "None fixed; tokens as used.", validation_signal: SIGNAL, ...more });
const prove = (card) => ({
  title: "Let it prove itself", words: "Move the clock past the validation window.", expect: "before and after, side by side.",
  action: "Move the clock 30 min", advance: 30 * MINUTES, done: { card, at: "measured" },
});
const attest = (card, words = "She reads the evidence and attests that it works.") => ({
  title: "The owner attests", as: OLIVIA, words, expect: "Closed.", find: "change.attest", done: { card, at: "closed" },
});
const approve = (card, as, words, expect, at = "approved") => ({
  title: at === "approved" ? "The second approver" : "The first approver", as, words, expect, find: "change.approve", done: { card, at },
});

const QUESTION = {
  name: "From question to proof", about: "One change, two approvers, an owner",
  steps: [
    { title: "Look before you touch", as: ALICE, words: "Ask what is deployed. It reads, and changes nothing.", expect: "evidence that only she sees.", fill: "/cs status triage-prod", done: { heard: /^Evidence \S+ of / } },
    {
      title: "Ask for a change", as: ALICE, words: "Ask for 200 units: a big step, so it needs two.", expect: "every check green, then a card.", fill: "/cs change request scale triage-prod", done: { card: SCALE, at: "asked" },
      form: example({ capacity: "200", reason: "In the morning one request in six is refused with HTTP 429.", rollback_plan: "Set the capacity back to 120." }),
    },
    approve(SCALE, BOB, "Alice cannot approve her own request. Bob reads the plan and approves.", "1 of 2 approvals.", "voted"),
    approve(SCALE, DAN, "Carol is of Bob's group, and this needs another: Dan, of security.", "Approved; nothing is sent yet."),
    { title: "Apply the approved plan", as: ALICE, words: "Press Apply: that plan, byte for byte, once.", expect: "Verifying.", find: "change.apply", done: { card: SCALE, at: "applied" } },
    prove(SCALE),
    attest(SCALE),
    { title: "Check the record", words: "Verify that nobody edited the trail.", expect: "“The audit trail holds”.", fill: "/cs audit verify", done: { heard: /^The audit trail holds/ } },
  ],
};

const WEAKER = {
  name: "A weaker content filter", about: "Critical: security must agree",
  steps: [
    {
      title: "Ask for less protection", as: ALICE, words: "Ask for the filter Microsoft.DefaultV2.", expect: "tier Critical, and what gets weaker, line by line.", fill: "/cs change request set-filter triage-prod", done: { card: FILTER, at: "asked" },
      form: example({ content_filter: "Microsoft.DefaultV2", reason: "Tickets about self-harm are blocked before a person reads them.", rollback_plan: "Set strict-support-v3 again." }),
    },
    approve(FILTER, CAROL, "She approves; that is half of it.", "1 of 2; security is still missing.", "voted"),
    { ...approve(FILTER, DAN, "He reads what gets weaker, and approves for security.", "Approved."), title: "The security reviewer" },
    { title: "Apply, but not as Alice", as: CAROL, words: "Who asks for a critical change may not apply it. An approver may.", expect: "Verifying.", find: "change.apply", done: { card: FILTER, at: "applied" } },
    prove(FILTER),
    attest(FILTER),
  ],
};

const INCIDENT = example({ capacity: "210", reason: "The queue stands still.", rollback_plan: "Set the capacity back to 200." });
const GLASS = {
  name: "A freeze and an emergency", about: "Break the glass, and answer for it",
  steps: [
    { title: "Freeze", as: DAN, words: "Nothing shall change at the quarter's end.", expect: "the channel is told: who, until when, how to lift.", fill: "/cs freeze add Quarter end --from now --to 4h --target triage-prod", done: { heard: /^FRZ-\d+ freezes/ } },
    { title: "Be refused", as: ALICE, words: "Ask for 210 units although it is frozen.", expect: "not sent: which freeze, and what you can do.", fill: "/cs change request scale triage-prod", form: INCIDENT, done: { form_says: /The freeze FRZ-/ } },
    { title: "Call it an emergency", as: ALICE, words: "In the same form: the type Emergency, and an incident.", expect: "a card with “Break the glass”.", fill: "/cs change request scale triage-prod", form: { ...INCIDENT, type: "emergency", incident: "INC-7" }, done: { card: EMERGENCY, at: "asked" } },
    {
      title: "Break the glass", as: CAROL, words: "Approve it alone: say why, and type the deployment's name.", expect: "Approved, and everybody is told.", find: "change.break_glass", done: { card: EMERGENCY, says: /broke the glass/ },
      form: { reason: "Nobody else is awake, and tickets wait.", deployment: "support-triage-ft" },
    },
    { title: "Apply in spite of the freeze", as: CAROL, words: "She may override it, with a reason on the record.", expect: "Verifying.", find: "change.apply", form: { reason: "Customers wait." }, done: { card: EMERGENCY, at: "applied" } },
    { title: "Review it afterwards", as: DAN, words: "Somebody else reviews the broken glass, within a day.", expect: "his finding on the card.", find: "change.review", form: { verdict: "justified", note: "Traffic and log agree." }, done: { card: EMERGENCY, says: /reviewed it: / } },
    { title: "Lift the freeze", as: DAN, words: "The emergency is over; so is the freeze.", expect: "the channel is told again.", fill: "/cs freeze lift FRZ-1 --reason calm", done: { heard: /^FRZ-\d+ was lifted/ } },
    prove(EMERGENCY),
    attest(EMERGENCY),
  ],
};

const BACK = {
  name: "Take it back", about: "Undo a closed change, with approval",
  steps: [
    { title: "Ask for the way back", as: ALICE, words: "On the closed card of the filter, press Roll back with a new change.", expect: "the form, filled in with the state before.", find: "change.undo", on: FILTER, done: { card: UNDO, at: "asked" }, form: example({ reason: "The tickets are read by people now.", rollback_plan: "Set Microsoft.DefaultV2 again." }) },
    approve(UNDO, BOB, "A way back is a change like any other.", "1 of 2 approvals.", "voted"),
    approve(UNDO, DAN, "He decides, too.", "Approved."),
    { title: "Apply the way back", as: ALICE, words: "Press Apply.", expect: "the strict filter is in place again.", find: "change.apply", done: { card: UNDO, at: "applied" } },
    prove(UNDO),
    attest(UNDO, "She attests; that ends the story."),
  ],
};

const REPAIR = /Give back the capacity that was taken away/;
const OUTAGE = {
  name: "An incident", about: "Evidence arrives by itself; nothing else runs",
  steps: [
    { title: "Something breaks", as: BOB, words: "Somebody takes nine tenths of the capacity away by hand. Six minutes later Azure Monitor sends an alert.", expect: "INC-1 is declared, with a channel of its own and a first snapshot.", action: "Break it, and wait 6 min", trouble: "capacity_cut", advance: 6 * MINUTES, done: { heard: /^INC-\d+, SEV\d, was declared/ } },
    { title: "Lead it", as: BOB, words: "Somebody has to. Its channel, on the left, shows the card and the evidence.", expect: "“You lead INC-1”, and your name on the pinned card.", fill: "/cs incident lead INC-1 me", done: { heard: /leads INC-\d+/ } },
    { title: "Be refused", as: ALICE, words: "Ask for an ordinary change of that deployment.", expect: "not sent: INC-1 is open, and how a repair is asked for. Close the form.", fill: "/cs change request scale triage-prod", form: example({ capacity: "130", reason: "More, please.", rollback_plan: "Set it back." }), done: { form_says: /INC-\d+ is open/ } },
    { title: "Ask for the repair", as: ALICE, words: "From the incident the form comes filled in, as an emergency.", expect: "a card that names the incident and asks its lead.", fill: "/cs change request scale triage-prod --from INC-1", form: example({ capacity: "120", reason: "Give back the capacity that was taken away.", rollback_plan: "Set it back to what it is now." }), done: { card: REPAIR, at: "asked" } },
    { ...approve(REPAIR, CAROL, "She is not Alice, and may approve an emergency.", "Approved; the lead is still asked."), title: "The approver" },
    { title: "Consent as lead", as: BOB, words: "Whoever leads the incident agrees to this plan.", expect: "the card says that you consented.", find: "incident.consent", done: { card: REPAIR, says: /leads it, consented/ } },
    { title: "Apply the repair", as: ALICE, words: "Press Apply: that plan, once.", expect: "Verifying, and a snapshot in the incident's channel.", find: "change.apply", done: { card: REPAIR, at: "applied" } },
    prove(REPAIR),
    attest(REPAIR),
    { title: "Resolve it", as: BOB, words: "Say in a line what it was.", expect: "the timeline is posted, and a review can be exported.", fill: "/cs incident resolve INC-1", form: { resolution: "The capacity that was taken away by hand is back." }, done: { heard: /INC-\d+ .*resolved/ } },
    { title: "Export the review", as: BOB, words: "One file: Markdown, HTML and JSON, charts, snapshots, proofs.", expect: "a ZIP in your direct messages.", fill: "/cs incident export INC-1", done: { heard: /review of INC-\d+/i } },
  ],
};

export const CHAPTERS = [QUESTION, WEAKER, GLASS, BACK, OUTAGE];
