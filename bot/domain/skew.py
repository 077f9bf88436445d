"""How far this machine's clock is from somebody else's, as the Date of their answers tells."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

NOTABLE_SECONDS = 30.0
WRONG_SECONDS = 120.0


def skew_of(date: str, now: datetime) -> float | None:
    """Return by how many seconds `now` is ahead of an HTTP date (RFC 9110, 5.6.7); None when it is none."""
    try:
        told = parsedate_to_datetime(date)
    except ValueError:
        return None
    return (now - (told if told.tzinfo else told.replace(tzinfo=UTC))).total_seconds()


def wrong_words(skews: Mapping[str, float]) -> str:
    """Return what is wrong with the clock, by the one it is furthest from; empty when it is right enough."""
    source = max(skews, key=lambda name: abs(skews[name]), default="")
    if not source or abs(skews[source]) <= WRONG_SECONDS:
        return ""
    seconds = skews[source]
    side = "ahead of" if seconds > 0 else "behind"
    return f"This machine's clock is {abs(seconds):.0f} seconds {side} {source.capitalize()}'s."
