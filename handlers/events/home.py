"""`app_home_opened`: what waits for this person, and what they asked for."""

from bot.domain.change import TERMINAL, ChangeState
from bot.ports.archive import ChangeQuery
from bot.render.listing import render_home
from handlers.dependencies import Dependencies
from handlers.loading import view_of
from handlers.shapes import SlackEvent


async def _run(user: str, deps: Dependencies) -> None:
    open_states = frozenset(set(ChangeState) - TERMINAL)
    pending = frozenset({ChangeState.PENDING_APPROVAL})
    async with deps.desk.archive.reading() as look:
        waiting = await look.changes(ChangeQuery(states=pending))
        mine = await look.changes(ChangeQuery(states=open_states, requester=user))
    others = [view_of(change, deps) for change in waiting if change.request.requester != user]
    home = render_home(others, [view_of(change, deps) for change in mine], deps.cause("home").ref)
    await deps.messenger.publish_home(user, home)


HOME = SlackEvent("app_home_opened", _run)
