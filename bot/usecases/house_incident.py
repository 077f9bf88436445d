"""What becomes of an incident's channel, as rows: given, archived, renamed, lost, found again."""

from bot.domain.errors import CountersignError, InvalidInputError
from bot.domain.incident import ChannelState, Incident, IncidentSource, IncidentState
from bot.domain.incident_events import ChannelChanged
from bot.domain.incident_names import why_not_housed
from bot.domain.people import system
from bot.ports.archive import Cause, Transaction
from bot.ports.channels import Channel
from bot.ports.incidents import IncidentQuery
from bot.usecases.desk import Desk
from bot.usecases.keep_timeline import change_now, entry_now, open_incident, write_down

SLACK = system("slack")
_BY_PEOPLE = frozenset({IncidentSource.CHAT, IncidentSource.CHANNEL, IncidentSource.UNAPPROVED})
_LOST = {ChannelState.ARCHIVED: "archived", ChannelState.GONE: "gone"}


async def give_channel(
    incident: Incident, channel: Channel, what: str, *, cause: Cause, tx: Transaction, desk: Desk
) -> Incident:
    """Keep which channel an incident has, `made` or `adopted`, and leave the jobs that furnish it.

    The card is posted there anew; what the timeline holds already is shown by the card's own job.
    """
    columns = {"channel": channel.id, "channel_name": channel.name, "channel_state": ChannelState.OPEN}
    kept = await change_now(incident.number, tx, **columns, is_own_channel=what == "made", card_ts="")
    await _say(kept, what, f"#{channel.name} was {what}", cause=cause, tx=tx, desk=desk)
    return kept


async def channel_lost(
    incident: Incident, state: ChannelState, *, cause: Cause, tx: Transaction, desk: Desk
) -> None:
    """Keep that the channel is archived or closed to us, and tell the lead, once."""
    if incident.channel_state is state:
        return
    kept = await change_now(incident.number, tx, channel_state=state)
    what = _LOST[state]
    words = (
        f"#{kept.channel_name} was archived"
        if what == "archived"
        else f"#{kept.channel_name} is closed to us"
    )
    await _say(kept, what, words, cause=cause, tx=tx, desk=desk)
    if kept.is_open:
        await tell_whoever_leads(kept, what, tx=tx, desk=desk)


async def tell_whoever_leads(incident: Incident, what: str, *, tx: Transaction, desk: Desk) -> None:
    """Tell the lead; while there is none who declared it, and of what no person declared the targets' owners."""
    person = incident.declared_by if incident.source in _BY_PEOPLE else ""
    owners = {each.owner for each in desk.configuration.targets if each.alias in incident.targets}
    first = incident.lead or person
    for user in [first] if first else sorted(owners):
        await tx.enqueue("deliver", f"deliver:{incident.id}:dm:{user}:{what}")


async def channel_back(incident: Incident, *, cause: Cause, tx: Transaction, desk: Desk) -> None:
    """Keep that the channel takes messages again; what was not echoed meanwhile follows the card."""
    if incident.channel_state is ChannelState.OPEN:
        return
    kept = await change_now(incident.number, tx, channel_state=ChannelState.OPEN)
    await _say(kept, "reopened", f"#{kept.channel_name} is open again", cause=cause, tx=tx, desk=desk)


async def channel_renamed(
    incident: Incident, name: str, *, cause: Cause, tx: Transaction, desk: Desk
) -> None:
    """Keep the channel's new name; its id, by which it is found, stays."""
    if not name or incident.channel_name == name:
        return
    kept = await change_now(incident.number, tx, channel_name=name)
    words = f"#{incident.channel_name} is #{name} now"
    await _say(kept, "renamed", words, cause=cause, tx=tx, desk=desk)


async def _say(
    incident: Incident, what: str, words: str, *, cause: Cause, tx: Transaction, desk: Desk
) -> None:
    event = ChannelChanged(incident=incident.id, channel=incident.channel, what=what)
    await tx.record(event, by=SLACK, cause=cause)
    key = f"channel:{incident.version}"
    entry = entry_now(incident, "channel", words, by=SLACK.id, key=key, at=desk.clock.now())
    await write_down(entry, tx)


async def refuse_place(channel: str, *, tx: Transaction, desk: Desk) -> None:
    """Raise InvalidInputError for a channel in which no incident is worked on, or another one is."""
    why = why_not_housed(channel, desk.configuration)
    there = await tx.incidents(IncidentQuery(state=IncidentState.OPEN, channel=channel)) if channel else ()
    if there and not why:
        why = f"{there[0].id} is worked on in this channel."
    if why:
        raise InvalidInputError(why, advice="Leave --here out; a channel is made.")


async def want_channel(number: int, channel: str, *, tx: Transaction, desk: Desk) -> Incident:
    """Have a new channel made for an incident, or another one adopted.

    Raises:
        InvalidInputError: the channel that is named is no place for it.
        CountersignError: it is resolved, or its channel is open and no other one is named.
    """
    await refuse_place(channel, tx=tx, desk=desk)
    incident = await open_incident(number, tx)
    if channel == incident.channel or (incident.channel_state is ChannelState.OPEN and not channel):
        raise CountersignError(
            f"{incident.id} has a channel: #{incident.channel_name}.",
            advice="Write `incident channel --here` in another one to move there.",
        )
    kept = await change_now(
        number,
        tx,
        channel=channel,
        channel_state=ChannelState.PENDING,
        is_own_channel=not channel,
        card_ts="",
    )
    await tx.enqueue("deliver", f"deliver:{kept.id}:channel")
    return kept
