"""What people are told after an apply: a rollback trigger that was passed."""

from bot.render.after_messages import render_breach
from handlers.dependencies import Dependencies
from handlers.loading import load_view


async def tell_of_breach(number: int, user: str, deps: Dependencies) -> None:
    """Tell one person that the rollback trigger was passed, with the button that rolls back."""
    view = await load_view(number, deps)
    await deps.messenger.direct(user, render_breach(view, deps.cause("deliver").ref))
