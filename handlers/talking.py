"""Commenting on a change and nudging its approvers, from a button or from a typed command alike."""

from bot.domain.comment import LONGEST
from bot.domain.policy import Refused
from bot.ports.slack import Message
from bot.render.answer import render_refused
from bot.render.nudge import render_nudged
from bot.render.talk import render_comment_form
from bot.usecases.find_people import FOR_A_DECISION, find_people
from bot.usecases.remind_people import nudge_people
from handlers.dependencies import Dependencies
from handlers.loading import load_view
from handlers.shapes import Asked


async def open_comment(number: int, typed: str, asked: Asked, deps: Dependencies) -> None:
    """Open the modal of a comment, with what was typed already."""
    view = await load_view(number, deps)
    form = render_comment_form(view, typed[:LONGEST], asked.ref)
    await deps.messenger.open_view(asked.trigger_id, form)


async def nudge(number: int, asked: Asked, deps: Dependencies) -> Message:
    """Remind now those who have not decided, as far as the cap allows, and say who was."""
    user = asked.caller.user
    people = await find_people({user}, desk=deps.desk, max_age=FOR_A_DECISION)
    answer = await nudge_people(number, caller=asked.caller, standing=people[user], desk=deps.desk)
    if isinstance(answer, Refused):
        return render_refused(answer, asked.ref)
    now = deps.desk.clock.now()
    return render_nudged(answer.change.id, answer.reminded, answer.later, now=now, ref=asked.ref)
