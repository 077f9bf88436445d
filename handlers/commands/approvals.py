"""`approvals`: what waits for this person: to decide, to attest, to review after a broken glass."""

from bot.domain.command_line import parse
from bot.ports.slack import Message
from bot.render.listing import render_changes
from bot.usecases.find_people import FOR_A_DECISION, find_people
from bot.usecases.find_waiting import find_waiting
from handlers.dependencies import Dependencies
from handlers.loading import view_of
from handlers.shapes import Asked, Command


async def _approvals(typed: tuple[str, ...], asked: Asked, deps: Dependencies) -> Message | None:
    parse(typed)
    user = asked.caller.user
    people = await find_people({user}, desk=deps.desk, max_age=FOR_A_DECISION)
    async with deps.desk.archive.reading() as look:
        mine = await find_waiting(user, people, look=look, desk=deps.desk)
    return render_changes([view_of(change, deps) for change in mine], "Waiting for you", asked.ref)


APPROVALS = Command("approvals", "approvals", "What waits for you: to decide, attest or review.", _approvals)
