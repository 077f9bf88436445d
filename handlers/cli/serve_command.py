"""`countersign serve` and `countersign migrate`."""

import asyncio
import signal
import sys

from bot.domain.command_line import did_you_mean
from bot.domain.errors import InvalidInputError
from handlers.clock import WallClock
from handlers.configuration_file import read_configuration
from handlers.house import Role
from handlers.logs import configure_logs
from handlers.settings import read_settings
from handlers.signing import signers_of
from handlers.version import BUILD
from handlers.web.serve import serve
from storage.engine import migrate

ROLES: tuple[Role, ...] = ("all", "slack", "executor")


def serve_until_told(role: str) -> None:
    """Serve a role until a signal says stop.

    Raises:
        CountersignError: it cannot start, or a part of it broke down.
    """
    wanted = next((known for known in ROLES if known == role), None)
    if wanted is None:
        raise InvalidInputError(f"There is no role {role!r}.", advice=did_you_mean(role, ROLES))
    settings = read_settings()
    configure_logs(sys.stdout)

    async def run() -> None:
        await serve(settings, role=wanted, stop=stop_at_signals())

    asyncio.run(run())


def stop_at_signals() -> asyncio.Event:
    """Return an event of the running loop that Ctrl-C and SIGTERM set."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


def migrate_database() -> str:
    """Bring the configured database up to this version and return its revision."""
    settings = read_settings()
    origin = read_configuration(settings.config).origin
    url = settings.migration_database_url or settings.database_url
    return asyncio.run(migrate(url, signers_of(settings), origin, clock=WallClock(), build=BUILD))
