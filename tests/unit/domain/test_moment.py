"""Times as people type them: their own zone, another one, a duration; what is none is refused with the forms."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.domain.errors import InvalidInputError
from bot.domain.moment import read_moment

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("now", "2026-11-24T12:00"),
        ("2h", "2026-11-24T14:00"),
        ("+90m", "2026-11-24T13:30"),
        ("18:00", "2026-11-24T17:00"),
        ("9:30", "2026-11-25T08:30"),
        ("13:00", "2026-11-25T12:00"),
        ("2026-12-18 18:00", "2026-12-18T17:00"),
        ("2026-07-18T18:00", "2026-07-18T16:00"),
        ("2026-12-18T18:00+05:30", "2026-12-18T12:30"),
        (" 2026-12-18t18:00z ", "2026-12-18T18:00"),
        ("2026-12-18", "2026-12-17T23:00"),
        ("1795521600", "2026-11-24T12:00"),
    ],
)
def test_a_time_is_read_in_the_zone_of_who_types_it_unless_it_names_one(text: str, meant: str) -> None:
    found = read_moment(text, now=NOW, zone=BERLIN)
    assert found == datetime.fromisoformat(meant).replace(tzinfo=UTC)


def test_a_duration_counts_from_the_start_and_a_day_goes_to_its_end() -> None:
    after = NOW + timedelta(days=1)
    assert read_moment("2h", now=NOW, zone=UTC, after=after) == after + timedelta(hours=2)
    found = read_moment("2027-01-04", now=NOW, zone=BERLIN, end_of_day=True)
    assert found == datetime(2027, 1, 4, 23, 0, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "soon", "25:00", "2h30", "2026-13-01", "12/18/2026", "9" * 400])
def test_what_is_no_time_is_refused_with_the_ways_to_write_one(text: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        read_moment(text, now=NOW, zone=BERLIN)
    assert "18:00" in refused.value.advice


def test_an_hour_that_the_clocks_skip_is_refused_and_of_two_the_first_is_meant() -> None:
    with pytest.raises(InvalidInputError, match="does not exist"):
        read_moment("2027-03-28 02:30", now=NOW, zone=BERLIN)
    twice = read_moment("2026-10-25 02:30", now=NOW, zone=BERLIN)
    assert twice == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
