"""Text made safe and short enough for Slack: escaping, shortening, times, mentions."""

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

ELLIPSIS = "…"
EMPTY = "—"
_USER = re.compile(r"[UW][A-Z0-9]{2,30}")
_CHANNEL = re.compile(r"[CGD][A-Z0-9]{1,30}")
_ESCAPED_MENTION = re.compile(r"&lt;(@[UW][A-Z0-9]{2,30}|#[CGD][A-Z0-9]{1,30})&gt;")
_CARD = re.compile(r"https?://[^<>|\s\"']{1,200}/archives/[CGD][A-Z0-9]{1,30}/p[0-9]{6,20}")
_TIME = re.compile(
    r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)"
    r"|\b\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d UTC"
)
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_JOINERS = "\u200d\ufe0f\ufe0e" + "".join(map(chr, range(0x1F3FB, 0x1F400)))
_INVISIBLE = frozenset(("Cc", "Cf", "Cs", "Co"))


def units(text: str) -> int:
    """Return the length as Slack's strictest counter sees it: UTF-16 units."""
    return len(text) + sum(1 for char in text if char > "\uffff")


def visible(text: str) -> str:
    """Return the text without control and direction characters; line ends, tabs and emoji joiners stay."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        char for char in text if char in "\n\t\u200d" or unicodedata.category(char) not in _INVISIBLE
    )


def tidy(text: str) -> str:
    """Return the visible text without white space at its ends."""
    return visible(text).strip()


def one_line(text: str) -> str:
    """Return the text on one line, so that a value cannot pretend to be a second one."""
    return " ".join(tidy(text).split())


def shorten(text: str, limit: int) -> str:
    """Return the text in at most `limit` units, cut between characters a person sees, with an ellipsis."""
    return _cut(text, limit, units)


def escape(text: str, limit: int = 2000) -> str:
    """Return user text for mrkdwn: tidied, `& < >` as entities, at most `limit` units once escaped."""
    short = _cut(tidy(text), limit, lambda char: len(_ENTITIES[char]) if char in _ENTITIES else units(char))
    return "".join(_ENTITIES.get(char, char) for char in short)


def _cut(text: str, limit: int, cost: Callable[[str], int]) -> str:
    if 5 * len(text) <= limit or sum(map(cost, text)) <= limit:
        return text
    kept, used = 0, cost(ELLIPSIS)
    for char in text:
        used += cost(char)
        if used > limit:
            break
        kept += 1
    while kept and _inside_character(text[kept - 1], text[kept]):
        kept -= 1
    return text[:kept].rstrip() + ELLIPSIS


def _inside_character(left: str, right: str) -> bool:
    return right in _JOINERS or left == "\u200d" or bool(unicodedata.combining(right))


def words(text: str, limit: int = 2000) -> str:
    """Return our own sentence for mrkdwn: escaped like user text; mentions stay, times are the reader's."""
    return timed(_ESCAPED_MENTION.sub(r"<\1>", escape(text, limit)))


def mention(user: str) -> str:
    """Return the mention of a person; what is no user id is escaped and shown as it is."""
    return f"<@{user}>" if is_user(user) else escape(one_line(user), 80) or EMPTY


def is_user(text: str) -> bool:
    """Return whether this is a Slack user id."""
    return _USER.fullmatch(text) is not None


def is_channel(text: str) -> bool:
    """Return whether this is a Slack channel id."""
    return _CHANNEL.fullmatch(text) is not None


def card_link(address: str) -> str:
    """Return the link to a card for mrkdwn, empty when the address is not that of a message."""
    return f"<{address}|Open the card>" if _CARD.fullmatch(address) else ""


def code(text: str, limit: int = 200) -> str:
    """Return a name in code style for mrkdwn."""
    return f"`{escape(one_line(text).replace('`', chr(39)), limit - 2) or EMPTY}`"


def utc(at: datetime) -> str:
    """Return a time in words, UTC: `24 Nov 2026 09:41 UTC`."""
    return f"{at:%d %b %Y %H:%M} UTC".lstrip("0")


def when(at: datetime) -> str:
    """Return a time for mrkdwn: in the reader's zone, UTC where Slack cannot show that."""
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} at {{time}}|{utc(at)}>"


def timed(text: str) -> str:
    """Return mrkdwn in which each time of our own sentences, ISO 8601 or `utc`, stands in the reader's zone."""
    return _TIME.sub(_when, text)


def _when(found: re.Match[str]) -> str:
    try:
        if found[0].endswith(" UTC"):
            return when(datetime.strptime(found[0], "%d %b %Y %H:%M UTC").replace(tzinfo=UTC))
        return when(datetime.fromisoformat(found[0]).astimezone(UTC))
    except ValueError:
        return found[0]


def age(then: datetime, now: datetime) -> str:
    """Return how long ago that was: `just now`, `12 min`, `3 h`, `5 days`."""
    minutes = int((now - then) / timedelta(minutes=1))
    if minutes < 1:
        return "just now"
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} days"


def ago(then: datetime, now: datetime) -> str:
    """Return the same as a person says it: `just now`, `12 min ago`."""
    seen = age(then, now)
    return seen if seen == "just now" else f"{seen} ago"


def count(number: int, noun: str) -> str:
    """Return `1 approval`, `2 approvals`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def sentence(text: str) -> str:
    """Return the text beginning with a capital letter."""
    return text[:1].upper() + text[1:]
