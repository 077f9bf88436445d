"""The change card: one message per change, edited in place as the change moves."""

from collections.abc import Callable, Mapping
from datetime import datetime

from bot.domain.change import UNUSED, Change, ChangeState
from bot.domain.course import course_chart
from bot.domain.evidence import evidence_id
from bot.ports.slack import Block, Message
from bot.render.after_words import breach_blocks, cutover_words, signal_facts, trigger_facts, verdict_words
from bot.render.blocks import (
    SECTION,
    actions,
    button,
    confirm,
    context,
    cut_markup,
    fields,
    footer,
    header,
    say,
    section,
)
from bot.render.change_view import ChangeView, button_value
from bot.render.change_words import history, state_line, summary_sentence, who_line
from bot.render.chart_blocks import native_chart
from bot.render.emergency_words import freeze_line
from bot.render.held_words import held_line, incident_fact, waits_for_consent
from bot.render.plan import diff_block, notes_blocks, reason_block, rollback_block
from bot.render.talk import comment_blocks, comments_line, revision_blocks
from bot.render.texts import ago, code, escape, is_channel, mention, one_line, sentence, words

_S = ChangeState


def render_change(
    view: ChangeView, *, now: datetime, ref: str, in_full: bool = False, read_only: bool = False
) -> Message:
    """Return the card of a change as it stands now; `in_full` with its last comments, `read_only` without buttons."""
    change = view.change
    blocks: list[Block] = [
        header(view.title),
        section("\n".join(filter(None, _first_lines(view)))),
        *revision_blocks(view),
        *_history(view),
        *breach_blocks(view),
        *_verdict(view),
        *fields(_facts(view)),
    ]
    if change.plan is not None:
        blocks.append(diff_block(change.plan))
    blocks += [*notes_blocks(change), reason_block(change.request.reason)]
    blocks.append(rollback_block(change.request.rollback_plan))
    blocks += comment_blocks(view) if in_full else []
    blocks += [
        *(_elsewhere(change) if read_only else actions(_buttons(view))),
        footer(ref, *_rests_on(view, now)),
    ]
    payload = {"id": change.id, "rev": change.revision, "state": change.state.value}
    return say(summary_sentence(view), blocks, {"event_type": "countersign.change", "event_payload": payload})


def _elsewhere(change: Change) -> list[Block]:
    """Return what stands in the place of the buttons in the channel of an incident."""
    where = f" in <#{change.channel}>" if is_channel(change.channel) else ""
    return [context(f"*Read-only here* · its buttons are on its card{where}")]


def _first_lines(view: ChangeView) -> tuple[str, ...]:
    note = words(view.queue_note, 400)
    return (state_line(view), who_line(view), held_line(view), freeze_line(view.freezes), note)


def _facts(view: ChangeView) -> list[tuple[str, str]]:
    change, request = view.change, view.change.request
    found = change.outcome.get("impact")
    impact = ", ".join(map(str, found) if isinstance(found, list) else sorted(request.impact))
    tier = f"{sentence(change.tier.value)} · {request.type} change{f' · {impact}' if impact else ''}"
    return [
        ("Owner", mention(request.owner)),
        ("Ticket", escape(one_line(request.ticket), 400)),
        *incident_fact(view),
        (
            "Target",
            f"{escape(one_line(change.environment), 60)} · "
            f"{code(change.account.rsplit('/', 1)[-1], 80)} / {code(change.deployment, 80)}",
        ),
        ("Risk tier", escape(tier)),
        ("Expected cost", escape(one_line(request.expected_cost), 600)),
        *signal_facts(change),
        *trigger_facts(change),
    ]


def _verdict(view: ChangeView) -> list[Block]:
    words = verdict_words(view)
    if not words:
        return []
    signal, why = escape(view.said("signal"), 200), escape(one_line(view.said("explanation")), 400)
    blocks = [section(f"*Validation: {words}* · {signal}{f'{chr(10)}{why}' if why else ''}")]
    before, after = escape(view.said("before"), 200), escape(view.said("after"), 200)
    calls = cutover_words(view.change)
    beside = [section(f"*Which deployment receives calls*\n{calls}")] if calls else []
    measured = [*_weighed(view), *_course(view.change)]
    return [*blocks, *fields([("Before", before), ("After", after)]), *beside, *measured]


def _weighed(view: ChangeView) -> list[Block]:
    """Return usage and cost before and after, each a line of its own."""
    said = [(label, escape(one_line(view.said(label.lower())), 600)) for label in ("Usage", "Cost")]
    lines = [f"*{label}* {words}" for label, words in said if words]
    return [section("\n".join(lines))] if lines else []


def _course(change: Change) -> list[Block]:
    """Return the signal before and after as a chart, while somebody is asked to look at it."""
    if change.state is not _S.AWAITING_ATTESTATION:
        return []
    chart = course_chart(change.outcome.get("course"), f"{change.id} applied")
    native = native_chart(chart) if chart is not None else None
    return [native] if native is not None else []


def _history(view: ChangeView) -> list[Block]:
    lines = history(view)
    return [section(cut_markup("\n".join(f"• {line}" for line in lines), SECTION))] if lines else []


def _rests_on(view: ChangeView, now: datetime) -> list[str]:
    change = view.change
    texts = [escape(view.rule_words, 600)]
    if change.evidence:
        seen = f", taken {ago(change.evidence_at, now)}" if change.evidence_at else ""
        texts.append(f"Evidence {code(evidence_id(change.evidence))}{seen}")
    if view.said("applied_on"):
        texts.append(f"Applied on {escape(view.said('applied_on'), 300)}")
    if change.plan_digest:
        texts.append(f"Plan {code(change.plan_digest[:12])}")
    if view.trail:
        texts.append(code(view.trail, 80))
    return [*texts, comments_line(view)]


def card_button(view: ChangeView, name: str) -> Block:
    """Return one of the card's buttons, for a message that is about the change."""
    return _MAKERS[name](view)


def _buttons(view: ChangeView) -> list[Block]:
    state, change = view.change.state, view.change
    if state is _S.FAILED and not change.outcome.get("written"):
        return []
    if state is _S.ROLLED_BACK and (view.said("attested") or view.said("waived")):
        return []
    names = (*_BY_STATE.get(state, ()), *_in_emergency(view))
    return [_MAKERS[name](view) for name in names if name != "rollback" or _can_go_back(change)]


def _in_emergency(view: ChangeView) -> tuple[str, ...]:
    """Return the buttons that only some changes have: a lead's consent, the glass, a missed start, an approval."""
    change = view.change
    missed = change.state is _S.SCHEDULED and not change.apply_asked_by
    review = bool(change.broke_glass_by) and not change.reviewed_by
    decided = change.state in (_S.APPROVED, _S.SCHEDULED)
    back = decided and bool(view.approvals) and not change.broke_glass_by
    glass = change.state is _S.PENDING_APPROVAL and view.may_break_glass
    consent = ("consent", waits_for_consent(view))
    given = (consent, ("break_glass", glass), ("apply", missed), ("review", review), ("unapprove", back))
    return tuple(name for name, holds in given if holds)


def _can_go_back(change: Change) -> bool:
    return change.plan is None or bool(change.plan.rollback)


_BY_STATE: Mapping[ChangeState, tuple[str, ...]] = {
    _S.DRAFT: ("revise", "withdraw"),
    _S.PENDING_APPROVAL: ("approve", "reject", "plan", "comment", "withdraw"),
    _S.CHANGES_REQUESTED: ("revise", "plan", "comment", "withdraw"),
    _S.APPROVED: ("apply", "plan", "comment", "withdraw"),
    _S.SCHEDULED: ("plan", "withdraw"),
    _S.VERIFYING: ("rollback",),
    _S.AWAITING_ATTESTATION: ("attest", "rollback", "waive"),
    _S.FAILED: ("rollback",),
    _S.ROLLED_BACK: ("attest", "waive"),
    _S.CLOSED: ("undo",),
    **dict.fromkeys(UNUSED, ("again",)),
}


def _simple(label: str, name: str, says: str, style: str = "") -> Callable[[ChangeView], Block]:
    def make(view: ChangeView) -> Block:
        change = view.change
        spoken = f"{says} {change.id}: {view.action}"
        return button(label, f"change.{name}", button_value(change), style=style, says=spoken)

    return make


def _attest(view: ChangeView) -> Block:
    label = _attest_label(view)
    return _simple(label, "attest", label, "primary")(view)


def _attest_label(view: ChangeView) -> str:
    return "Attest" if view.change.state is _S.ROLLED_BACK else "Attest and close"


def _attest_asked(view: ChangeView) -> Block:
    """Return the button where only the owner reads it: it asks once more. On a card it would ask everybody."""
    made, label = _attest(view), _attest_label(view)
    verdict = verdict_words(view) or "no verdict"
    text = f"You confirm that you have looked at the evidence after {view.change.id} (validation: {verdict})."
    if cutover_words(view.change):
        text += " You attest the cut-over, too: that calls go where they should."
    return {**made, "confirm": confirm(f"Attest {view.change.id}?", text, label)}


def _consent(view: ChangeView) -> Block:
    """Return the button of the lead of an incident that holds the target."""
    says = f"Consent to {view.change.id} as the lead of the incident: {view.action}"
    return button("Consent as lead…", "incident.consent", button_value(view.change), says=says)


_MAKERS: Mapping[str, Callable[[ChangeView], Block]] = {
    "approve": _simple("Approve…", "approve", "Approve", "primary"),
    "reject": _simple("Reject…", "reject", "Reject", "danger"),
    "unapprove": _simple("Take my approval back…", "unapprove", "Take my approval back from"),
    "revise": _simple("Revise…", "revise", "Revise", "primary"),
    "decide": _simple("Review…", "decide", "Review", "primary"),
    "comment": _simple("Comment…", "comment", "Comment on"),
    "plan": _simple("View plan", "plan", "View plan of"),
    "withdraw": _simple("Withdraw…", "withdraw", "Withdraw"),
    "apply": _simple("Apply…", "apply", "Apply", "primary"),
    "rollback": _simple("Roll back…", "rollback", "Roll back", "danger"),
    "attest": _attest,
    "attest_asked": _attest_asked,
    "undo": _simple("Roll back with a new change…", "undo", "Roll back with a new change"),
    "again": _simple("Request again…", "again", "Request again"),
    "waive": _simple("Waive…", "waive", "Waive the attestation of"),
    "break_glass": _simple("Break the glass…", "break_glass", "Break the glass for", "danger"),
    "review": _simple("Review the glass…", "review", "Review the glass of"),
    "consent": _consent,
}
