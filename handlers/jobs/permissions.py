"""`permissions`: every ten minutes the executor writes down what it may do, so that nobody is asked in vain."""

from datetime import timedelta

import structlog

from bot.domain.errors import CountersignError, RunAgain
from bot.usecases.observe_permissions import observe_permissions
from handlers.dependencies import ExecutorSide
from handlers.shapes import ExecutorJob

LOG = structlog.get_logger("permissions")
EVERY = timedelta(minutes=10)


async def _run(key: str, side: ExecutorSide) -> None:
    account = side.desk.configuration.account(key.removeprefix("permissions:"))
    try:
        await observe_permissions(account, reader=side.executor.permissions, desk=side.desk)
    except CountersignError as error:
        LOG.warning("permissions.not_observed", account=account.name, why=str(error))
    raise RunAgain(side.desk.clock.now() + EVERY, "looks again")


PERMISSIONS = ExecutorJob("permissions", _run)
