"""What a card says of an emergency, of its review, of a start to come and of a freeze that was overridden."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from bot.domain.change import Change, ChangeState
from bot.domain.configuration import Freeze
from bot.render.texts import escape, mention, one_line, utc, when

_BEFORE = (
    ChangeState.DRAFT,
    ChangeState.PENDING_APPROVAL,
    ChangeState.CHANGES_REQUESTED,
    ChangeState.APPROVED,
    ChangeState.SCHEDULED,
)


def start_words(change: Change) -> str:
    """Return when a change starts, raw; empty when nobody has asked it to start later."""
    start = change.request.start_at
    if start is None or change.state is not ChangeState.SCHEDULED:
        return ""
    return f"starts at {utc(start)}" if change.apply_asked_by else "its start has passed; ask again to apply"


def start_line(change: Change) -> str:
    """Return the start for mrkdwn, in the reader's zone, while it is to come."""
    start = change.request.start_at
    if start is None or change.state not in _BEFORE:
        return ""
    scheduled = change.state is ChangeState.SCHEDULED
    return f"{'starts' if scheduled else 'not before'} {when(start)}"


def glass_lines(change: Change) -> list[str]:
    """Return who broke the glass and why, who overrode a freeze, and what the review found; for mrkdwn."""
    lines: list[str] = []
    if change.broke_glass_by:
        own = ", their own request" if change.broke_glass_by == change.request.requester else ""
        about = _quoted(_said(change, "glass", "reason"))
        incident = escape(one_line(_said(change, "glass", "incident")), 200)
        lines.append(f"{mention(change.broke_glass_by)} broke the glass{own}, incident {incident}{about}")
        lines.append(_review_line(change))
    if by := _said(change, "override", "by"):
        said = change.outcome["override"]
        names = said.get("freezes") if isinstance(said, Mapping) else None
        freezes = ", ".join(map(str, names)) if isinstance(names, list | tuple) else ""
        reason = _quoted(_said(change, "override", "reason"))
        lines.append(f"{mention(by)} overrode the freeze {escape(one_line(freezes), 300)}{reason}")
    return lines


def is_unreviewed(change: Change) -> bool:
    """Return whether its glass was broken and nobody has reviewed that."""
    return bool(change.broke_glass_by) and not change.reviewed_by


def review_due(change: Change) -> str:
    """Return that a review is due, as a line of its own for mrkdwn; empty where none is."""
    if not is_unreviewed(change) or change.review_due_at is None:
        return ""
    return f"\nReview of the broken glass due {when(change.review_due_at)}: `/cs change review {change.id}`"


def freeze_line(freezes: Iterable[Freeze]) -> str:
    """Return which freezes hold when a change would run, until when, and what that means; for mrkdwn."""
    held = [
        f"{escape(one_line(each.name), 100)} until {when(each.end)} "
        f"(override: {escape(', '.join(each.override) or 'nobody', 200)})"
        for each in freezes
    ]
    if not held:
        return ""
    return f"*Freeze* · {'; '.join(held)}. It can be decided; nothing is applied before, unless it is overridden."


def beside_lines(change: Change) -> list[str]:
    """Return which validations an emergency ran beside, and which emergencies ran beside this validation."""
    passed, ran = change.outcome.get("beside"), change.outcome.get("ran_beside")
    lines = []
    if isinstance(passed, list | tuple) and passed:
        ids = escape(", ".join(map(str, passed)), 200)
        lines.append(f"As an emergency it did not wait for the validation of {ids}, on another deployment")
    for each in ran if isinstance(ran, list | tuple) else ():
        if isinstance(each, Mapping):
            at = when(datetime.fromisoformat(str(each["at"])))
            lines.append(f"{escape(str(each['by']))}, an emergency, ran beside this validation {at}")
    return lines


def _review_line(change: Change) -> str:
    if change.reviewed_by:
        found = _said(change, "review", "verdict").replace("_", " ") or "reviewed"
        return f"{mention(change.reviewed_by)} reviewed it: {escape(found)}{_quoted(_said(change, 'review', 'note'))}"
    due = f" by {when(change.review_due_at)}" if change.review_due_at else ""
    late = ", and nobody has" if "lapse" in change.outcome else ""
    return f"Somebody else must review that{due}{late}"


def _said(change: Change, what: str, name: str) -> str:
    said = change.outcome.get(what)
    value = said.get(name) if isinstance(said, Mapping) else ""
    return value if isinstance(value, str) else ""


def _quoted(text: str) -> str:
    return f" · “{escape(one_line(text), 300)}”" if text.strip() else ""
