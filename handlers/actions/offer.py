"""`incident.offer`: declare an incident from a report, about what the report says."""

from dataclasses import replace

from bot.domain.errors import InvalidInputError
from bot.domain.field_names import field_words
from bot.domain.incident import LONGEST_TITLE, IncidentSource
from bot.ports.slack import Message
from bot.render.texts import shorten
from handlers.dependencies import Dependencies
from handlers.incident_verbs import Wish, declared
from handlers.shapes import Action, Click
from handlers.unapproved import unexplained
from handlers.watching import episode


async def _run(click: Click, deps: Dependencies) -> Message | None:
    what, _, number = click.value.partition(":")
    if what not in _WISHES or not number.isdecimal():
        raise InvalidInputError("This button is out of date.", advice="Write `incident declare …`.")
    return await declared(await _WISHES[what](int(number), deps), click.asked, deps)


async def _unapproved(number: int, deps: Dependencies) -> Wish:
    """Return the incident that a write without a change makes."""
    found = await unexplained(number, deps)
    moved = ", ".join(field_words(name).lower() for name in sorted(found.fields)[:4])
    title = f"{found.target} was changed without approval{f': {moved}' if moved else ''}"
    wish = Wish(shorten(title, LONGEST_TITLE), targets=(found.target,))
    return replace(wish, source=IncidentSource.UNAPPROVED.value, began=found.at.isoformat())


async def _episode(number: int, deps: Dependencies) -> Wish:
    """Return the incident that trouble found by the watch makes."""
    found = await episode(number, deps)
    wish = Wish(f"{found.sign.words} on {found.target}", targets=(found.target,))
    return replace(wish, source=IncidentSource.WATCH.value, began=found.began_at.isoformat())


_WISHES = {"unapproved": _unapproved, "episode": _episode}
OFFER = Action("incident.offer", _run)
