"""Telling people of a broken glass: one message each, and one for the audit channel."""

from bot.render.glass_forms import render_glass_notice
from handlers.dependencies import Dependencies
from handlers.loading import load_view

TOLD = ("glass", "lapsed", "reviewed")


async def tell_of_glass(number: int, what: str, user: str, deps: Dependencies) -> None:
    """Tell one person, or the audit channel where no person is named."""
    view = await load_view(number, deps)
    message = render_glass_notice(view, what, deps.cause("deliver").ref)
    channel = deps.desk.configuration.audit_channel
    if user:
        await deps.messenger.direct(user, message)
    elif channel:
        await deps.messenger.post(channel, message)
