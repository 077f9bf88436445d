"""Nine to five, Monday to Friday, where the person is."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.people import Standing
from bot.domain.working_hours import next_working, zone_of

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of November 2026 in UTC; the 23rd is a Monday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def test_inside_the_hours_it_is_now() -> None:
    assert next_working(at(23, 8), AMSTERDAM) == at(23, 8)
    assert next_working(at(23, 15, 59), AMSTERDAM) == at(23, 15, 59)


def test_outside_of_them_it_is_the_next_opening() -> None:
    assert next_working(at(23, 7, 59), AMSTERDAM) == at(23, 8)
    assert next_working(at(23, 16), AMSTERDAM) == at(24, 8)
    assert next_working(at(27, 16), AMSTERDAM) == at(30, 8)
    assert next_working(at(28, 12), AMSTERDAM) == at(30, 8)
    assert next_working(at(29, 12), AMSTERDAM) == at(30, 8)


def test_summer_time_is_kept() -> None:
    friday = datetime(2027, 3, 26, 17, 0, tzinfo=AMSTERDAM)
    assert next_working(friday, AMSTERDAM) == datetime(2027, 3, 29, 7, 0, tzinfo=UTC)


@given(st.datetimes(timezones=st.just(UTC)).filter(lambda x: 1900 < x.year < 2100), st.integers(-12, 14))
def test_it_is_never_earlier_and_always_in_the_hours(moment: datetime, hours: int) -> None:
    zone = timezone(timedelta(hours=hours))
    found = next_working(moment, zone)
    local = found.astimezone(zone)
    assert moment <= found <= moment + timedelta(days=3)
    assert local.weekday() < 5
    assert 9 <= local.hour < 17
    assert next_working(found, zone) == found


def test_a_zone_that_is_not_known_is_its_offset_and_nothing_is_utc() -> None:
    assert zone_of(Standing("U1", True, tz="Europe/Amsterdam")) == AMSTERDAM
    assert zone_of(Standing("U1", True, tz="Mars/Base", tz_offset=3600)).utcoffset(at(1, 1)) == timedelta(
        hours=1
    )
    assert zone_of(Standing("U1", True)).utcoffset(at(1, 1)) == timedelta(0)
    assert zone_of(Standing("U1", True, tz_offset=10**9)) is UTC
