"""Every event there is a door for, besides the mention."""

from handlers.events.channel import (
    CHANNEL_ARCHIVE,
    CHANNEL_CREATED,
    CHANNEL_DELETED,
    CHANNEL_LEFT,
    CHANNEL_RENAME,
    CHANNEL_UNARCHIVE,
    GROUP_ARCHIVE,
    GROUP_DELETED,
    GROUP_LEFT,
    GROUP_RENAME,
    GROUP_UNARCHIVE,
    JOINED,
)
from handlers.events.home import HOME
from handlers.events.people import SUBTEAM
from handlers.events.reaction import REACTION
from handlers.shapes import SlackEvent

SLACK_EVENTS: tuple[SlackEvent, ...] = (
    HOME,
    SUBTEAM,
    CHANNEL_CREATED,
    JOINED,
    CHANNEL_ARCHIVE,
    CHANNEL_UNARCHIVE,
    CHANNEL_RENAME,
    CHANNEL_LEFT,
    CHANNEL_DELETED,
    GROUP_ARCHIVE,
    GROUP_UNARCHIVE,
    GROUP_RENAME,
    GROUP_LEFT,
    GROUP_DELETED,
    REACTION,
)
