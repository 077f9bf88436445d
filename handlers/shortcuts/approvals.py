"""`My approvals`: what waits for this person, in a modal, from any conversation."""

from bot.render.listing import render_changes_view
from handlers.dependencies import Dependencies
from handlers.shapes import Asked, Shortcut
from handlers.waiting import WAITING, waiting_for


async def _approvals(asked: Asked, deps: Dependencies) -> None:
    waiting = await waiting_for(asked.caller.user, deps)
    await deps.messenger.open_view(asked.trigger_id, render_changes_view(waiting, WAITING, asked.ref))


MY_APPROVALS = Shortcut("shortcut.approvals", "My approvals", _approvals)
