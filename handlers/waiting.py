"""What waits for a person: for the command and the shortcut alike."""

from bot.render.change_view import ChangeView
from bot.usecases.find_people import FOR_A_DECISION, find_people
from bot.usecases.find_waiting import find_waiting
from handlers.dependencies import Dependencies
from handlers.loading import views_of

WAITING = "Waiting for you"


async def waiting_for(user: str, deps: Dependencies) -> list[ChangeView]:
    """Return what this person may decide, must attest or may review now."""
    people = await find_people({user}, desk=deps.desk, max_age=FOR_A_DECISION)
    async with deps.desk.archive.reading() as look:
        found = await find_waiting(user, people, look=look, desk=deps.desk)
    return await views_of(found, deps)
