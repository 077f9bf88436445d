"""Who is none of ours: refused at every door, and remembered when they reached for a change."""

from contextlib import suppress

from bot.domain.errors import InvalidInputError, NotFoundError
from bot.domain.people import Standing
from bot.domain.policy import Refused
from bot.ports.slack import Message
from bot.render.answer import render_refused
from bot.render.change_view import read_button_value
from bot.usecases.decide_change import remember_refusal
from handlers.denying import remember_denied
from handlers.dependencies import Dependencies
from handlers.shapes import Asked, Reached

_NEXT = "Ask a full member of this workspace to do it for you; whoever runs it can make you one."


async def refuse_stranger(standing: Standing, asked: Asked, deps: Dependencies, reached: Reached) -> Message:
    """Return the refusal of somebody who is not a full member, remembered."""
    reason = f"Not allowed: {standing.why_not or 'you are not a full member of this workspace'}."
    await remember_stranger(asked, reason, deps)
    await remember_denied(asked, reached, reason, deps)
    return render_refused(Refused(f"{reason} {_NEXT}"), asked.ref)


async def remember_stranger(asked: Asked, why: str, deps: Dependencies) -> None:
    """Append the entry of an attempt on a change by somebody who is none of ours."""
    with suppress(InvalidInputError, NotFoundError):
        number = read_button_value(asked.about).number
        async with deps.desk.archive.transaction() as tx:
            await remember_refusal(
                tx, await tx.change(number), asked.caller, asked.attempt.removeprefix("change."), why
            )
