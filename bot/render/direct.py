"""Direct messages about a change: the question, the reminder, what became of it, and who handled it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from bot.domain.change import ChangeState
from bot.domain.notice import (
    ASK,
    ATTEST,
    CONSENT,
    ESCALATE,
    EXPIRING,
    GLASS,
    HANDLED,
    LAPSED,
    OUTCOME,
    REMIND,
    VOTED,
    Notice,
)
from bot.domain.rounds import round_of
from bot.ports.slack import Block, Message
from bot.render.after_words import signal_facts, verdict_words
from bot.render.blocks import actions, fields, footer, say, section
from bot.render.change_card import card_button
from bot.render.change_view import ChangeView
from bot.render.change_words import state_detail, state_word, taken_back_lines
from bot.render.held_words import held_line
from bot.render.outcome_words import BUTTONS, BY_PEOPLE, OUTCOMES, WITH_REASON
from bot.render.texts import age, ago, card_link, count, escape, mention, one_line

_S = ChangeState
_APPLIED = frozenset(
    {
        _S.EXECUTING,
        _S.VERIFYING,
        _S.AWAITING_ATTESTATION,
        _S.CLOSED,
        _S.FAILED,
        _S.ROLLING_BACK,
        _S.ROLLED_BACK,
    }
)


def render_direct(
    notice: Notice, view: ChangeView, stage: int, *, link: str, now: datetime, ref: str
) -> Message:
    """Return what a person's message about a change says by now."""
    if stage >= HANDLED:
        return _plain(view, handled_words(view, notice.word), (), link, ref)
    if stage == VOTED:
        said = f"*You have voted* · {escape(state_word(view.change.state))}: {escape(state_detail(view))}."
        return _plain(view, said, (), link, ref)
    return _MAKERS[notice.word](notice, view, link=link, now=now, ref=ref)


def handled_words(view: ChangeView, asked: str) -> str:
    """Return who answered a question of this word and how: `Handled by <@…> · CHG-12 is approved.`."""
    change = view.change
    if asked in (GLASS, LAPSED):
        return f"*Handled by {mention(change.reviewed_by)}* · the broken glass of {change.id} was reviewed."
    if asked == CONSENT:
        held = held_line(view)
        return (
            f"*Handled* · nothing waits for your consent to {change.id}.{f'{chr(10)}{held}' if held else ''}"
        )
    if change.state is _S.PENDING_APPROVAL:
        if round_of(change):
            return f"*Handled* · {change.id} was approved and waits again; a newer message asks."
        return f"*Handled* · {change.id} is at revision {change.revision} now; this was about an earlier one."
    names = _after_apply(view) if asked == ATTEST else _names(view)
    title = f"*Handled by {names}*" if names else "*Handled*"
    decided = asked != ATTEST and change.state in _APPLIED
    return f"{title} · {change.id} {'was approved' if decided else f'is {state_word(change.state).lower()}'}."


def _names(view: ChangeView) -> str:
    """Return who decided the change."""
    change = view.change
    by = [vote.person for vote in view.approvals] or [change.decided_by]
    if change.state in (_S.REJECTED, _S.WITHDRAWN, _S.CHANGES_REQUESTED):
        by = [change.decided_by]
    return "" if change.state is _S.EXPIRED else _mentions(by)


def _after_apply(view: ChangeView) -> str:
    """Return who attested the change, waived that, or had it rolled back instead."""
    change = view.change
    if change.outcome.get("automatic"):
        return "the rollback trigger"
    if change.state in (_S.CLOSED, _S.ROLLED_BACK) and (
        ended := view.said("attested") or view.said("waived")
    ):
        return _mentions([ended])
    return _mentions([change.rollback_asked_by, view.said("confirmed")])


def _mentions(users: Sequence[str]) -> str:
    return " and ".join(mention(user) for user in users if user)


def _plain(view: ChangeView, said: str, buttons: Sequence[Block], link: str, ref: str) -> Message:
    shown = section(f"{said}\n{_about(view)}{_card(link)}")
    return _said(view, f"{said.replace('*', '')} {_about(view)}.", [shown, *actions(buttons), footer(ref)])


def _said(view: ChangeView, text: str, blocks: Sequence[Block]) -> Message:
    payload = {"change": view.change.id, "rev": view.change.revision}
    return say(text, blocks, {"event_type": "countersign.notice", "event_payload": payload})


def _about(view: ChangeView) -> str:
    return f"{view.change.id} · {escape(view.action, 300)} · {escape(one_line(view.change.environment), 60)}"


def _card(link: str) -> str:
    shown = card_link(link)
    return f" · {shown}" if shown else ""


def _ask(notice: Notice, view: ChangeView, *, link: str, now: datetime, ref: str) -> Message:
    change = view.change
    said = f"*{mention(change.request.requester)} asks for your decision* on {change.id}"
    return _question(view, said, link=link, now=now, ref=ref)


def _remind(notice: Notice, view: ChangeView, *, link: str, now: datetime, ref: str) -> Message:
    asked = view.change.submitted_at
    since = f", asked {ago(asked, now)}" if asked else ""
    said = f"*Reminder* · {view.change.id} still waits for your decision{since}"
    return _question(view, said, link=link, now=now, ref=ref)


def _escalate(notice: Notice, view: ChangeView, *, link: str, now: datetime, ref: str) -> Message:
    said = (
        f"*{view.change.id} still waits* · those who were asked have not answered two reminders. "
        "Whoever may decide it, please look"
    )
    return _question(view, said, link=link, now=now, ref=ref)


def _expiring(notice: Notice, view: ChangeView, *, link: str, now: datetime, ref: str) -> Message:
    change = view.change
    left = f"in {age(now, change.expires_at)}" if change.expires_at and change.expires_at > now else "now"
    if notice.person != change.request.requester:
        said = f"*{change.id} expires {left}* and still waits for your decision"
        return _question(view, said, link=link, now=now, ref=ref)
    step = {
        _S.PENDING_APPROVAL: f"Remind its approvers with `/cs change nudge {change.id}`.",
        _S.CHANGES_REQUESTED: "Press *Revise…* on its card, or make a new request.",
    }.get(change.state, "Apply it before; after that it needs a new request.")
    said = f"*{change.id} expires {left}* · {escape(state_word(change.state))}. {step}"
    return _plain(view, said, (), link, ref)


def _question(view: ChangeView, said: str, *, link: str, now: datetime, ref: str) -> Message:
    change = view.change
    facts = [
        (
            "Risk tier",
            f"{escape(change.tier.value.capitalize())} · {escape(one_line(change.environment), 60)}",
        ),
        ("Approvals", f"{len(view.approvals)} of {count(change.quorum, 'approval')}"),
        ("Owner", mention(change.request.owner)),
        ("Expires", f"in {age(now, change.expires_at)}" if change.expires_at else "never"),
        ("Expected cost", escape(one_line(change.request.expected_cost), 300)),
        *signal_facts(change),
    ]
    blocks = [section(f"{said}\n{escape(view.action, 300)}{_card(link)}"), *fields(facts)]
    buttons = [card_button(view, name) for name in ("decide", "plan")]
    plain = f"{said.replace('*', '')}: {escape(view.action, 300)}."
    return _said(view, plain, [*blocks, *actions(buttons), footer(ref, escape(view.rule_words, 300))])


def _consent(notice: Notice, view: ChangeView, *, link: str, now: datetime, ref: str) -> Message:
    """Ask the lead of an incident; the button opens the plan, and nothing is agreed to before that is sent."""
    change, incident = view.change, escape(notice.detail, 20)
    said = (
        f"*{mention(change.request.requester)} asks for your consent* to {change.id}: you lead {incident}, and while "
        "it is open nothing runs on its target without that. Those who approve are asked, too."
    )
    return _plain(view, said, [card_button(view, "consent"), card_button(view, "plan")], link, ref)


def _attest(notice: Notice, view: ChangeView, *, link: str, now: datetime, ref: str) -> Message:
    verdict = verdict_words(view) or "rolled back"
    said = (
        f"*Please attest {view.change.id}* · validation: *{verdict}*. Look at the evidence on its card first."
    )
    return _plain(view, said, [card_button(view, "attest_asked")], link, ref)


def _outcome(notice: Notice, view: ChangeView, *, link: str, now: datetime, ref: str) -> Message:
    word = notice.detail.partition(":")[0]
    title, step = OUTCOMES[word]
    is_now = word == view.change.state.value
    by = f" by {_names(view)}" if is_now and word in BY_PEOPLE and _names(view) else ""
    said = " ".join(filter(None, (f"*{view.change.id} {title}{by}.*", _why(notice, view), step)))
    name = BUTTONS.get(word)
    buttons = [card_button(view, name)] if name and is_now else []
    return _plain(view, said, buttons, link, ref)


def _why(notice: Notice, view: ChangeView) -> str:
    """Return the reason, the field that moved, or the verdict."""
    change = view.change
    if notice.detail == "validated":
        before, after = view.said("before"), view.said("after")
        return f"Verdict: *{verdict_words(view)}* ({escape(before, 80)} → {escape(after, 80)})."
    if notice.detail.startswith("failed"):
        written = change.outcome.get("written")
        left = "Something was written" if written else "Nothing was changed in Azure"
        return f"{escape(one_line(view.said('why')).rstrip('.'), 600)}. {left}."
    if notice.detail.startswith("unapproved"):
        return " ".join(f"{line}." for line in taken_back_lines(change)[-1:])
    why = change.note if notice.detail in WITH_REASON else ""
    return f"Why: {escape(one_line(why).rstrip('.'), 600)}." if why else ""


_MAKERS: Mapping[str, Callable[..., Message]] = {
    ASK: _ask,
    REMIND: _remind,
    ESCALATE: _escalate,
    EXPIRING: _expiring,
    ATTEST: _attest,
    CONSENT: _consent,
    OUTCOME: _outcome,
}
