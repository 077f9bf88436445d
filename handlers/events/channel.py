"""What becomes of channels: made, entered, archived, opened again, renamed, left, deleted; public and private."""

from collections.abc import Awaitable, Callable

from bot.domain.incident import ChannelState
from handlers.dependencies import Dependencies
from handlers.incident_channels import is_back, is_found, is_lost, is_renamed
from handlers.shapes import Happening, SlackEvent


async def _created(happening: Happening, deps: Dependencies) -> None:
    if not happening.is_self:
        await is_found(happening.channel, happening.user, deps)


async def _joined(happening: Happening, deps: Dependencies) -> None:
    """Only where a person invited us: what we enter by ourselves we know already."""
    if happening.is_self and happening.by:
        await is_found(happening.channel, happening.by, deps)


async def _opened(happening: Happening, deps: Dependencies) -> None:
    await is_back(happening.channel, deps)


async def _renamed(happening: Happening, deps: Dependencies) -> None:
    await is_renamed(happening.channel, happening.name, deps)


def _lost(state: ChannelState) -> Callable[[Happening, Dependencies], Awaitable[None]]:
    async def run(happening: Happening, deps: Dependencies) -> None:
        await is_lost(happening.channel, state, deps)

    return run


CHANNEL_CREATED = SlackEvent("channel_created", _created)
JOINED = SlackEvent("member_joined_channel", _joined)
CHANNEL_ARCHIVE = SlackEvent("channel_archive", _lost(ChannelState.ARCHIVED))
CHANNEL_UNARCHIVE = SlackEvent("channel_unarchive", _opened)
CHANNEL_RENAME = SlackEvent("channel_rename", _renamed)
CHANNEL_LEFT = SlackEvent("channel_left", _lost(ChannelState.GONE))
CHANNEL_DELETED = SlackEvent("channel_deleted", _lost(ChannelState.GONE))
GROUP_ARCHIVE = SlackEvent("group_archive", _lost(ChannelState.ARCHIVED))
GROUP_UNARCHIVE = SlackEvent("group_unarchive", _opened)
GROUP_RENAME = SlackEvent("group_rename", _renamed)
GROUP_LEFT = SlackEvent("group_left", _lost(ChannelState.GONE))
GROUP_DELETED = SlackEvent("group_deleted", _lost(ChannelState.GONE))
