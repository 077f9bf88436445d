"""`remind`: look at the people of a change, or at an incident's status update, whose time has come."""

from bot.domain.change import change_number
from bot.domain.incident import incident_number
from bot.usecases.remind_people import remind_people
from handlers.dependencies import Dependencies
from handlers.incident_nudges import nudge_of
from handlers.shapes import Job


async def _run(key: str, deps: Dependencies) -> None:
    name = key.split(":")[1]
    if name.startswith("INC-"):
        await nudge_of(incident_number(name), deps)
        return
    number = change_number(name)
    await remind_people(number, desk=deps.desk, cause=deps.cause("remind"))


REMIND = Job("remind", _run)
