"""`remind`: look at the people of a change whose time has come."""

from bot.domain.change import change_number
from bot.usecases.remind_people import remind_people
from handlers.dependencies import Dependencies
from handlers.shapes import Job


async def _run(key: str, deps: Dependencies) -> None:
    number = change_number(key.split(":")[1])
    await remind_people(number, desk=deps.desk, cause=deps.cause("remind"))


REMIND = Job("remind", _run)
