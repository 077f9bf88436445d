"""Freeze targets in chat: add and lift; and what holds for a target, of the file and of the chat together."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from bot.domain.change import Change
from bot.domain.command_line import did_you_mean
from bot.domain.configuration import Configuration, Freeze
from bot.domain.freeze import ChatFreeze, may_override
from bot.domain.freeze_events import FreezeAdded, FreezeLifted
from bot.domain.policy import Refused, frozen
from bot.domain.rounds import UNAPPROVED_FROM
from bot.ports.archive import ChangeQuery, Look, Transaction
from bot.usecases.desk import Caller, Desk
from bot.usecases.find_people import FOR_AN_APPLY, find_people

LONGEST = timedelta(days=366)


@dataclass(frozen=True)
class Freezing:
    """What somebody asks for: from when to when, which targets by name or pattern, and why."""

    start: datetime
    end: datetime
    targets: tuple[str, ...]
    reason: str


async def freezes_at(
    alias: str, at: datetime, *, look: Look, configuration: Configuration
) -> tuple[Freeze, ...]:
    """Return every freeze that holds for a target at a time, of the file and of the chat: deny beats allow."""
    added = await look.freezes(at)
    return frozen(configuration, alias, at, [each.as_freeze(configuration.freeze_groups) for each in added])


def check_freezing(asked: Freezing, configuration: Configuration, now: datetime) -> dict[str, str]:
    """Return what is wrong with what was asked for, by the form's block; nothing when all is right."""
    problems: dict[str, str] = {}
    if not asked.reason:
        problems["reason"] = "Say why: everybody whose change is refused reads this."
    if asked.end <= asked.start:
        problems["to"] = "It would end before it begins."
    elif asked.end <= now:
        problems["to"] = "That has passed already."
    elif asked.end - asked.start > LONGEST:
        problems["to"] = "A freeze of the chat lasts a year at most; a longer one belongs into the file."
    aliases = [target.alias for target in configuration.targets]
    for pattern in asked.targets:
        if not any(fnmatchcase(alias, pattern) for alias in aliases):
            problems["targets"] = f"No target is called {pattern}. {did_you_mean(pattern, aliases)}"
    return problems


async def add_freeze(
    asked: Freezing, *, caller: Caller, now: datetime, tx: Transaction, configuration: Configuration
) -> ChatFreeze:
    """Keep the freeze, say so in the trail and in the channels; it holds from its start, for whoever asks."""
    wanted = ChatFreeze(
        number=0,
        reason=asked.reason,
        start=asked.start,
        end=asked.end,
        targets=frozenset(asked.targets or ("*",)),
        by=caller.user,
        at=now,
    )
    kept = await tx.add_freeze(wanted)
    event = FreezeAdded(
        freeze=kept.id,
        start=kept.start.isoformat(),
        end=kept.end.isoformat(),
        targets=tuple(sorted(kept.targets)),
        reason=kept.reason,
    )
    await tx.record(event, by=caller.actor, cause=caller.cause)
    await _tell(kept, "added", configuration, tx)
    return kept


async def lift_freeze(
    number: int, why: str, *, caller: Caller, now: datetime, tx: Transaction, configuration: Configuration
) -> ChatFreeze | Refused:
    """End a freeze before its time, once, and say so where it was announced."""
    freeze = await tx.freeze(number)
    if freeze.lifted_at is not None:
        return Refused(f"{freeze.id} was lifted already, by <@{freeze.lifted_by}>.")
    if freeze.end <= now:
        return Refused(f"{freeze.id} is over already.")
    if not await tx.lift_freeze(freeze, by=caller.user, at=now, why=why):
        return Refused(f"{freeze.id} was lifted in the same instant.")
    event = FreezeLifted(freeze=freeze.id, end=freeze.end.isoformat(), reason=why)
    await tx.record(event, by=caller.actor, cause=caller.cause)
    await _tell(freeze, "lifted", configuration, tx)
    return freeze


async def _tell(freeze: ChatFreeze, what: str, configuration: Configuration, tx: Transaction) -> None:
    """Leave one message for each channel of the targets that it freezes, and draw the cards that wait again."""
    frozen_ones = [
        target
        for target in configuration.targets
        if any(fnmatchcase(target.alias, name) for name in freeze.targets)
    ]
    for change in await tx.changes(ChangeQuery(states=UNAPPROVED_FROM, limit=100)):
        if change.request.target in {target.alias for target in frozen_ones}:
            await tx.enqueue("deliver", f"deliver:{change.id}:card")
    for channel in sorted({target.channel for target in frozen_ones} - {""}):
        await tx.enqueue("deliver", f"deliver:freeze:{freeze.number}:{what}:{channel}")


def overrides(change: Change, freezes: tuple[Freeze, ...]) -> bool:
    """Return whether who asked to apply the change said so of each of these freezes, by name."""
    said = change.outcome.get("override")
    by, names = (said.get("by"), said.get("freezes")) if isinstance(said, Mapping) else ("", ())
    known = set(names) if isinstance(names, list | tuple) and by == change.apply_asked_by else set()
    return {freeze.name for freeze in freezes} <= known


async def is_overridden(change: Change, freezes: tuple[Freeze, ...], *, desk: Desk) -> bool:
    """Return whether who asked to apply overrode each of these freezes, and still may.

    Raises:
        RunAgain: the directory must be read afresh first.
    """
    if not overrides(change, freezes):
        return False
    user = change.apply_asked_by
    people = await find_people({user}, desk=desk, max_age=FOR_AN_APPLY)
    return may_override(people[user], freezes)
