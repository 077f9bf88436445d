"""Schedule a change: it starts by itself when its time has come, and every check runs then."""

from collections.abc import Iterable
from datetime import datetime

from bot.domain.change import Change, ChangeState, ChangeType
from bot.domain.configuration import Configuration, Freeze
from bot.domain.errors import ConflictError
from bot.domain.execution_events import ChangeScheduled
from bot.domain.freeze import freeze_words
from bot.domain.incident_mode import why_not_asked
from bot.domain.json import Json
from bot.ports.archive import Look, Transaction
from bot.usecases.desk import Caller
from bot.usecases.freeze_targets import freezes_at
from bot.usecases.hold_for_incident import incidents_on

STARTING = "Its time has come: everything is checked again before anything is sent."


def start_of(change: Change, now: datetime) -> datetime:
    """Return when the change would run if it were asked for now."""
    return max(change.request.start_at or now, now)


async def start_problems(
    change: Change, *, look: Look, configuration: Configuration, now: datetime
) -> tuple[str, ...]:
    """Return why the change could not start when it shall, each with its fix; nobody is asked before."""
    start, rule = change.request.start_at, configuration.rule_for(change)
    problems: tuple[str, ...] = ()
    if start is not None and start <= now:
        problems += (
            "The start has passed. Name a later one, or leave it empty: then it runs when asked to.",
        )
    elif start is not None and rule is not None and start >= now + rule.approval_expires:
        latest = (now + rule.approval_expires).strftime("%d %b %Y %H:%M UTC")
        problems += (
            f"The start is after the approval could expire. Name one before {latest}, or ask again later.",
        )
    freezes = await freezes_at(
        change.request.target, start_of(change, now), look=look, configuration=configuration
    )
    if freezes and not _may_wait(change, freezes):
        when = "It would start in a freeze. " if start is not None and start > now else ""
        problems += (f"{when}{freeze_words(freezes)} {_instead(start, freezes)}",)
    held = why_not_asked(change, await incidents_on(change.request.target, look))
    return (*problems, held) if held else problems


def _may_wait(change: Change, freezes: Iterable[Freeze]) -> bool:
    """Return whether it is an emergency, and somebody may override each of these freezes at apply."""
    return change.request.type is ChangeType.EMERGENCY and all(freeze.override for freeze in freezes)


def _instead(start: datetime | None, freezes: tuple[Freeze, ...]) -> str:
    """Return what to do about it; an emergency is the way only where somebody may override each freeze."""
    first = "Ask again then" if start is None else "Name a start after it"
    if not all(freeze.override for freeze in freezes):
        return f"{first}."
    groups = ", ".join(sorted({group for freeze in freezes for group in freeze.override}))
    return f"{first}. What restores a service now is an Emergency: one of {groups} may apply that."


async def schedule(change: Change, outcome: dict[str, Json], *, caller: Caller, tx: Transaction) -> Change:
    """Leave an approved change to its start; withdrawing it stays possible until then.

    Raises:
        ConflictError: it moved in the same instant.
    """
    asked = {"apply_asked_by": caller.user, "note": "", "outcome": outcome}
    if change.state is ChangeState.SCHEDULED:
        moved = await tx.mark(change, **asked)
    else:
        moved = await tx.move(change, ChangeState.SCHEDULED, **asked)
    if moved is None or change.request.start_at is None:
        raise ConflictError(f"{change.id} moved in the same instant.", advice="Look at the card again.")
    event = ChangeScheduled(
        change=change.id,
        resource=change.arm_id,
        revision=change.revision,
        plan_digest=change.plan_digest,
        start_at=change.request.start_at.isoformat(timespec="minutes"),
    )
    await tx.record(event, by=caller.actor, cause=caller.cause)
    await tx.enqueue("deliver", f"deliver:{change.id}:card")
    return moved


async def start_changes(due: Iterable[Change], tx: Transaction) -> None:
    """Hand the scheduled changes whose time has come to the executor, each once."""
    for change in due:
        if await tx.mark(change, note=STARTING) is not None:
            await tx.enqueue("apply", f"apply:{change.id}")
            await tx.enqueue("deliver", f"deliver:{change.id}:card")
