"""Deliveries of an incident: its channel, its card, echoes of its timeline, and what people are told of it."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

from bot.domain.errors import SlackRefusedError
from bot.domain.incident import ChannelState, Incident, TimelineEntry, incident_number
from bot.domain.incident_names import home_channels
from bot.ports.archive import Look
from bot.ports.slack import Message
from bot.render.incident_card import render_incident
from bot.render.incident_words import (
    render_announced,
    render_closing,
    render_ended,
    render_entry,
    render_told,
)
from bot.render.texts import card_link, is_channel, is_user
from bot.usecases.hold_for_incident import incidents_on
from bot.usecases.keep_timeline import change_now
from bot.usecases.link_incident import change_in
from handlers.dependencies import Dependencies
from handlers.incident_loading import load_incident
from handlers.incident_pins import pin_now
from handlers.incident_room import (
    furnish,
    invite_people,
    open_room,
    return_to_room,
    say_in_thread,
    set_topic,
    speak,
)
from handlers.telling import GONE
from handlers.telling_of_snapshots import tell_of_snapshot

_UNECHOED = frozenset({"declared", "snapshot"})
_ALOUD = frozenset({"update", "resolved"})
Tell = Callable[[Incident, str, Dependencies], Awaitable[None]]


async def tell_of_incident(key: str, deps: Dependencies) -> None:
    """Deliver what `deliver:INC-3:<what>[:<more>]` names, as the incident stands now."""
    _, number, what, *more = key.split(":", 3)
    async with deps.desk.archive.reading() as look:
        incident = await look.incident(incident_number(number))
    await TELLS[what](incident, "".join(more), deps)


async def _channel(incident: Incident, _: str, deps: Dependencies) -> None:
    await open_room(incident, deps)


async def _card(incident: Incident, _: str, deps: Dependencies) -> None:
    """Edit the card in place, or post it where there is none."""
    view = await load_incident(incident.number, deps)
    incident = view.incident
    message = render_incident(view, now=deps.desk.clock.now(), ref=deps.cause("deliver").ref)
    if incident.card_ts:
        try:
            await speak(incident, lambda: _edited(incident, message, deps), deps)
        except SlackRefusedError as error:
            if error.code not in GONE:
                raise
        else:
            return
    ts = await speak(incident, lambda: deps.messenger.post(incident.channel, message), deps)
    if ts:
        await _posted(incident, ts, deps)


async def _edited(incident: Incident, message: Message, deps: Dependencies) -> str:
    await deps.messenger.update(incident.channel, incident.card_ts, message)
    return incident.card_ts


async def _posted(incident: Incident, ts: str, deps: Dependencies) -> None:
    """Remember the card, and have the channel furnished and everything said that waited for it."""
    async with deps.desk.archive.transaction() as tx:
        now = await tx.incident(incident.number)
        if now.channel != incident.channel:
            await tx.enqueue("deliver", f"deliver:{incident.id}:card")
            return
        await change_now(incident.number, tx, card_ts=ts)
        for what in ("furnish", "people", *await _unsaid(incident, tx), *_homes(incident, deps)):
            await tx.enqueue("deliver", f"deliver:{incident.id}:{what}")


async def _unsaid(incident: Incident, look: Look) -> list[str]:
    """Return what was written down and taken before there was a card to say it under."""
    entries = [
        each for each in await look.timeline(incident.number) if not each.ts and each.kind not in _UNECHOED
    ]
    taken = [each for each in await look.snapshots(incident.number) if each.is_taken and not each.ts]
    return [*(f"entry:{each.n}" for each in entries), *(f"snapshot:{each.n}" for each in taken)]


def _homes(incident: Incident, deps: Dependencies) -> list[str]:
    """Return the targets' own channels, which are told where an incident is worked on while it is open."""
    homes = home_channels(incident, deps.desk.configuration) if incident.is_open else []
    return [f"told:{channel}" for channel in homes]


async def _furnish(incident: Incident, _: str, deps: Dependencies) -> None:
    link = ""
    if incident.card_ts and incident.channel_state is ChannelState.OPEN:
        link = await speak(incident, lambda: deps.messenger.link(incident.channel, incident.card_ts), deps)
    await furnish(incident, link, deps)


async def _people(incident: Incident, _: str, deps: Dependencies) -> None:
    await invite_people(incident, deps)


async def _topic(incident: Incident, _: str, deps: Dependencies) -> None:
    await set_topic(incident, deps)


async def _entry(incident: Incident, n: str, deps: Dependencies) -> None:
    """Echo an entry once: an update for everybody in the channel, all else in the thread of the card."""
    async with deps.desk.archive.reading() as look:
        entry = next(each for each in await look.timeline(incident.number) if each.n == int(n))
    if entry.ts or entry.kind in _UNECHOED:
        return
    ts = await _echoed(incident, entry, deps)
    if ts:
        async with deps.desk.archive.transaction() as tx:
            await tx.echo_entry(entry, ts)


async def _echoed(incident: Incident, entry: TimelineEntry, deps: Dependencies) -> str:
    message = render_entry(incident, entry, deps.cause("deliver").ref, await _where(entry, deps))
    if entry.kind in _ALOUD and incident.card_ts:
        return await speak(incident, lambda: deps.messenger.post(incident.channel, message), deps)
    return await say_in_thread(incident, message, deps)


async def _where(entry: TimelineEntry, deps: Dependencies) -> str:
    """Return where the card of a change is that an entry is about, for mrkdwn; it is never in this channel."""
    number = change_in(entry.words) if entry.kind == "change" else 0
    if not number:
        return ""
    async with deps.desk.archive.reading() as look:
        change = await look.change(number)
    with suppress(SlackRefusedError):
        if change.card_ts:
            return card_link(await deps.messenger.link(change.channel, change.card_ts))
    return f"its card is in <#{change.channel}>" if is_channel(change.channel) else ""


async def _snapshot(incident: Incident, n: str, deps: Dependencies) -> None:
    await tell_of_snapshot(incident.number, int(n), deps)


async def _dm(incident: Incident, more: str, deps: Dependencies) -> None:
    person, _, what = more.partition(":")
    if is_user(person):
        await deps.messenger.direct(person, render_told(incident, what, deps.cause("deliver").ref))


async def _told(incident: Incident, channel: str, deps: Dependencies) -> None:
    await deps.messenger.post(channel, render_announced(incident, deps.cause("deliver").ref))


async def _ended(incident: Incident, channel: str, deps: Dependencies) -> None:
    """Tell the channel of a target that an incident is over, and what still holds its targets."""
    targets = [each for each in deps.desk.configuration.targets if each.channel == channel]
    held: dict[str, str] = {}
    async with deps.desk.archive.reading() as look:
        for alias in sorted({each.alias for each in targets} & incident.targets):
            if others := await incidents_on(alias, look):
                held[alias] = others[0].id
    message = render_ended(incident, held, now=deps.desk.clock.now(), ref=deps.cause("deliver").ref)
    await deps.messenger.post(channel, message)


async def _closing(incident: Incident, _: str, deps: Dependencies) -> None:
    """Post the timeline of an incident that was resolved."""
    async with deps.desk.archive.reading() as look:
        entries = await look.timeline(incident.number)
    message = render_closing(incident, entries, deps.cause("deliver").ref)
    await speak(incident, lambda: deps.messenger.post(incident.channel, message), deps)


async def _back(incident: Incident, _: str, deps: Dependencies) -> None:
    """Return to a channel that is open again, and say what was not said meanwhile."""
    if await return_to_room(incident, deps):
        async with deps.desk.archive.transaction() as tx:
            for what in ("card", *await _unsaid(incident, tx)):
                await tx.enqueue("deliver", f"deliver:{incident.id}:{what}")


TELLS: Mapping[str, Tell] = {
    "channel": _channel,
    "card": _card,
    "furnish": _furnish,
    "people": _people,
    "topic": _topic,
    "entry": _entry,
    "snapshot": _snapshot,
    "dm": _dm,
    "told": _told,
    "ended": _ended,
    "closing": _closing,
    "back": _back,
    "pin": pin_now,
}
