"""`Declare a model incident`, from anywhere, and `Add to incident timeline`, on a message."""

from bot.domain.incident import LONGEST_TITLE
from bot.domain.redaction import clean
from handlers.dependencies import Dependencies
from handlers.incident_pins import open_pick, want_pin
from handlers.incident_verbs import Wish, open_declare
from handlers.shapes import Asked, Shortcut


async def _declare(asked: Asked, deps: Dependencies) -> None:
    await open_declare(Wish(""), asked, deps)


async def _timeline(asked: Asked, deps: Dependencies) -> None:
    """In an incident's channel write it down; elsewhere ask where to, or offer to declare one about it."""
    quoted = asked.quoted
    if quoted is None or await want_pin(asked.channel, quoted.ts, asked.caller.user, deps):
        return
    form = await open_pick(quoted, asked, deps)
    if form is None:
        title = " ".join(clean(quoted.text).split())[:LONGEST_TITLE]
        await open_declare(Wish(title), asked, deps)
        return
    await deps.messenger.open_view(asked.trigger_id, form)


DECLARE_INCIDENT = Shortcut("shortcut.incident", "Declare a model incident", _declare)
ADD_TO_TIMELINE = Shortcut("shortcut.timeline", "Add to incident timeline", _timeline, on="message")
