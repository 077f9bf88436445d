"""A window beside the same hours before: totals, buckets, what is usual, and what was applied meanwhile."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.deployment import DeploymentRef
from bot.domain.evidence import Series, Window
from bot.usecases.chart_metrics import applied_marks, charts_of
from bot.usecases.compare_metrics import compare_metrics, row_values, step_for
from bot.usecases.measure_traffic import LATENCY, REQUESTS, TOKENS, whole
from tests.fakes.azure_reads import NOW, THING, MemoryAzure, MemoryMetrics, live_deployment, memory_readers
from tests.fakes.house import House

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
END = NOW.replace(minute=0, second=0)
LAST_HOUR = Window(END - HOUR, END)
WEEK = timedelta(days=7)


def _busy(metrics: MemoryMetrics, tokens: float, days: int = 0, latency: float = 400) -> None:
    """Fill the last hour, some days ago: ten requests every five minutes, one in ten refused."""
    for bucket in range(12):
        at = END - HOUR - days * DAY + bucket * 5 * MINUTE
        metrics.add(TOKENS, at, tokens)
        metrics.add(REQUESTS, at, 9, "200")
        metrics.add(REQUESTS, at, 1, "429")
        metrics.add(LATENCY, at, latency)


async def test_r31_tokens_come_first_in_the_figures_and_in_the_charts() -> None:
    metrics = MemoryMetrics()
    _busy(metrics, 100)
    compared = await compare_metrics(THING, LAST_HOUR, WEEK, readers=memory_readers(metrics=metrics))
    assert row_values(compared)[0] == ("tokens", 1200, None)
    charts = charts_of(compared, ())
    assert [chart.title for chart in charts] == ["Tokens", "Requests by status", "Time to response"]
    assert "TokenTransaction" in {metric for metric, *_ in metrics.asked}


async def test_three_calls_are_enough_whatever_is_compared() -> None:
    metrics = MemoryMetrics()
    await compare_metrics(THING, LAST_HOUR, WEEK, readers=memory_readers(metrics=metrics))
    assert sorted((metric, split) for metric, _, _, split in metrics.asked) == [
        (REQUESTS, "StatusCode"),
        (LATENCY, "StatusCode"),
        (TOKENS, ""),
    ]
    assert {(window.start, window.end) for _, window, _, _ in metrics.asked} == {
        (LAST_HOUR.start - WEEK, LAST_HOUR.end)
    }


async def test_what_is_usual_is_mean_and_spread_of_the_same_bucket_before() -> None:
    metrics = MemoryMetrics()
    for days, tokens in enumerate((500, 100, 140)):
        _busy(metrics, tokens, days, latency=400 + 20 * days)
    compared = await compare_metrics(THING, LAST_HOUR, 2 * DAY, readers=memory_readers(metrics=metrics))
    tokens_chart, requests, latency = charts_of(compared, ())
    assert {(each.low, each.mean, each.high) for each in tokens_chart.usual} == {(100, 120, 140)}
    assert {(each.low, each.mean, each.high) for each in latency.usual} == {(420, 430, 440)}
    assert {each.mean for each in requests.usual} == {10}
    assert [each.at for each in tokens_chart.usual] == list(tokens_chart.times)


async def test_requests_are_told_apart_by_how_they_ended() -> None:
    metrics = MemoryMetrics()
    for code, count in (("200", 50), ("429", 7), ("400", 2), ("503", 1)):
        metrics.add(REQUESTS, END - 10 * MINUTE, count, code)
    compared = await compare_metrics(THING, LAST_HOUR, DAY, readers=memory_readers(metrics=metrics))
    lines = charts_of(compared, ())[1].lines
    assert {line.name: sum(line.known) for line in lines} == {
        "Answered": 50,
        "HTTP 429": 7,
        "Other errors": 3,
    }


async def test_a_count_left_out_is_zero_before_the_last_sample_and_unknown_after_it() -> None:
    metrics = MemoryMetrics()
    metrics.add(TOKENS, END - HOUR, 10)
    metrics.add(TOKENS, END - 50 * MINUTE, 30)
    compared = await compare_metrics(THING, LAST_HOUR, DAY, readers=memory_readers(metrics=metrics))
    values = [point.value for point in charts_of(compared, ())[0].lines[0].points]
    assert values[:4] == [10, 0, 30, None]
    assert set(values[4:]) == {None}


async def test_a_window_longer_than_a_day_is_compared_with_the_window_before_it() -> None:
    metrics = MemoryMetrics()
    metrics.add(TOKENS, END - 10 * DAY, 77)
    metrics.add(TOKENS, END - 2 * HOUR, 5)
    week = Window(END - WEEK, END)
    compared = await compare_metrics(THING, week, WEEK, readers=memory_readers(metrics=metrics))
    assert (compared.days, compared.step, compared.tokens) == (1, HOUR, (5, 77))


@pytest.mark.parametrize(
    ("hours", "minutes"), [(0.1, 5), (2, 5), (6, 15), (24, 30), (24 * 7, 60), (24 * 30, 360), (24 * 90, 1440)]
)
async def test_buckets_are_of_a_width_azure_has_and_not_too_many(hours: float, minutes: int) -> None:
    window = Window(END - timedelta(hours=hours), END)
    compared = await compare_metrics(THING, window, DAY, readers=memory_readers())
    assert compared.step == timedelta(minutes=minutes)
    assert 1 <= len(compared.buckets) <= 200


def test_a_window_is_cut_to_whole_buckets_and_never_to_none() -> None:
    cut = whole(Window(NOW - HOUR, NOW), 5 * MINUTE)
    assert (cut.start.minute, cut.end.minute, cut.end.second) == (0, 0, 0)
    short = whole(Window(NOW - MINUTE, NOW), 5 * MINUTE)
    assert short.end - short.start == 5 * MINUTE


class Shifted(MemoryMetrics):
    """Metrics whose buckets begin two minutes off what was asked for."""

    async def series(
        self, ref: DeploymentRef, metric: str, window: Window, *, interval: timedelta, split_by: str = ""
    ) -> Sequence[Series]:
        """Return what was asked for, a little later."""
        found = await super().series(ref, metric, window, interval=interval, split_by=split_by)
        return [
            replace(each, points=tuple(replace(point, at=point.at + 2 * MINUTE) for point in each.points))
            for each in found
        ]


async def test_samples_beside_the_buckets_that_were_asked_for_are_no_data_and_never_zero() -> None:
    metrics = Shifted()
    _busy(metrics, 100)
    compared = await compare_metrics(THING, LAST_HOUR, DAY, readers=memory_readers(metrics=metrics))
    assert {label: now for label, now, _ in row_values(compared)} == {
        "tokens": None,
        "requests": None,
        "share of HTTP 429": None,
        "share of HTTP 5xx": None,
        "time to response": None,
    }
    assert all(chart.is_empty for chart in charts_of(compared, ()))


async def test_a_window_before_the_deployment_was_there_is_no_baseline_even_where_azure_says_zero() -> None:
    metrics, month = MemoryMetrics(), 30 * DAY
    for back in range(1, 61):
        metrics.add(TOKENS, END - back * DAY, 100 if back <= 41 else 0)
        metrics.add(REQUESTS, END - back * DAY, 10 if back <= 41 else 0, "200")
    compared = await compare_metrics(
        THING, Window(END - month, END), month, readers=memory_readers(metrics=metrics)
    )
    assert (compared.days, compared.earlier, compared.tokens) == (1, (), (3000, None))
    assert row_values(compared)[1] == ("requests", 300, None)


async def test_a_quiet_day_of_a_deployment_that_was_there_counts_as_zero() -> None:
    metrics = MemoryMetrics()
    for days in (0, 1):
        _busy(metrics, 100, days)
    for bucket in range(12):
        metrics.add(TOKENS, END - HOUR - 2 * DAY + bucket * 5 * MINUTE, 0)
    compared = await compare_metrics(THING, LAST_HOUR, 2 * DAY, readers=memory_readers(metrics=metrics))
    assert (len(compared.earlier), compared.tokens) == (2, (1200, 600))
    azure = MemoryAzure(live_deployment(created_at=END - DAY - HOUR))
    young = await compare_metrics(THING, LAST_HOUR, 2 * DAY, readers=memory_readers(azure, metrics))
    assert (len(young.earlier), young.tokens) == (1, (1200, 1200))


async def test_buckets_that_azure_has_not_yet_are_left_out_on_both_sides() -> None:
    metrics = MemoryMetrics()
    _busy(metrics, 100, days=1)
    for bucket in range(9):
        at = END - HOUR + bucket * 5 * MINUTE
        metrics.add(TOKENS, at, 100)
        metrics.add(REQUESTS, at, 10, "200")
    compared = await compare_metrics(THING, LAST_HOUR, DAY, readers=memory_readers(metrics=metrics))
    assert compared.unknown == 3
    assert compared.tokens == (900, 900)
    assert (compared.now.requests, compared.before.requests) == (90, 90)


async def test_nothing_is_asked_of_azure_that_it_does_not_keep() -> None:
    metrics = MemoryMetrics()
    readers = memory_readers(metrics=metrics)
    compared = await compare_metrics(THING, Window(NOW - 93 * DAY, NOW), 93 * DAY, readers=readers)
    assert min(window.start for _, window, _, _ in metrics.asked) >= NOW - 93 * DAY
    assert (len(compared.buckets), compared.earlier) == (92, ())


@given(st.integers(5, 93 * 1440))
def test_whatever_may_be_asked_is_charted_in_a_bounded_number_of_buckets(minutes: int) -> None:
    window = Window(NOW - minutes * MINUTE, NOW)
    assert 1 <= (window.end - window.start) / step_for(window) <= 200


async def test_a_change_applied_in_the_window_is_a_mark_of_its_deployment() -> None:
    house = House()
    change = await house.applied()
    assert change.executed_at is not None
    window = Window(change.executed_at - HOUR, change.executed_at + HOUR)
    marks = await applied_marks(THING, "triage-prod", window, desk=house.desk)
    assert [(mark.at, mark.label) for mark in marks] == [(change.executed_at, f"{change.id} applied")]
    before = Window(window.start, change.executed_at)
    assert await applied_marks(THING, "triage-prod", before, desk=house.desk) == ()
    assert (
        await applied_marks(replace(THING, deployment="another"), "triage-prod", window, desk=house.desk)
        == ()
    )
