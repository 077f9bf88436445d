"""What waits for a person's decision: for the command and the shortcut alike."""

from collections.abc import Mapping

from bot.domain.change import Change, ChangeState
from bot.domain.people import Standing
from bot.domain.policy import Allowed, may_decide
from bot.ports.archive import ChangeQuery
from bot.render.change_view import ChangeView
from bot.usecases.find_people import FOR_A_DECISION, find_people
from handlers.dependencies import Dependencies
from handlers.loading import view_of

WAITING = "Waiting for you"


async def waiting_for(user: str, deps: Dependencies) -> list[ChangeView]:
    """Return the changes that policy lets this person decide now, newest first."""
    query = ChangeQuery(states=frozenset({ChangeState.PENDING_APPROVAL}), limit=50)
    async with deps.desk.archive.reading() as look:
        waiting = await look.changes(query)
    users = {user, *(change.request.requester for change in waiting)}
    people = await find_people(users, desk=deps.desk, max_age=FOR_A_DECISION)
    return [view_of(change, deps) for change in waiting if _is_mine(change, user, people, deps)]


def _is_mine(change: Change, user: str, people: Mapping[str, Standing], deps: Dependencies) -> bool:
    rule, requester = deps.desk.configuration.rule_for(change), people[change.request.requester]
    return isinstance(may_decide(change, people[user], rule, requester=requester), Allowed)
