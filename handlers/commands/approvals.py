"""`approvals`: what waits for this person's decision."""

from bot.domain.change import ChangeState
from bot.domain.command_line import parse
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
    people = await find_people({asked.caller.user}, desk=deps.desk, max_age=FOR_A_DECISION)
    person = people[asked.caller.user]
    query = ChangeQuery(states=frozenset({ChangeState.PENDING_APPROVAL}), limit=50)
    async with deps.desk.archive.reading() as look:
        waiting = await look.changes(query)
    rule = deps.desk.configuration.rule
    mine = [
        change
        for change in waiting
        if isinstance(may_decide(change, person, rule(change.environment, change.tier)), Allowed)
    ]
    return render_changes([view_of(change, deps) for change in mine], "Waiting for you", asked.ref)


APPROVALS = Command("approvals", "approvals", "What waits for your decision.", _approvals)
