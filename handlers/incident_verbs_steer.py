"""Steering an incident from a command: severity, lead, roles, targets, notes, links, a snapshot now."""

import re

from bot.domain.change import change_number
from bot.domain.errors import InvalidInputError
from bot.domain.incident import Incident, read_severity
from bot.domain.incident_people import may_hand_over, may_have_role
from bot.domain.policy import Refused
from bot.domain.redaction import clean
from bot.ports.slack import Message
from bot.render.answer import render_refused, render_text
from bot.usecases import steer_incident as steer
from bot.usecases.find_people import FOR_A_DECISION, find_people
from handlers.dependencies import Dependencies
from handlers.incident_dialogs import open_form
from handlers.incident_loading import dashed, meant
from handlers.shapes import Asked

_MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>|@?([UW][A-Z0-9]{2,30})")
Typed = tuple[str, ...]


async def change_severity(typed: Typed, asked: Asked, deps: Dependencies) -> Message | None:
    """Set the severity that is named; without one open the form."""
    number, words = await meant(typed, asked, deps)
    if not words:
        return await open_form("severity", number, "", asked, deps)
    severity = read_severity(" ".join(words))
    async with deps.desk.archive.transaction() as tx:
        kept = await steer.change_severity(number, severity, caller=asked.caller, tx=tx, desk=deps.desk)
    return _done(f"{kept.id} is {kept.severity}.", asked)


async def change_lead(typed: Typed, asked: Asked, deps: Dependencies) -> Message | None:
    """Name the lead: a person, or `me`; without one open the form."""
    number, words = await meant(typed, asked, deps)
    if not words:
        return await open_form("lead", number, "", asked, deps)
    answer = await assigned(number, steer.LEAD, " ".join(words), asked, deps)
    if isinstance(answer, Refused):
        return render_refused(answer, asked.ref)
    kept, person = answer
    return _done(f"<@{person}> leads {kept.id}.", asked)


async def give_role(typed: Typed, asked: Asked, deps: Dependencies) -> Message | None:
    """Give a person a role; the person is named last."""
    number, words = await meant(typed, asked, deps)
    if len(words) < 2:
        raise InvalidInputError("Which role, and who?", advice="Write `incident role scribe @name`.")
    answer = await assigned(number, " ".join(words[:-1]), words[-1], asked, deps)
    if isinstance(answer, Refused):
        return render_refused(answer, asked.ref)
    kept, person = answer
    return _done(f"<@{person}> is {' '.join(words[:-1]).lower()} of {kept.id}.", asked)


async def assigned(
    number: int, role: str, named: str, asked: Asked, deps: Dependencies
) -> tuple[Incident, str] | Refused:
    """Give a person a role and return the incident and who it is, or why not: theirs to have, and to give away.

    Raises:
        InvalidInputError: nobody is named.
    """
    person, user = _person(named, asked), asked.caller.user
    people = await find_people({person, user}, desk=deps.desk, max_age=FOR_A_DECISION)
    verdict = may_have_role(people[person], deps.desk.configuration)
    if isinstance(verdict, Refused):
        return verdict
    async with deps.desk.archive.transaction() as tx:
        if role.lower() == steer.LEAD:
            incident = await tx.incident(number)
            verdict = may_hand_over(incident, people[user], people, deps.desk.configuration)
            if isinstance(verdict, Refused):
                return verdict
        kept = await steer.assign_role(number, role, person, caller=asked.caller, tx=tx, desk=deps.desk)
    return kept, person


def _person(text: str, asked: Asked) -> str:
    if text.lower() == "me":
        return asked.caller.user
    found = _MENTION.fullmatch(text.strip())
    if found is None:
        raise InvalidInputError(f"{text!r} is nobody.", advice="Mention the person with @, or write `me`.")
    return found[1] or found[2]


async def target(typed: Typed, asked: Asked, deps: Dependencies) -> Message | None:
    """Add targets."""
    number, words = await meant(typed, asked, deps)
    async with deps.desk.archive.transaction() as tx:
        kept = await steer.set_targets(number, frozenset(words), caller=asked.caller, tx=tx, desk=deps.desk)
    rule = "While it is open, only emergency changes run there."
    return _done(f"{kept.id} is about {', '.join(sorted(kept.targets))}. {rule}", asked)


async def note(typed: Typed, asked: Asked, deps: Dependencies) -> Message | None:
    """Write a note on the timeline."""
    number, words = await meant(dashed(typed), asked, deps)
    async with deps.desk.archive.transaction() as tx:
        kept = await steer.add_note(
            number, clean(" ".join(words)), caller=asked.caller, tx=tx, desk=deps.desk
        )
    return _done(f"Noted on the timeline of {kept.id}.", asked)


async def link(typed: Typed, asked: Asked, deps: Dependencies) -> Message | None:
    """Link a change."""
    number, words = await meant(typed, asked, deps)
    if len(words) != 1:
        raise InvalidInputError("Link which change?", advice="Write `incident link CHG-12`.")
    async with deps.desk.archive.transaction() as tx:
        change = await tx.change(change_number(words[0]))
        kept = await steer.link_change_to(number, change, caller=asked.caller, tx=tx, desk=deps.desk)
    return _done(f"{change.id} is linked to {kept.id}.", asked)


async def snapshot(typed: Typed, asked: Asked, deps: Dependencies) -> Message | None:
    """Want a snapshot now."""
    number, _ = await meant(typed, asked, deps)
    return await snapshot_wanted(number, asked, deps)


async def snapshot_wanted(number: int, asked: Asked, deps: Dependencies) -> Message:
    """Want a snapshot now and say where it will be."""
    async with deps.desk.archive.transaction() as tx:
        kept = await steer.want_snapshot_now(number, caller=asked.caller, tx=tx, desk=deps.desk)
    return _done(f"A snapshot of {kept.id} is being taken; it follows in the thread of the card.", asked)


def _done(words: str, asked: Asked) -> Message:
    return render_text(words, asked.ref)
