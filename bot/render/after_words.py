"""What a change card says of the time after an apply: the trigger, a breach, rollback, attestation, waiver."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.domain.change import Change, ChangeState
from bot.domain.json import Json
from bot.domain.signal import VerdictWord, measured_instead
from bot.ports.slack import Block
from bot.render.blocks import section
from bot.render.change_view import ChangeView
from bot.render.texts import code, count, escape, mention, one_line, when

UNREAD = "no metric can be read in the signal"


def trigger_facts(change: Change) -> list[tuple[str, str]]:
    """Return the rollback trigger as a field of the card, none where the request has none."""
    trigger = change.request.rollback_trigger
    return [("Rollback trigger", escape(one_line(trigger), 300))] if trigger else []


def signal_facts(change: Change) -> list[tuple[str, str]]:
    """Return the validation signal as a field, and what is measured where no metric can be read in it."""
    text = change.request.validation_signal
    found = [("Validation signal", escape(one_line(text), 600))]
    return (
        [*found, ("Measured instead", f"{instead}: {UNREAD}")]
        if (instead := measured_instead(text))
        else found
    )


def verdict_words(view: ChangeView) -> str:
    """Return `better`, or `better, but the signal was missed (at most 5.00 %)`; empty before there is a verdict."""
    word, missed = escape(view.said("verdict"), 60), escape(view.said("missed"), 60)
    if not (word and missed):
        return word
    return (
        f"{word}, {'but' if word == VerdictWord.BETTER else 'and'} the signal was missed (at most {missed})"
    )


def follows(change: Change) -> str:
    """Return which change this one takes back or follows, with a separator before it; empty for a first one."""
    origin = change.request.origin
    return f" · follows {escape(one_line(origin), 20)}" if origin else ""


def breach_blocks(view: ChangeView) -> list[Block]:
    """Return that the trigger was passed: by what, when, and what comes next."""
    words = breach_words(view.change)
    return [section(f"*Rollback trigger passed* :rotating_light:\n{words}")] if words else []


def breach_words(change: Change) -> str:
    """Return what was measured, when, and what comes next, for mrkdwn; empty when nothing was passed."""
    said = change.outcome.get("breach")
    if not isinstance(said, Mapping):
        return ""
    seen = f"{escape(_text(said, 'value'), 200)} in the last minutes, {escape(_text(said, 'limit'), 100)}"
    at = _moment(_text(said, "at"))
    return f"{seen}{f', measured {when(at)}' if at else ''}. {_next(change, said)}"


def _next(change: Change, said: Mapping[str, Json]) -> str:
    if said.get("automatic"):
        return "The rollback started by itself, as policy allows."
    if change.state is ChangeState.VERIFYING:
        return "Roll it back, or say here why not."
    return ""


def cutover_words(change: Change) -> str:
    """Return which of two deployments side by side receives calls, for mrkdwn; empty when there is only one."""
    said = change.outcome.get("cutover")
    if not isinstance(said, Mapping):
        return ""
    old, new = (f"{code(_text(said, name), 80)} {said.get(f'{name}_requests')}" for name in ("old", "new"))
    return f"Requests in the {said.get('minutes')} minutes after: {old}, {new}."


def siblings_words(change: Change) -> str:
    """Return whether anything else on the account changed meanwhile, with the count; empty before it is known."""
    moved, still = change.outcome.get("strangers"), change.outcome.get("untouched")
    if not isinstance(moved, Sequence) or isinstance(moved, str):
        return ""
    others = count(still, "other") if isinstance(still, int) else ""
    if not moved:
        return f"no other deployment of the account moved{f' ({others} compared)' if others else ''}"
    who = change.outcome.get("movers")
    named = who if isinstance(who, Mapping) else {}
    said = ", ".join(f"{name} ({named[name]})" if named.get(name) else name for name in map(str, moved))
    rest = f"; {others} did not" if others else ""
    return f"moved meanwhile, not by this change: {one_line(said)}{rest}"


def after_lines(view: ChangeView) -> list[str]:
    """Return who asked for and confirmed the rollback, who attested or waived, one mrkdwn line each."""
    change, lines = view.change, []
    if change.outcome.get("automatic"):
        lines.append("The rollback trigger started the rollback")
    if change.rollback_asked_by:
        lines.append(
            f"{mention(change.rollback_asked_by)} asked to roll it back{_confirmation(view)}{_because(view)}"
        )
    if at := _moment(view.said("rolled_back_at")):
        lines.append(f"Rolled back {when(at)}")
    if attested := view.said("attested"):
        lines.append(f"{mention(attested)} attested the evidence")
    if waived := view.said("waived"):
        lines.append(f"Attestation waived by {mention(waived)}: {escape(one_line(change.note), 600)}")
    return lines + followed_words(change)


def followed_words(change: Change) -> list[str]:
    """Return which changes take this one back or follow it, one line for mrkdwn, none where none does."""
    said = change.outcome.get("followed_by")
    ids = ", ".join(str(each) for each in said) if isinstance(said, list | tuple) else ""
    return [f"Followed by {escape(one_line(ids), 200)}"] if ids else []


def _because(view: ChangeView) -> str:
    reason = view.said("rollback_reason")
    return f" · “{escape(one_line(reason), 300)}”" if reason else ""


def _confirmation(view: ChangeView) -> str:
    if confirmed := view.said("confirmed"):
        return f", confirmed by {mention(confirmed)}"
    return "; one more person confirms it" if view.change.outcome.get("rollback_waits") else ""


def _text(said: Mapping[str, Json], name: str) -> str:
    value = said.get(name)
    return one_line(value) if isinstance(value, str) else ""


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
