"""`expire`, `verify`, `directory`: what time brings, and a fresh look at who is who."""

from bot.domain.change import change_number
from bot.usecases.find_people import refresh_directory
from bot.usecases.watch_change import expire_change, validate_change
from bot.usecases.watch_trigger import watch_trigger
from handlers.dependencies import Dependencies
from handlers.shapes import Job


async def _expire(key: str, deps: Dependencies) -> None:
    number = change_number(key.split(":")[1])
    await expire_change(number, desk=deps.desk, cause=deps.cause("expire"))


async def _verify(key: str, deps: Dependencies) -> None:
    number, cause = change_number(key.split(":")[1]), deps.cause("verify")
    look = watch_trigger if key.endswith(":trigger") else validate_change
    await look(number, readers=deps.readers, desk=deps.desk, cause=cause)


async def _directory(key: str, deps: Dependencies) -> None:
    users = {user for user in key.split(":")[1].split(",") if user}
    await refresh_directory(users, desk=deps.desk)


EXPIRE = Job("expire", _expire)
VERIFY = Job("verify", _verify)
DIRECTORY = Job("directory", _directory)
