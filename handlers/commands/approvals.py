"""`approvals`: what waits for this person's decision."""

from collections.abc import Mapping

from bot.domain.change import Change, ChangeState
from bot.domain.command_line import parse
from bot.domain.people import Standing
from bot.domain.policy import Allowed, may_decide
from bot.ports.archive import ChangeQuery
from bot.ports.slack import Message
from bot.render.listing import render_changes
from bot.usecases.find_people import FOR_A_DECISION, find_people
from handlers.dependencies import Dependencies
from handlers.loading import view_of
from handlers.shapes import Asked, Command


async def _approvals(typed: tuple[str, ...], asked: Asked, deps: Dependencies) -> Message | None:
    parse(typed)
    query = ChangeQuery(states=frozenset({ChangeState.PENDING_APPROVAL}), limit=50)
    async with deps.desk.archive.reading() as look:
        waiting = await look.changes(query)
    users = {asked.caller.user, *(change.request.requester for change in waiting)}
    people = await find_people(users, desk=deps.desk, max_age=FOR_A_DECISION)
    mine = [change for change in waiting if _is_mine(change, asked.caller.user, people, deps)]
    return render_changes([view_of(change, deps) for change in mine], "Waiting for you", asked.ref)


def _is_mine(change: Change, user: str, people: Mapping[str, Standing], deps: Dependencies) -> bool:
    rule, requester = deps.desk.configuration.rule_for(change), people[change.request.requester]
    return isinstance(may_decide(change, people[user], rule, requester=requester), Allowed)


APPROVALS = Command("approvals", "approvals", "What waits for your decision.", _approvals)
