"""Status updates, reminders put off, resolving, and a new channel, from a command."""

from datetime import datetime

from bot.domain.command_line import parse
from bot.domain.errors import InvalidInputError
from bot.domain.incident import Incident
from bot.domain.moment import read_moment
from bot.domain.redaction import clean
from bot.ports.slack import Message
from bot.render.answer import render_text
from bot.render.incident_words import updated_words
from bot.render.texts import utc
from bot.usecases.house_incident import want_channel
from bot.usecases.update_incident import snooze_updates, update_status
from handlers.dependencies import Dependencies
from handlers.freezing import zone_of
from handlers.incident_dialogs import open_form
from handlers.incident_loading import dashed, meant
from handlers.shapes import Asked

Typed = tuple[str, ...]


async def update(typed: Typed, asked: Asked, deps: Dependencies) -> Message | None:
    """Post what was typed as a status update; without words open the form."""
    words = parse(dashed(typed), options=("next",))
    number, said = await meant(words.arguments, asked, deps)
    text, next_ = clean(" ".join(said)), words.options.get("next", "")
    if not text:
        return await open_form("update", number, "", asked, deps)
    return render_text(updated_words(await updated(number, text, next_, asked, deps)), asked.ref)


async def updated(number: int, text: str, next_: str, asked: Asked, deps: Dependencies) -> Incident:
    """Keep a status update, which is posted where there is a channel; return the incident as it is then."""
    due = await _moment(next_, asked, deps) if next_ else None
    async with deps.desk.archive.transaction() as tx:
        return await update_status(number, text, due, caller=asked.caller, tx=tx, desk=deps.desk)


async def snooze(typed: Typed, asked: Asked, deps: Dependencies) -> Message | None:
    """Put reminders off."""
    number, words = await meant(typed, asked, deps)
    if len(words) != 1:
        raise InvalidInputError(
            "Until when?", advice="Write `incident snooze 1h` or `incident snooze 14:00`."
        )
    until = await _moment(words[0], asked, deps)
    async with deps.desk.archive.transaction() as tx:
        kept = await snooze_updates(number, until, caller=asked.caller, tx=tx, desk=deps.desk)
    return render_text(f"Nobody is reminded of {kept.id} until {utc(until)}.", asked.ref)


async def _moment(text: str, asked: Asked, deps: Dependencies) -> datetime:
    zone = await zone_of(asked.caller.user, deps)
    return read_moment(text, now=deps.desk.clock.now(), zone=zone)


async def resolve(typed: Typed, asked: Asked, deps: Dependencies) -> Message | None:
    """Open the form that resolves, with the words that were typed."""
    number, words = await meant(typed, asked, deps)
    return await open_form("resolve", number, clean(" ".join(words)), asked, deps)


async def channel(typed: Typed, asked: Asked, deps: Dependencies) -> Message | None:
    """Have a new channel made, or work in this one from now on."""
    words = parse(typed, flags=("here",))
    number, _ = await meant(words.arguments, asked, deps)
    here = asked.channel if words.flag("here") else ""
    async with deps.desk.archive.transaction() as tx:
        kept = await want_channel(number, here, tx=tx, desk=deps.desk)
    where = "This channel is adopted" if here else "A new channel is being made"
    return render_text(f"{where} for {kept.id}; card and timeline follow there.", asked.ref)
