"""A chart puts neighbours together honestly, and says the same numbers in words, rows and bars."""

import time
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.chart import Chart, clock, figure, resampled, span_words, sparkline
from tests.golden.charts import EMPTY, LATENCY, START, STEP, TIMES, TOKENS, line, usual


def _counts(*values: float | None) -> Chart:
    return Chart("Requests", "requests", STEP, (line("All", *values),))


def _values(chart: Chart) -> list[float | None]:
    return [point.value for point in chart.lines[0].points]


def test_counts_add_up_and_a_bucket_known_in_part_is_not_known() -> None:
    few = resampled(_counts(1, 2, 3, None, 5, 6, 7), 4)
    assert _values(few) == [5, None, 13]
    assert few.step == 2 * STEP


def test_the_oldest_buckets_that_fill_no_whole_one_are_left_out_and_the_newest_never() -> None:
    few = resampled(_counts(*range(7)), 4)
    assert _values(few) == [3, 7, 11]
    assert (few.times[0], few.times[-1] + few.step) == (START + STEP, START + 7 * STEP)


@pytest.mark.parametrize(("count", "most", "size"), [(28, 12, 4), (24, 20, 2), (96, 20, 6), (93, 20, 5)])
def test_neighbours_are_put_together_so_that_they_come_out_even_where_they_can(
    count: int, most: int, size: int
) -> None:
    few = resampled(_counts(*[1.0] * count), most)
    assert set(_values(few)) == {size}
    assert len(few.times) == count // size


def test_the_table_of_a_very_long_chart_takes_time_in_proportion() -> None:
    many = _counts(*[1.0] * 20_000)
    began = time.process_time()
    assert len(many.table()) == 20_001
    assert time.process_time() - began < 2


def test_means_are_means_of_what_is_known() -> None:
    few = resampled(replace(_counts(1, 2, 3, None, None, None), adds_up=False), 3)
    assert _values(few) == [1.5, 3, None]


def test_a_chart_that_fits_stays_as_it_is() -> None:
    assert resampled(TOKENS, 12) is TOKENS
    assert resampled(Chart("Nothing", "", STEP, ()), 5).lines == ()


@given(st.integers(1, 400), st.integers(1, 40))
def test_nothing_is_lost_of_counts_in_whole_buckets(count: int, most: int) -> None:
    few = resampled(_counts(*[1.0] * count), most)
    size = few.step // STEP
    assert len(few.times) <= most
    assert sum(few.lines[0].known) == count // size * size


def test_the_usual_range_follows_the_buckets_and_is_left_out_where_it_is_known_in_part() -> None:
    whole = resampled(TOKENS, 6)
    assert [(each.low, each.mean, each.high) for each in whole.usual[:1]] == [(5600, 6400, 7200)]
    means = resampled(replace(LATENCY, usual=usual(380, 460)[1:]), 6)
    assert [each.at for each in means.usual] == [START + 2 * index * STEP for index in range(1, 6)]
    assert means.usual[0].low == 380


def test_the_table_has_the_numbers_of_the_chart() -> None:
    rows = LATENCY.table()
    assert rows[0] == ("UTC", "Mean", "Usual")
    assert rows[3] == ("09:10", "428", "380 to 460")
    assert rows[4] == ("09:15", "no data", "380 to 460")
    assert len(rows) == 13


def test_the_alternative_text_says_title_span_extremes_usual_and_marks() -> None:
    assert TOKENS.alt_text == (
        "Tokens, 24 Nov 2026 09:00 to 24 Nov 10:00 UTC, per 5 min: Tokens from 2,980 to 5,610 tokens, "
        "last 5,610. Usually 2,800 to 3,600 tokens. CHG-12 applied at 09:31."
    )
    assert EMPTY.alt_text == "Time to response: no data."


def test_bars_stand_on_zero_and_reach_the_highest() -> None:
    assert sparkline([0, 1, 4, 8]) == "▁▁▄█"
    assert sparkline([4, None], top=8) == "▄·"
    assert sparkline([0.0, 0.0]) == "▁▁"
    assert sparkline([]) == ""


@given(st.lists(st.floats(0, 1e12) | st.none(), max_size=40))
def test_a_higher_value_never_has_a_lower_bar(values: list[float | None]) -> None:
    bars = sparkline(values)
    known = sorted((value, bar) for value, bar in zip(values, bars, strict=True) if value is not None)
    assert [bar for _, bar in known] == sorted(bar for _, bar in known)


@pytest.mark.parametrize(
    ("value", "words"),
    [(None, "no data"), (0, "0"), (1234567, "1,234,567"), (428.5, "428"), (12.34, "12.3"), (0.126, "0.13")],
)
def test_figures_have_decimals_only_where_they_matter(value: float | None, words: str) -> None:
    assert figure(value) == words


@pytest.mark.parametrize(
    ("minutes", "words"), [(5, "5 min"), (60, "1 h"), (90, "90 min"), (1440, "1 day"), (2880, "2 days")]
)
def test_spans_are_said_shortly(minutes: int, words: str) -> None:
    assert span_words(timedelta(minutes=minutes)) == words


def test_the_day_is_said_only_where_the_chart_is_longer_than_one() -> None:
    week: list[datetime] = [TIMES[0], TIMES[0] + timedelta(days=6)]
    assert clock(TIMES[0], TIMES) == "09:00"
    assert clock(TIMES[0], week) == "24 Nov 09:00"
