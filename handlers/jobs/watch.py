"""`watch`: look for trouble on the targets of an account."""

from bot.usecases.watch_targets import watch_account
from handlers.dependencies import Dependencies
from handlers.shapes import Job


async def _run(key: str, deps: Dependencies) -> None:
    account = deps.desk.configuration.account(key.removeprefix("watch:"))
    await watch_account(account, readers=deps.readers, desk=deps.desk, cause=deps.cause("watch"))


WATCH = Job("watch", _run)
