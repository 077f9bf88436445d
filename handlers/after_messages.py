"""What people are told after an apply: a trigger that was passed, an old deployment that still stands."""

from bot.render.after_messages import render_breach, render_old_one
from handlers.dependencies import Dependencies
from handlers.loading import load_view
from handlers.release_note import send_note

AFTER = frozenset({"breach", "note", "old-one"})


async def tell_after(number: int, what: str, where: str, deps: Dependencies) -> None:
    """Send one of the messages of the time after an apply; `where` is a person or a channel."""
    match what:
        case "breach":
            await _tell_of_breach(number, where, deps)
        case "note":
            await send_note(number, where, deps)
        case _:
            await _tell_of_old_one(number, deps)


async def _tell_of_breach(number: int, user: str, deps: Dependencies) -> None:
    """Tell one person that the rollback trigger was passed, with the button that rolls back."""
    view = await load_view(number, deps)
    await deps.messenger.direct(user, render_breach(view, deps.cause("deliver").ref))


async def _tell_of_old_one(number: int, deps: Dependencies) -> None:
    """Propose, in the target's channel, the change that deletes what a new deployment has replaced."""
    view = await load_view(number, deps)
    change = view.change
    old = deps.desk.configuration.target(change.request.target).ref.deployment
    message = render_old_one(view, old, deps.cause("deliver").ref)
    await deps.messenger.post(change.channel, message)
