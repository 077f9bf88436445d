"""What does this deployment do now, against the same hour on the days before?"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import ClassVar

from bot.domain.az_command import metrics_list
from bot.domain.deployment import DeploymentRef
from bot.domain.evidence import Fact, Series, Window
from bot.domain.hourly import MINUTE, mean_by_request, samples
from bot.domain.signal import Traffic
from bot.ports.azure import MetricsReader
from bot.ports.registry import Readers

REQUESTS = "AzureOpenAIRequests"
TOKENS = "TokenTransaction"
LATENCY = "AzureOpenAITimeToResponse"
BASELINE_DAYS = 7
_FIVE_MINUTES = timedelta(minutes=5)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


class TrafficSection:
    """Tokens, requests, refusals and time to response of the last hour, with a baseline."""

    key: ClassVar[str] = "traffic"
    title: ClassVar[str] = "Traffic of the last hour"

    async def look(self, readers: Readers, ref: DeploymentRef, now: datetime) -> tuple[Fact, ...]:
        """Return what passed in the last hour, and the mean of the same hour on each of the 7 days before."""
        end = _floor(now, _FIVE_MINUTES)
        hour = Window(end - _HOUR, end)
        week = Window(hour.start - BASELINE_DAYS * _DAY, hour.end - _DAY)
        metrics = readers.metrics
        seen, tokens, requests_before, tokens_before = await asyncio.gather(
            traffic_between(metrics, ref, hour),
            metrics.series(ref, TOKENS, hour, interval=_FIVE_MINUTES),
            metrics.series(ref, REQUESTS, week, interval=_FIVE_MINUTES),
            metrics.series(ref, TOKENS, week, interval=_FIVE_MINUTES),
        )
        rows = (
            ("Tokens", f"{_total(tokens, hour):,.0f}", "tokens", TOKENS, hour, "PT5M"),
            ("Tokens, usual", *_usual(tokens_before, hour, "tokens"), TOKENS, week, "PT5M"),
            ("Requests", f"{seen.requests:,.0f}", "requests", REQUESTS, hour, "PT1M"),
            ("Requests, usual", *_usual(requests_before, hour, "requests"), REQUESTS, week, "PT5M"),
            ("HTTP 429", *_share(seen.throttled, seen.requests), REQUESTS, hour, "PT1M"),
            ("HTTP 5xx", *_share(seen.failed, seen.requests), REQUESTS, hour, "PT1M"),
            ("Mean time to response", *_milliseconds(seen.latency_ms), LATENCY, hour, "PT1M"),
        )
        return tuple(
            Fact(name, value, unit, metrics_list(ref, metric, window, step), now)
            for name, value, unit, metric, window, step in rows
        )


async def traffic_between(metrics: MetricsReader, ref: DeploymentRef, window: Window) -> Traffic:
    """Return what a deployment did in a window: requests by outcome, mean time to response by answered request.

    Buckets are whole: of one minute up to a window of six hours, of five minutes beyond.

    Raises:
        NotFoundError, AzureUnavailableError: as the port.
    """
    interval = MINUTE if window.end - window.start <= timedelta(hours=6) else _FIVE_MINUTES
    whole = Window(
        _floor(window.start, interval),
        max(_floor(window.end, interval), _floor(window.start, interval) + interval),
    )
    requests, latency = await asyncio.gather(
        metrics.series(ref, REQUESTS, whole, interval=interval, split_by="StatusCode"),
        metrics.series(ref, LATENCY, whole, interval=interval, split_by="StatusCode"),
    )
    return Traffic(
        requests=_total(requests, whole),
        throttled=_total([each for each in requests if each.dimension == "429"], whole),
        failed=_total([each for each in requests if each.dimension.startswith("5")], whole),
        latency_ms=mean_by_request(latency, requests, whole),
    )


def _floor(moment: datetime, step: timedelta) -> datetime:
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + (moment - midnight) // step * step


def _total(series: Sequence[Series], window: Window) -> float:
    return sum(value for _, value in samples(series, window))


def _usual(series: Sequence[Series], hour: Window, unit: str) -> tuple[str, str]:
    days = []
    for back in range(1, BASELINE_DAYS + 1):
        window = Window(hour.start - back * _DAY, hour.end - back * _DAY)
        if any(True for _ in samples(series, window)):
            days.append(_total(series, window))
    if not days:
        return "no data", ""
    return f"{sum(days) / len(days):,.0f}", f"{unit} (mean of the same hour on {len(days)} days)"


def _share(part: float, whole: float) -> tuple[str, str]:
    return (f"{100 * part / whole:.2f}", "%") if whole else ("no requests", "")


def _milliseconds(value: float | None) -> tuple[str, str]:
    return ("no data", "") if value is None else (f"{value:,.0f}", "ms")
