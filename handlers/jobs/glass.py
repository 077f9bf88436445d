"""`escalate`: a broken glass that nobody reviewed in time; said again at most once a day."""

from bot.domain.change import change_number
from bot.usecases.break_glass import escalate_glass, parties
from bot.usecases.find_people import FOR_AN_APPLY, find_people
from handlers.dependencies import Dependencies
from handlers.loading import load_view
from handlers.shapes import Job


async def _escalate(key: str, deps: Dependencies) -> None:
    number = change_number(key.split(":")[1])
    change = (await load_view(number, deps)).change
    people = await find_people(parties(change), desk=deps.desk, max_age=FOR_AN_APPLY)
    await escalate_glass(number, people=people, desk=deps.desk, cause=deps.cause("escalate"))


ESCALATE = Job("escalate", _escalate)
