"""Times as people type them: with a zone, in their own zone, or as a duration from now."""

import re
from datetime import UTC, datetime, time, timedelta, tzinfo

from bot.domain.configuration import parse_duration
from bot.domain.errors import InvalidInputError

ADVICE = "Write `2h`, `18:00`, `2026-12-18 18:00` (your own time zone) or `2026-12-18T18:00+01:00`."
_DURATION = re.compile(r"\+?\d{1,6}[smhdw]")
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_UNIX = re.compile(r"\d{9,11}")


def read_moment(
    text: str, *, now: datetime, zone: tzinfo, after: datetime | None = None, end_of_day: bool = False
) -> datetime:
    """Return the time that is meant, UTC.

    A duration counts from `after`, or from now; a clock time is the next one after that; a day is its first
    moment, with `end_of_day` its last; digits alone are seconds since 1970, as Slack's picker gives them.

    Raises:
        InvalidInputError: it is no time, or one the clocks of that zone skip.
    """
    said, since = text.strip().lower(), after or now
    if said == "now":
        return now
    if _DURATION.fullmatch(said):
        return since + parse_duration(said.lstrip("+"))
    if _UNIX.fullmatch(said):
        return datetime.fromtimestamp(int(said), UTC)
    if clock := _CLOCK.fullmatch(said):
        return _next(time(int(clock[1]), int(clock[2])), since.astimezone(zone), zone)
    try:
        found = datetime.fromisoformat(text.strip().upper())
    except ValueError:
        raise InvalidInputError(f"{text.strip()!r} is not a time.", advice=ADVICE) from None
    if _DAY.fullmatch(said) and end_of_day:
        found += timedelta(days=1)
    return found.astimezone(UTC) if found.tzinfo is not None else _in_zone(found, zone)


def _next(clock: time, since: datetime, zone: tzinfo) -> datetime:
    """Return the next time the clock shows this."""
    today = since.replace(hour=clock.hour, minute=clock.minute, second=0, microsecond=0, tzinfo=None)
    found = _in_zone(today, zone)
    return found if found > since else _in_zone(today + timedelta(days=1), zone)


def _in_zone(naive: datetime, zone: tzinfo) -> datetime:
    """Return a wall clock's time; where the clocks go back, the first of the two."""
    found = naive.replace(tzinfo=zone).astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) != naive:
        raise InvalidInputError(
            f"{naive.isoformat(' ', 'minutes')} does not exist there: the clocks go forward.",
            advice="Name an hour later, or write the zone.",
        )
    return found
