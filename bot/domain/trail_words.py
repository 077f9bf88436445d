"""What people type to find entries: `actor:@x target:triage-prod type:change.* from:7d to:2026-09-30`."""

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from bot.domain.command_line import did_you_mean
from bot.domain.errors import InvalidInputError

KEYS = ("actor", "target", "change", "type", "from", "to")
USAGE = "[actor:@x] [target:t] [change:CHG-n] [type:change.*] [from:7d] [to:2026-09-30]"
_MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>|@?([UW][A-Z0-9]{2,30})")
_CHANGE = re.compile(r"chg-\d+", re.IGNORECASE)
_TYPE = re.compile(r"[a-z_]+(\.[a-z_]+)*(\.\*?)?")


@dataclass(frozen=True)
class TrailWish:
    """Which entries somebody wants, as they wrote it; what is empty does not matter."""

    actor: str = ""
    target: str = ""
    change: str = ""
    type: str = ""
    start: str = ""
    end: str = ""

    def words(self) -> str:
        """Return it as one would type it."""
        found = zip(KEYS, asdict(self).values(), strict=True)
        return " ".join(f"{key}:{value}" for key, value in found if value)


def read_wish(words: Iterable[str], *, me: str = "") -> TrailWish:
    """Return the wish in these words; a mention, a CHG-n, or an entry's type may stand without its key.

    Raises:
        InvalidInputError: a word is none of these, or a key comes twice.
    """
    found: dict[str, str] = {}
    for word in words:
        key, value = _pair(word)
        if key in found:
            raise InvalidInputError(f"`{key}:` is given twice.", advice=f"Write `audit search {USAGE}`.")
        found[key] = _value(key, value, me)
    return TrailWish(*(found.get(key, "") for key in KEYS))


def _pair(word: str) -> tuple[str, str]:
    key, colon, value = word.removeprefix("--").partition(":")
    if not colon:
        key, colon, value = word.removeprefix("--").partition("=")
    if colon and key.lower() in KEYS:
        if not value:
            raise InvalidInputError(f"`{key}:` says nothing.", advice=f"Write `audit search {USAGE}`.")
        return key.lower(), value
    if _MENTION.fullmatch(word):
        return "actor", word
    if _CHANGE.fullmatch(word):
        return "change", word
    if "." in word and _TYPE.fullmatch(word):
        return "type", word
    if colon:
        raise InvalidInputError(f"There is no `{key}:` here.", advice=did_you_mean(key, KEYS))
    raise InvalidInputError(f"{word!r} says neither who nor what.", advice=f"Write `audit search {USAGE}`.")


def _value(key: str, value: str, me: str) -> str:
    match key:
        case "actor":
            return _actor(value, me)
        case "change":
            return value.upper()
        case "type" if not _TYPE.fullmatch(value.lower()):
            raise InvalidInputError(
                f"{value!r} is no type of entry.",
                advice="Write `change.approved`, or `change.*` for all of them.",
            )
        case "type":
            return value.lower()
        case _:
            return value


def _actor(value: str, me: str) -> str:
    if me and value.lower() in ("me", "@me"):
        return me
    found = _MENTION.fullmatch(value)
    if found is None and value.startswith("@"):
        raise InvalidInputError(
            f"Nobody knows who {value} is.",
            advice="Choose the person from Slack's list while you type, or `actor:me`.",
        )
    return value if found is None else found[1] or found[2]
