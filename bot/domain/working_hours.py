"""When a person may be reminded: Monday to Friday, nine to five where they are."""

from datetime import UTC, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.domain.people import Standing

OPENS, CLOSES = time(9), time(17)
FRIDAY = 4
_DAY_SECONDS = 86_400


def zone_of(person: Standing) -> tzinfo:
    """Return where a person's clock stands: the zone's name, else its offset, else UTC."""
    try:
        return ZoneInfo(person.tz) if person.tz else _by_offset(person.tz_offset)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return _by_offset(person.tz_offset)


def next_working(at: datetime, zone: tzinfo) -> datetime:
    """Return the first moment from `at` on that is in the working hours of a zone, as UTC."""
    local = at.astimezone(zone)
    if local.weekday() <= FRIDAY and local.time() < OPENS:
        return _opening(local, 0, zone)
    if local.weekday() <= FRIDAY and local.time() < CLOSES:
        return at.astimezone(UTC)
    days = 1 if local.weekday() < FRIDAY else 7 - local.weekday()
    return _opening(local, days, zone)


def _opening(local: datetime, days: int, zone: tzinfo) -> datetime:
    day = local.date() + timedelta(days=days)
    return datetime.combine(day, OPENS, tzinfo=zone).astimezone(UTC)


def _by_offset(seconds: int) -> tzinfo:
    return timezone(timedelta(seconds=seconds)) if abs(seconds) < _DAY_SECONDS else UTC
