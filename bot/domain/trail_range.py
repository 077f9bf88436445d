"""Which part of the audit trail is meant: numbers of entries or times, both ends included."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from bot.domain.errors import InvalidInputError
from bot.domain.moment import read_moment

_LEAST = timedelta(microseconds=1)
_MOST_DIGITS = 8  # more are seconds since 1970
_BACK = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@dataclass(frozen=True)
class TrailRange:
    """A part of the trail: from and to an entry's number, or a time; None where it is open."""

    low: int | None = None
    high: int | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def by_number(self) -> bool:
        """Return whether it is of numbers, which every shard counts anew."""
        return self.low is not None or self.high is not None

    def words(self) -> Mapping[str, str]:
        """Return its two ends as an entry of the trail says them, without those that are open."""
        start = self.since.isoformat() if self.since else self.low
        end = self.until.isoformat() if self.until else self.high
        return {name: str(each) for name, each in (("from", start), ("to", end)) if each is not None}


def read_range(start: str, end: str, *, now: datetime, zone: tzinfo = UTC) -> TrailRange:
    """Return the range between two texts: numbers, times, days (whole ones), or `7d` for so long ago.

    Raises:
        InvalidInputError: one cannot be read, they do not fit together, or they are the wrong way round.
    """
    numbers = [_number(text) for text in (start, end)]
    if any(each is not None for each in numbers):
        if any(text and each is None for text, each in zip((start, end), numbers, strict=True)):
            raise InvalidInputError(
                "One end is a number and the other a time.", advice="Write two numbers, or two times."
            )
        return _ordered(TrailRange(low=numbers[0], high=numbers[1]))
    since = read_time(start, now=now, zone=zone) if start else None
    until = read_time(end, now=now, zone=zone, end_of_day=True) if end else None
    return _ordered(TrailRange(since=since, until=until))


def read_time(text: str, *, now: datetime, zone: tzinfo = UTC, end_of_day: bool = False) -> datetime:
    """Return a time of the past; a day is its first moment, or with `end_of_day` its last.

    Raises:
        InvalidInputError: it is no time.
    """
    said = text.strip().lower()
    number, unit = said[:-1], said[-1:]
    if unit in _BACK and number.isascii() and number.isdigit() and len(number) <= 6:
        return now - timedelta(**{_BACK[unit]: int(number)})
    try:
        found = read_moment(said, now=now, zone=zone, end_of_day=end_of_day)
    except InvalidInputError as error:
        raise InvalidInputError(
            str(error), advice="Write `2026-10-01`, `2026-10-01T18:00` or `7d` for a week ago."
        ) from None
    whole_day = end_of_day and len(said) == len("2026-10-01") and "-" in said
    return found - _LEAST if whole_day else found


def _number(text: str) -> int | None:
    said = text.strip()
    return int(said) if said.isascii() and said.isdigit() and len(said) <= _MOST_DIGITS else None


def _ordered(found: TrailRange) -> TrailRange:
    backwards = (found.low is not None and found.high is not None and found.high < found.low) or (
        found.since is not None and found.until is not None and found.until < found.since
    )
    if backwards:
        raise InvalidInputError("The range ends before it begins.", advice="Write the earlier end first.")
    return found
