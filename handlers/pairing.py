"""Answering who often approves whose changes, for `admin pairs`."""

from bot.domain.command_line import parse
from bot.domain.pairs import SINCE, frequent_pairs
from bot.ports.slack import Message
from bot.render.pairs import render_pairs
from handlers.dependencies import Dependencies
from handlers.shapes import Asked


async def answer_pairs(typed: tuple[str, ...], asked: Asked, deps: Dependencies) -> Message | None:
    """Return the pairs of now; accounts with one Entra id are one person."""
    parse(typed)
    async with deps.desk.archive.reading() as look:
        given = await look.approvals_since(deps.desk.clock.now() - SINCE)
    return render_pairs(frequent_pairs(given, deps.desk.configuration.entra_oids), asked.ref)
