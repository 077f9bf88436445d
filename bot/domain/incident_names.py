"""What an incident's channel is called, and which channels are one's by their name."""

import re
import unicodedata
from fnmatch import fnmatchcase

from bot.domain.configuration import Configuration
from bot.domain.incident import LONGEST_TITLE, Incident

USUAL = "inc-*"
_LONGEST = 80
_SEPARATORS = re.compile(r"[^a-z0-9]+")


def channel_name(incident: Incident, pattern: str, attempt: int = 1) -> str:
    """Return a name Slack takes: the pattern with number and title in the place of its star, at most 80 letters.

    From the second attempt on it ends in a number of its own, since a name that was ever used is never free again.
    """
    drill = "drill-" if incident.drill else ""
    words = f"{incident.number}-{drill}{_plain(incident.title)}".rstrip("-")
    end = f"-{attempt}" if attempt > 1 else ""
    before, _, after = (pattern if "*" in pattern else USUAL).partition("*")
    room = _LONGEST - len(before) - len(after) - len(end)
    return f"{before}{words[:room].rstrip('-')}{end}{after}"


def is_incident_channel(name: str, pattern: str) -> bool:
    """Return whether a channel of this name is an incident's; without a pattern none is."""
    return bool(pattern) and fnmatchcase(name, pattern)


def why_not_housed(channel: str, configuration: Configuration) -> str:
    """Return why an incident is not worked on in a channel, empty when it may be: change cards are decided there."""
    if not channel:
        return ""
    if channel.startswith("D"):
        return "An incident needs a channel; this is a direct message."
    homes = {each.channel for each in configuration.targets}
    if channel in homes | {configuration.audit_channel, configuration.feed_channel}:
        return (
            "Change cards and the trail's lines are shown in this channel, so no incident is worked on here."
        )
    return ""


def home_channels(incident: Incident, configuration: Configuration) -> list[str]:
    """Return the channels of an incident's targets, which are told where it is worked on and when it is over."""
    targets = [each for each in configuration.targets if each.alias in incident.targets]
    return sorted({each.channel for each in targets} - {"", incident.channel})


def title_of(name: str, pattern: str) -> str:
    """Return what a channel's name says of its incident: the part in the place of the star, as words."""
    before, _, after = pattern.partition("*")
    words = name.removeprefix(before).removesuffix(after).replace("-", " ").replace("_", " ").strip()
    return (words or name)[:LONGEST_TITLE]


def _plain(title: str) -> str:
    letters = unicodedata.normalize("NFKD", title.lower()).encode("ascii", "ignore").decode()
    return _SEPARATORS.sub("-", letters).strip("-")
