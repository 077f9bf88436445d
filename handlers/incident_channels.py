"""What Slack tells of channels, as it concerns incidents: found by name, entered, archived, renamed, left."""

from bot.domain.errors import SlackRefusedError
from bot.domain.incident import ChannelState, Incident, IncidentSource
from bot.domain.incident_names import is_incident_channel, title_of, why_not_housed
from bot.domain.people import Actor
from bot.ports.archive import Look
from bot.ports.channels import Channel
from bot.ports.incidents import IncidentQuery
from bot.render.texts import is_user
from bot.usecases.declare_incident import Declaring, declare_incident
from bot.usecases.find_people import FOR_AN_APPLY, find_people, may_write_down
from bot.usecases.house_incident import channel_lost, channel_renamed
from handlers.dependencies import Dependencies
from handlers.incident_room import entered


async def of_channel(channel: str, look: Look) -> list[Incident]:
    """Return the incidents whose channel this is, newest first."""
    return list(await look.incidents(IncidentQuery(channel=channel))) if channel else []


async def is_lost(channel: str, state: ChannelState, deps: Dependencies) -> None:
    """Remember that an incident's channel is archived or closed to us; the lead is told."""
    async with deps.desk.archive.transaction() as tx:
        for each in await of_channel(channel, tx):
            await channel_lost(each, state, cause=deps.cause("slack", channel=channel), tx=tx, desk=deps.desk)


async def is_renamed(channel: str, name: str, deps: Dependencies) -> None:
    """Remember an incident's channel under its new name."""
    async with deps.desk.archive.transaction() as tx:
        for each in await of_channel(channel, tx):
            cause = deps.cause("slack", channel=channel)
            await channel_renamed(each, name, cause=cause, tx=tx, desk=deps.desk)


async def is_back(channel: str, deps: Dependencies) -> None:
    """Have an incident's channel entered again that was archived or closed to us."""
    async with deps.desk.archive.transaction() as tx:
        for each in await of_channel(channel, tx):
            if each.channel_state in (ChannelState.ARCHIVED, ChannelState.GONE):
                await tx.enqueue("deliver", f"deliver:{each.id}:back")


async def is_found(channel: str, user: str, deps: Dependencies) -> None:
    """Have a channel looked at that a person made, or invited us to; an incident's own comes back instead."""
    async with deps.desk.archive.reading() as look:
        known = await of_channel(channel, look)
    if known:
        await is_back(channel, deps)
    elif is_user(user) and deps.desk.configuration.incident_channel_pattern:
        async with deps.desk.archive.transaction() as tx:
            await tx.enqueue("deliver", f"deliver:room:{channel}:{user}")


async def look_at_room(key: str, deps: Dependencies) -> None:
    """Declare an incident in the channel that `<channel>:<user>` names, when its name says that it is one's."""
    channel, _, user = key.partition(":")
    room = await _room(channel, deps)
    if room is None:
        return
    people = await find_people({user}, desk=deps.desk, max_age=FOR_AN_APPLY)
    if not may_write_down(people[user], deps.desk.configuration):
        return
    desk, pattern = deps.desk, deps.desk.configuration.incident_channel_pattern
    asked = Declaring(
        title_of(room.name, pattern),
        frozenset(each.alias for each in desk.configuration.targets if each.alias in room.name),
        source=IncidentSource.CHANNEL,
        channel=channel,
        anyway=True,
    )
    async with desk.archive.transaction() as tx:
        await tx.hold(channel)
        if await of_channel(channel, tx):
            return
        await declare_incident(
            asked,
            by=Actor("slack_user", user, desk.configuration.team_id),
            cause=deps.cause("slack", channel=channel),
            now=desk.clock.now(),
            configuration=desk.configuration,
            tx=tx,
        )


async def _room(channel: str, deps: Dependencies) -> Channel | None:
    """Return a channel that is an incident's by its name, entered; None for any other, or where we may not enter."""
    try:
        found = await deps.channels.look(channel)
        ours = is_incident_channel(found.name, deps.desk.configuration.incident_channel_pattern)
        if not ours or found.is_archived or why_not_housed(channel, deps.desk.configuration):
            return None
        return await entered(channel, deps)
    except SlackRefusedError:
        return None
