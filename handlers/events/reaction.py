"""`reaction_added`: a :pushpin: on a message of an incident's channel puts it on the timeline."""

from handlers.dependencies import Dependencies
from handlers.incident_pins import PUSHPINS, want_pin
from handlers.shapes import Happening, SlackEvent


async def _run(happening: Happening, deps: Dependencies) -> None:
    if happening.name in PUSHPINS and happening.ts:
        await want_pin(happening.channel, happening.ts, happening.user, deps)


REACTION = SlackEvent("reaction_added", _run)
