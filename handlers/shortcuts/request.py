"""`Request a model change`: the request form, from any conversation."""

from bot.changes.kinds import KINDS
from handlers.dependencies import Dependencies
from handlers.dialogs import open_request
from handlers.shapes import Asked, Shortcut


async def _request(asked: Asked, deps: Dependencies) -> None:
    await open_request(KINDS[0].name, "", asked, deps)


REQUEST_CHANGE = Shortcut("shortcut.request", "Request a model change", _request)
