"""Entries of the command line: what was taken is recorded where this process may write, else it is said."""

import asyncio
import sys
from typing import TYPE_CHECKING

from bot.domain.errors import CountersignError
from bot.domain.event import AuditEvent
from bot.domain.people import Actor

if TYPE_CHECKING:
    from handlers.settings import Settings

OPERATOR = Actor("operator", "command line", auth="process")


def record_or_say(event: AuditEvent, database: str) -> None:
    """Append an entry to the configured trail; where that cannot be, say why on standard error."""
    try:
        why = _record(event, database)
    except (CountersignError, OSError) as error:
        why = str(error)
    if why:
        print(f"countersign: Nothing was recorded of this: {why}", file=sys.stderr)


def _record(event: AuditEvent, database: str) -> str:
    """Append it and return nothing, or return why it does not belong there."""
    from handlers.cli.audit_commands import database_address
    from handlers.settings import read_settings

    settings = read_settings()
    if database_address(database) != settings.database_url:
        return "this is not the configured database."
    asyncio.run(_append(event, settings))
    return ""


async def _append(event: AuditEvent, settings: "Settings") -> None:
    from bot.domain.entry import new_ulid
    from bot.ports.archive import Cause
    from handlers.clock import WallClock
    from handlers.configuration_file import read_configuration
    from handlers.wiring import open_configured

    clock = WallClock()
    opened = await open_configured(settings, read_configuration(settings.config), clock)
    try:
        async with opened.archive.transaction() as tx:
            await tx.record(event, by=OPERATOR, cause=Cause("command-line", new_ulid(clock.now())))
    finally:
        await opened.close()
