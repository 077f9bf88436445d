"""The channel of an incident: made or entered, furnished, spoken in; what Slack refuses is remembered, not fatal."""

from collections.abc import Awaitable, Callable

import structlog

from bot.domain.errors import SlackRefusedError
from bot.domain.incident import ChannelState, Incident
from bot.domain.incident_names import channel_name
from bot.ports.channels import Channel
from bot.ports.slack import Message
from bot.render.incident_view import drill_word
from bot.render.texts import is_user
from bot.usecases.find_people import FOR_AN_APPLY, find_people, in_groups
from bot.usecases.house_incident import channel_back, channel_lost, give_channel, tell_whoever_leads
from bot.usecases.keep_timeline import change_now
from handlers.dependencies import Dependencies

LOG = structlog.get_logger("incidents")
_NAMES = 9
_LOST = {
    "is_archived": ChannelState.ARCHIVED,
    "channel_not_found": ChannelState.GONE,
    "not_in_channel": ChannelState.GONE,
}


async def open_room(incident: Incident, deps: Dependencies) -> None:
    """Make the incident's channel, or enter the one it adopts; done already, nothing happens."""
    if incident.channel_state is not ChannelState.PENDING:
        return
    try:
        channel = await (entered(incident.channel, deps) if incident.channel else _made(incident, deps))
    except SlackRefusedError as error:
        await _went_without(incident, error, deps)
        return
    what = "made" if incident.is_own_channel else "adopted"
    cause = deps.cause("deliver", channel=channel.id)
    async with deps.desk.archive.transaction() as tx:
        now = await tx.incident(incident.number)
        if now.channel_state is ChannelState.PENDING:
            await give_channel(now, channel, what, cause=cause, tx=tx, desk=deps.desk)


async def entered(channel: str, deps: Dependencies) -> Channel:
    """Return a channel that we are in, entered where it is public; raises what Slack refuses."""
    found = await deps.channels.look(channel)
    await deps.messenger.refuse_shared(channel)
    return found if found.is_member else await deps.channels.join(channel)


async def return_to_room(incident: Incident, deps: Dependencies) -> bool:
    """Enter an incident's channel again that was archived or closed to us; False where Slack does not let us."""
    if not incident.channel or incident.channel_state is ChannelState.OPEN:
        return False
    try:
        found = await entered(incident.channel, deps)
    except SlackRefusedError as error:
        LOG.warning("incident.not_back", incident=incident.id, code=error.code)
        return False
    if found.is_archived:
        return False
    async with deps.desk.archive.transaction() as tx:
        now = await tx.incident(incident.number)
        await channel_back(now, cause=deps.cause("deliver"), tx=tx, desk=deps.desk)
    return True


async def _made(incident: Incident, deps: Dependencies) -> Channel:
    configuration = deps.desk.configuration
    pattern, private = configuration.incident_channel_pattern, configuration.incidents.private
    for attempt in range(1, _NAMES):
        try:
            return await deps.channels.create(channel_name(incident, pattern, attempt), private=private)
        except SlackRefusedError as error:
            if error.code != "name_taken":
                raise
    return await deps.channels.create(channel_name(incident, pattern, _NAMES), private=private)


async def _went_without(incident: Incident, error: SlackRefusedError, deps: Dependencies) -> None:
    """Go on without a channel, and tell who leads, else who declared it, what to do about that."""
    LOG.warning("incident.no_channel", incident=incident.id, code=error.code)
    async with deps.desk.archive.transaction() as tx:
        kept = await change_now(incident.number, tx, channel_state=ChannelState.GONE, channel="")
        await tell_whoever_leads(kept, "unmade", tx=tx, desk=deps.desk)


async def furnish(incident: Incident, card_link: str, deps: Dependencies) -> None:
    """Pin the card, set the topic, add the bookmarks; each that Slack refuses is left out."""
    if incident.channel_state is not ChannelState.OPEN or not incident.card_ts:
        return
    await _attempt("pin", deps.channels.pin(incident.channel, incident.card_ts))
    await set_topic(incident, deps)
    for title, link in _bookmarks(incident, card_link, deps):
        await _attempt("bookmark", deps.channels.bookmark(incident.channel, title, link))


async def set_topic(incident: Incident, deps: Dependencies) -> None:
    """Set the topic: severity and title, read by whoever enters; of an adopted channel it is left as it is."""
    if incident.channel_state is ChannelState.OPEN and incident.is_own_channel:
        state = incident.severity if incident.is_open else "resolved"
        words = f"{drill_word(incident)}{incident.id} · {state} · {incident.title}"
        await _attempt("topic", deps.channels.topic(incident.channel, words))


async def invite_people(incident: Incident, deps: Dependencies) -> None:
    """Invite who declared it, its lead and roles, the owners of its targets and the groups of [incidents] invite."""
    if incident.channel_state is not ChannelState.OPEN:
        return
    configuration = deps.desk.configuration
    named = {incident.declared_by, incident.lead, *map(str, incident.roles.values())}
    named |= {each.owner for each in configuration.targets if each.alias in incident.targets}
    people = await find_people(filter(is_user, named), desk=deps.desk, max_age=FOR_AN_APPLY)
    groups = in_groups(configuration.incidents.invite, people)
    invited = {user for user in named if is_user(user)} | {each.user for each in groups}
    members = sorted(user for user in invited if people[user].full_member)
    if members:
        await _attempt("invite", deps.channels.invite(incident.channel, members))


def _bookmarks(incident: Incident, card_link: str, deps: Dependencies) -> list[tuple[str, str]]:
    targets = [each for each in deps.desk.configuration.targets if each.alias in incident.targets]
    azure = [
        (f"{each.alias} in Azure", f"https://portal.azure.com/#resource{each.ref.arm_id}") for each in targets
    ]
    card = [(f"{incident.id} card", card_link)] if card_link else []
    return [*card, *deps.desk.configuration.incidents.bookmarks.items(), *azure]


async def _attempt(what: str, call: Awaitable[object]) -> None:
    try:
        await call
    except SlackRefusedError as error:
        LOG.warning("incident.unfurnished", what=what, code=error.code)


async def speak(incident: Incident, say: Callable[[], Awaitable[str]], deps: Dependencies) -> str:
    """Say something in the incident's channel and return its ts; empty where there is no channel to say it in.

    A channel that was archived or closed to us meanwhile is remembered as lost, and the lead is told.
    """
    if incident.channel_state is not ChannelState.OPEN:
        return ""
    try:
        return await say()
    except SlackRefusedError as error:
        if error.code not in _LOST:
            raise
        state = _LOST[error.code]
    async with deps.desk.archive.transaction() as tx:
        now = await tx.incident(incident.number)
        if now.channel == incident.channel:
            await channel_lost(now, state, cause=deps.cause("deliver"), tx=tx, desk=deps.desk)
    return ""


async def say_in_thread(incident: Incident, message: Message, deps: Dependencies) -> str:
    """Say something in the thread of the card and return its ts; empty while there is no card."""
    if not incident.card_ts:
        return ""
    return await speak(
        incident, lambda: deps.messenger.reply(incident.channel, incident.card_ts, message), deps
    )
