"""Telling of trouble that the watch found, and the incident that it would be."""

from bot.domain.episode import Episode
from bot.domain.errors import NotFoundError, SlackRefusedError
from bot.render.episode import render_episode
from handlers.dependencies import Dependencies
from handlers.telling import GONE


async def tell_of_episode(number: int, deps: Dependencies) -> None:
    """Post it in the target's channel, or bring the message that is there up to date."""
    found = await episode(number, deps)
    target = deps.desk.configuration.target(found.target)
    message = render_episode(found, target, deps.cause("deliver").ref)
    if found.ts:
        try:
            await deps.messenger.update(found.channel, found.ts, message)
        except SlackRefusedError as error:
            if error.code not in GONE:
                raise
        return
    if found.ended_at is None:
        ts = await deps.messenger.post(target.channel, message)
        async with deps.desk.archive.transaction() as tx:
            await tx.show_episode(found, target.channel, ts)


async def episode(number: int, deps: Dependencies) -> Episode:
    """Return an episode; raise NotFoundError."""
    async with deps.desk.archive.reading() as look:
        found = await look.episode(number)
    if found is None:
        raise NotFoundError("The watch has found no such thing.")
    return found
