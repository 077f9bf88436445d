"""Traffic: the last hour against the same hour of the days before, and what a window held."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from bot.domain.errors import AzureUnavailableError
from bot.domain.evidence import Window
from bot.domain.signal import SignalMetric, Traffic
from bot.evidence.traffic import TrafficSection, traffic_between
from bot.usecases.measure_traffic import measure_traffic, summed
from tests.fakes.azure_reads import NOW, THING, MemoryMetrics, memory_readers

REQUESTS, TOKENS, LATENCY = "AzureOpenAIRequests", "TokenTransaction", "AzureOpenAITimeToResponse"
END = datetime.fromisoformat("2026-11-24T12:00:00+00:00")
DAY = timedelta(days=1)


async def _look(metrics: MemoryMetrics) -> dict[str, str]:
    facts = await TrafficSection().look(memory_readers(metrics=metrics), THING, NOW)
    assert all(fact.az.startswith("az monitor metrics list ") and fact.observed_at == NOW for fact in facts)
    return {fact.name: fact.words for fact in facts}


async def test_the_last_hour_is_counted_by_outcome() -> None:
    metrics = MemoryMetrics()
    for code, count in (("200", 180.0), ("429", 15.0), ("500", 3.0), ("503", 2.0)):
        metrics.add(REQUESTS, END - timedelta(minutes=20), count, code)
    metrics.add(TOKENS, END - timedelta(minutes=20), 45_000)
    metrics.add(REQUESTS, END, 1_000, "200")
    metrics.add(REQUESTS, END - timedelta(minutes=61), 1_000, "200")
    facts = await _look(metrics)
    assert facts["Requests"] == "200 requests"
    assert facts["Tokens"] == "45,000 tokens"
    assert (facts["HTTP 429"], facts["HTTP 5xx"]) == ("7.50 %", "2.50 %")


async def test_the_usual_is_the_mean_of_the_same_hour_on_each_of_the_seven_days_before() -> None:
    metrics = MemoryMetrics()
    for back in range(1, 8):
        hour = END - back * DAY - timedelta(minutes=30)
        metrics.add(REQUESTS, hour, 100 * back)
        metrics.add(REQUESTS, hour - timedelta(hours=2), 99_999)
        metrics.add(REQUESTS, hour + timedelta(minutes=30), 99_999)
        metrics.add(TOKENS, hour, 1_000 * back)
    metrics.add(REQUESTS, END - 8 * DAY - timedelta(minutes=30), 99_999)
    facts = await _look(metrics)
    assert facts["Requests, usual"] == "400 requests (mean of the same hour on 7 days)"
    assert facts["Tokens, usual"] == "4,000 tokens (mean of the same hour on 7 days)"


async def test_refusals_failures_and_times_have_their_usual_values_too() -> None:
    metrics = MemoryMetrics()
    for back, refused, time in ((1, 10, 200), (2, 30, 400)):
        at = END - back * DAY - timedelta(minutes=30)
        metrics.add(REQUESTS, at, 100 - refused, "200")
        metrics.add(REQUESTS, at, refused, "429")
        metrics.add(REQUESTS, at - timedelta(hours=3), 9_999, "500")
        metrics.add(LATENCY, at, time)
    facts = await _look(metrics)
    assert facts["HTTP 429, usual"] == "20.00 % (mean of the same hour on 2 days)"
    assert facts["HTTP 5xx, usual"] == "0.00 % (mean of the same hour on 2 days)"
    assert facts["Mean time to response, usual"] == "300 ms (mean of the same hour on 2 days)"
    assert (await _look(MemoryMetrics()))["HTTP 429, usual"] == "no data"


async def test_days_without_a_sample_are_left_out_of_the_mean_and_said() -> None:
    metrics = MemoryMetrics()
    for back in (1, 3):
        metrics.add(REQUESTS, END - back * DAY - timedelta(minutes=1), 10 * back)
    assert (await _look(metrics))["Requests, usual"] == "20 requests (mean of the same hour on 2 days)"


async def test_a_quiet_deployment_has_no_share_and_no_time_and_no_made_up_zero() -> None:
    facts = await _look(MemoryMetrics())
    assert (facts["Requests"], facts["HTTP 429"]) == ("0 requests", "no requests")
    assert (facts["Mean time to response"], facts["Requests, usual"]) == ("no data", "no data")


async def test_the_mean_time_is_weighted_by_the_requests_that_were_answered() -> None:
    metrics = MemoryMetrics()
    busy, quiet = END - timedelta(minutes=10), END - timedelta(minutes=40)
    metrics.add(REQUESTS, busy, 90, "200")
    metrics.add(REQUESTS, quiet, 10, "200")
    metrics.add(REQUESTS, quiet, 900, "429")
    metrics.add(LATENCY, quiet, 3, "429")
    metrics.add(LATENCY, busy, 100)
    metrics.add(LATENCY, quiet, 1_100)
    assert (await _look(metrics))["Mean time to response"] == "200 ms"


@pytest.mark.parametrize("minutes", [1, 5, 15, 30])
async def test_the_mean_time_of_a_window_is_the_same_in_buckets_of_any_width(minutes: int) -> None:
    """Azure's mean of a bucket is by answer; weighed by all requests it would shift with the width."""
    counts = [(1 + index % 7, index % 5 * 20, 100.0 + 37 * (index % 11)) for index in range(60)]
    parts = [counts[start : start + minutes] for start in range(0, 60, minutes)]
    found = Fed(
        [sum(ok for ok, *_ in part) for part in parts],
        [sum(refused for _, refused, _ in part) for part in parts],
        [sum(ok * ms for ok, _, ms in part) / sum(ok for ok, *_ in part) for part in parts],
    )
    window, step = Window(END - timedelta(hours=1), END), timedelta(minutes=minutes)
    exact = sum(ok * ms for ok, _, ms in counts) / sum(ok for ok, *_ in counts)
    measured = await measure_traffic(found.metrics(step), THING, window, step)
    assert summed(measured.buckets).latency_ms == pytest.approx(exact)
    if minutes == 1:
        seen = await traffic_between(found.metrics(step), THING, window)
        assert seen.latency_ms == pytest.approx(exact)


@dataclass
class Fed:
    """Answers, refusals and times of the last hour, a bucket each."""

    answered: list[int]
    refused: list[int]
    times: list[float]

    def metrics(self, step: timedelta) -> MemoryMetrics:
        """Return them as Azure has them."""
        metrics = MemoryMetrics()
        for index, (ok, refused, ms) in enumerate(zip(self.answered, self.refused, self.times, strict=True)):
            at = END - timedelta(hours=1) + index * step
            metrics.add(REQUESTS, at, ok, "200")
            metrics.add(REQUESTS, at, refused, "429")
            metrics.add(LATENCY, at, ms)
        return metrics


async def test_a_window_gives_the_traffic_a_signal_is_judged_by() -> None:
    metrics = MemoryMetrics()
    start = END - timedelta(minutes=30)
    metrics.add(REQUESTS, start, 95, "200")
    metrics.add(REQUESTS, start, 4, "429")
    metrics.add(REQUESTS, start, 1, "502")
    metrics.add(REQUESTS, start - timedelta(minutes=1), 500, "429")
    metrics.add(LATENCY, start, 250)
    seen = await traffic_between(metrics, THING, Window(start, END))
    assert seen == Traffic(requests=100, throttled=4, failed=1, latency_ms=250)
    assert seen.value(SignalMetric.THROTTLED_SHARE) == 4


@pytest.mark.parametrize(("hours", "minutes"), [(0.5, 1), (6, 1), (7, 5), (48, 5)])
async def test_the_buckets_fit_the_window_and_requests_are_split_by_status(
    hours: float, minutes: int
) -> None:
    metrics = MemoryMetrics()
    await traffic_between(metrics, THING, Window(NOW - timedelta(hours=hours), NOW))
    assert {(metric, split) for metric, _, _, split in metrics.asked} == {
        (REQUESTS, "StatusCode"),
        (LATENCY, "StatusCode"),
    }
    for _, window, interval, _ in metrics.asked:
        assert interval == timedelta(minutes=minutes)
        assert (window.start.second, window.start.minute % minutes) == (0, 0)


async def test_a_window_shorter_than_a_bucket_still_has_one() -> None:
    metrics = MemoryMetrics()
    metrics.add(REQUESTS, NOW.replace(second=5), 7, "200")
    seen = await traffic_between(metrics, THING, Window(NOW, NOW + timedelta(seconds=1)))
    assert seen.requests == 7


async def test_metrics_that_cannot_be_read_are_a_reason() -> None:
    metrics = MemoryMetrics(broken=AzureUnavailableError("Azure did not answer."))
    with pytest.raises(AzureUnavailableError):
        await traffic_between(metrics, THING, Window(END - DAY, END))
