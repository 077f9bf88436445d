"""Answering why a change stands as it does, for `admin policy` and `change why`."""

from bot.domain.change import change_number
from bot.domain.command_line import parse
from bot.domain.errors import InvalidInputError
from bot.domain.explanation import explain
from bot.domain.incident_mode import BEFORE
from bot.ports.slack import Message
from bot.render.explanation import render_explanation
from bot.usecases.find_people import FOR_A_DECISION, find_people
from bot.usecases.hold_for_incident import held_by_incident
from handlers.dependencies import Dependencies
from handlers.shapes import Asked


async def answer_why(typed: tuple[str, ...], asked: Asked, deps: Dependencies) -> Message | None:
    """Return rule, tier, votes, who could, and why the person who asks can or cannot decide."""
    words, desk = parse(typed), deps.desk
    if len(words.arguments) != 1:
        raise InvalidInputError("Which change?", advice="Write its id, such as CHG-12; see `change list`.")
    async with desk.archive.transaction() as tx:
        change = await tx.change(change_number(words.arguments[0]))
        votes = await tx.votes(change)
    user = asked.caller.user
    users = {user, change.request.requester, *(vote.person for vote in votes)}
    people = await find_people(users, desk=desk, max_age=FOR_A_DECISION)
    held = await held_by_incident(change, desk=desk) if change.state in BEFORE else ""
    now, configuration = desk.clock.now(), desk.configuration
    found = explain(change, user, votes=votes, people=people, configuration=configuration, now=now)
    return render_explanation(found, asked.ref, held)
