"""Every event there is a door for, besides the mention."""

from handlers.events.home import HOME
from handlers.events.people import SUBTEAM
from handlers.shapes import SlackEvent

SLACK_EVENTS: tuple[SlackEvent, ...] = (HOME, SUBTEAM)
