"""`approvals`: what waits for this person: to decide, to attest, to review after a broken glass."""

from bot.domain.command_line import parse
from bot.ports.slack import Message
from bot.render.listing import render_changes
from handlers.dependencies import Dependencies
from handlers.shapes import Asked, Command
from handlers.waiting import WAITING, waiting_for


async def _approvals(typed: tuple[str, ...], asked: Asked, deps: Dependencies) -> Message | None:
    parse(typed)
    return render_changes(await waiting_for(asked.caller.user, deps), WAITING, asked.ref)


APPROVALS = Command("approvals", "approvals", "What waits for you: to decide, attest or review.", _approvals)
