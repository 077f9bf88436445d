"""Telling the audit channel of an alert that is about no target."""

from bot.render.alert import render_unmapped
from handlers.dependencies import Dependencies


async def tell_of_alert(number: int, deps: Dependencies) -> None:
    """Post what fired, and how to have it mapped; where there is no audit channel the trail alone has it."""
    channel = deps.desk.configuration.audit_channel
    async with deps.desk.archive.reading() as look:
        alert = await look.alert(number)
    if channel and alert is not None:
        await deps.messenger.post(channel, render_unmapped(alert, deps.cause("deliver").ref))
