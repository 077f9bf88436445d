"""A line in the feed channel, else the audit channel, about an entry of the trail; it notifies nobody."""

from contextlib import suppress

import structlog

from bot.domain.errors import SlackRefusedError, SlackUnavailableError
from bot.render.trail_line import render_trail_line
from handlers.dependencies import Dependencies

LOG = structlog.get_logger("audit_channel")


async def tell_of_entry(entry_id: str, deps: Dependencies) -> None:
    """Post the line and then name the people in it: an edit notifies nobody."""
    channel = deps.desk.configuration.feed_channel or deps.desk.configuration.audit_channel
    if not channel:
        return
    async with deps.desk.archive.reading() as look:
        proof = await look.proof_of(entry_id)
    body = proof.told
    plain = render_trail_line(body, named=False, checkpoint=proof.checkpoint)
    try:
        ts = await deps.messenger.post(channel, plain)
    except SlackRefusedError as error:
        LOG.warning("audit_channel.refused", code=error.code, entry=entry_id)
        return
    named = render_trail_line(body, named=True, checkpoint=proof.checkpoint)
    if named != plain:
        with suppress(SlackRefusedError, SlackUnavailableError):
            await deps.messenger.update(channel, ts, named)
