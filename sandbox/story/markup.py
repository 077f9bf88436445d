"""Slack's mrkdwn as styled text: mentions by name, times as they were meant, emoji as characters."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sandbox.story.spans import Line

_EMOJI = {
    "alarm_clock": "⏰",
    "arrows_counterclockwise": "🔄",
    "calendar": "📅",
    "eyes": "👀",
    "gear": "⚙",
    "hourglass_flowing_sand": "⏳",
    "large_green_circle": "🟢",
    "large_yellow_circle": "🟡",
    "leftwards_arrow_with_hook": "↩",
    "lock": "🔒",
    "mag": "🔍",
    "no_entry": "⛔",
    "pencil": "✏",
    "pushpin": "📌",
    "red_circle": "🔴",
    "rewind": "⏪",
    "rotating_light": "🚨",
    "speech_balloon": "💬",
    "twisted_rightwards_arrows": "🔀",
    "warning": "⚠",
    "wastebasket": "🗑",
    "white_check_mark": "✅",
    "x": "❌",
}
_MARKS = re.compile(
    r"<(?P<angle>[^<>]+)>"
    r"|`(?P<code>[^`\n]+)`"
    r"|(?<![\w*])\*(?P<bold>\S(?:[^*\n]*\S)?)\*(?![\w*])"
    r"|(?<![\w_])_(?P<italic>\S(?:[^_\n]*\S)?)_(?![\w_])"
    r"|:(?P<emoji>[a-z0-9_+-]+):"
)


@dataclass(frozen=True)
class Names:
    """Who and what the ids stand for."""

    people: Mapping[str, str]
    channels: Mapping[str, str]

    def person(self, user: str) -> str:
        """The full name of a person."""
        return self.people.get(user, user)

    def first(self, user: str) -> str:
        """The first name of a person."""
        return self.person(user).split(" ")[0]

    def channel(self, channel: str) -> str:
        """`#ml-ops`, or `DM` for direct messages."""
        return f"#{self.channels[channel]}" if channel in self.channels else "DM"


def spoken(text: str, names: Names, style: str = "") -> Line:
    """Mrkdwn as styled text."""
    line: Line = []
    at = 0
    for mark in _MARKS.finditer(text):
        line.append((html.unescape(text[at : mark.start()]), style))
        line += _marked(mark, names, style)
        at = mark.end()
    line.append((html.unescape(text[at:]), style))
    return [span for span in line if span[0]]


def _marked(mark: re.Match[str], names: Names, style: str) -> Line:
    kind, inner = str(mark.lastgroup), mark[str(mark.lastgroup)]
    match kind:
        case "angle":
            return [_angle(inner, names, style)]
        case "code":
            return [(html.unescape(inner), style or "code")]
        case "bold":
            return spoken(inner, names, "bold")
        case "italic":
            return spoken(inner, names, style)
        case _:
            return [(_EMOJI.get(inner, mark[0]), "")]


def _angle(inner: str, names: Names, style: str) -> tuple[str, str]:
    target, _, label = inner.partition("|")
    if target.startswith("!date^"):
        at = datetime.fromtimestamp(int(target.split("^")[1]), UTC)
        return f"{at.day} {at:%b} at {at:%H:%M}".replace(" ", "\u00a0"), style
    if target.startswith("@"):
        return f"@{names.person(target[1:])}", style or "name"
    if target.startswith("#"):
        return names.channel(target[1:]), style or "name"
    return html.unescape(label or target), style
