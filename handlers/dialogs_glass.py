"""Opening the modals of an emergency: break the glass, review it."""

from bot.domain.policy import Refused
from bot.ports.slack import Message
from bot.render.answer import render_refused
from bot.render.glass_forms import render_break_glass, render_glass_review
from bot.usecases.break_glass import parties, why_not_broken, why_not_reviewed
from bot.usecases.decide_change import remember_refusal
from bot.usecases.find_people import FOR_A_DECISION, find_people
from handlers.dependencies import Dependencies
from handlers.loading import load_view
from handlers.shapes import Asked


async def open_break_glass(number: int, asked: Asked, deps: Dependencies) -> Message | None:
    """Open the first of two steps, or say why this person or this change cannot have it."""
    view = await load_view(number, deps)
    user, change = asked.caller.user, view.change
    people = await find_people({user, *parties(change)}, desk=deps.desk, max_age=FOR_A_DECISION)
    verdict = why_not_broken(change, user=user, people=people, desk=deps.desk)
    if isinstance(verdict, Refused):
        async with deps.desk.archive.transaction() as tx:
            await remember_refusal(tx, change, asked.caller, "break the glass of", verdict.reason)
        return render_refused(verdict, asked.ref)
    await deps.messenger.open_view(asked.trigger_id, render_break_glass(view, asked.ref))
    return None


async def open_glass_review(number: int, asked: Asked, deps: Dependencies) -> Message | None:
    """Open the review of a broken glass, or say who may give it."""
    view = await load_view(number, deps)
    user, change = asked.caller.user, view.change
    people = await find_people({user, *parties(change)}, desk=deps.desk, max_age=FOR_A_DECISION)
    verdict = why_not_reviewed(change, user=user, people=people, desk=deps.desk)
    if isinstance(verdict, Refused):
        async with deps.desk.archive.transaction() as tx:
            await remember_refusal(tx, change, asked.caller, "review the glass of", verdict.reason)
        return render_refused(verdict, asked.ref)
    await deps.messenger.open_view(asked.trigger_id, render_glass_review(view, asked.ref))
    return None
