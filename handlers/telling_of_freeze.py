"""Telling a channel of a freeze of the chat: that it was added, or lifted before its time."""

from bot.render.freeze_forms import render_freeze_told
from handlers.dependencies import Dependencies


async def tell_of_freeze(key: str, deps: Dependencies) -> None:
    """Post to the channel that `<number>:<added|lifted>:<channel>` names."""
    number, what, channel = key.split(":")
    async with deps.desk.archive.reading() as look:
        freeze = await look.freeze(int(number))
    message = render_freeze_told(freeze, deps.cause("deliver").ref, is_lifted=what == "lifted")
    await deps.messenger.post(channel, message)
