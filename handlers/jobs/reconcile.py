"""`reconcile`: look at an account, and report the writes that no change explains."""

import structlog

from bot.usecases.find_unapproved import find_unapproved
from handlers.dependencies import Dependencies
from handlers.shapes import Job

LOG = structlog.get_logger("reconcile")


async def _run(key: str, deps: Dependencies) -> None:
    account = deps.desk.configuration.account(key.removeprefix("reconcile:"))
    found = await find_unapproved(
        account, readers=deps.readers, desk=deps.desk, cause=deps.cause("reconcile")
    )
    if found.gap:
        LOG.warning("reconcile.no_activity_log", account=account.name, why=found.gap)


RECONCILE = Job("reconcile", _run)
