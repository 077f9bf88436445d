"""What does this deployment do now, against the same hour on the days before?"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
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
STATUS = "StatusCode"
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
        seen, tokens, tokens_before, requests_before, times_before = await asyncio.gather(
            traffic_between(metrics, ref, hour),
            metrics.series(ref, TOKENS, hour, interval=_FIVE_MINUTES),
            metrics.series(ref, TOKENS, week, interval=_FIVE_MINUTES),
            metrics.series(ref, REQUESTS, week, interval=_FIVE_MINUTES, split_by=STATUS),
            metrics.series(ref, LATENCY, week, interval=_FIVE_MINUTES, split_by=STATUS),
        )
        before = _Before(hour, requests_before, times_before)
        rows = (
            ("Tokens", f"{_total(tokens, hour):,.0f}", "tokens", TOKENS, hour),
            ("Tokens, usual", *_usual(tokens_before, hour, "tokens"), TOKENS, week),
            ("Requests", f"{seen.requests:,.0f}", "requests", REQUESTS, hour),
            ("Requests, usual", *_usual(requests_before, hour, "requests"), REQUESTS, week),
            ("HTTP 429", *_share(seen.throttled, seen.requests), REQUESTS, hour),
            ("HTTP 429, usual", *before.share("429"), REQUESTS, week),
            ("HTTP 5xx", *_share(seen.failed, seen.requests), REQUESTS, hour),
            ("HTTP 5xx, usual", *before.share("5"), REQUESTS, week),
            ("Mean time to response", *_milliseconds(seen.latency_ms), LATENCY, hour),
            ("Mean time to response, usual", *before.time(), LATENCY, week),
        )
        return tuple(
            Fact(name, value, unit, _shown(ref, metric, window, is_fine=window is hour), now)
            for name, value, unit, metric, window in rows
        )


@dataclass(frozen=True)
class _Before:
    """The requests by status and the times to response of the days before this hour."""

    hour: Window
    requests: Sequence[Series]
    times: Sequence[Series]

    def share(self, status: str) -> tuple[str, str]:
        """Return the share of the requests whose status begins so, over all days that have any."""
        days = [day for day in _days(self.hour) if _is_sampled(self.requests, day)]
        some = [each for each in self.requests if each.dimension.startswith(status)]
        value, unit = _share(
            sum(_total(some, day) for day in days), sum(_total(self.requests, day) for day in days)
        )
        return ("no data", "") if not unit else (value, _over(unit, len(days)))

    def time(self) -> tuple[str, str]:
        """Return the mean of the days' mean times to response."""
        means = [mean_by_request(self.times, self.requests, day) for day in _days(self.hour)]
        known = [each for each in means if each is not None]
        value, unit = _milliseconds(sum(known) / len(known) if known else None)
        return value, _over(unit, len(known)) if unit else ""


def _shown(ref: DeploymentRef, metric: str, window: Window, *, is_fine: bool) -> str:
    """Return the command with the split and the buckets that the section itself asks for."""
    step = "PT1M" if is_fine and metric != TOKENS else "PT5M"
    return metrics_list(ref, metric, window, step, split_by="" if metric == TOKENS else STATUS)


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
        metrics.series(ref, REQUESTS, whole, interval=interval, split_by=STATUS),
        metrics.series(ref, LATENCY, whole, interval=interval, split_by=STATUS),
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
    days = [_total(series, day) for day in _days(hour) if _is_sampled(series, day)]
    if not days:
        return "no data", ""
    return f"{sum(days) / len(days):,.0f}", _over(unit, len(days))


def _days(hour: Window) -> list[Window]:
    """Return the same hour on each of the days before."""
    return [Window(hour.start - back * _DAY, hour.end - back * _DAY) for back in range(1, BASELINE_DAYS + 1)]


def _is_sampled(series: Sequence[Series], window: Window) -> bool:
    return any(True for _ in samples(series, window))


def _over(unit: str, days: int) -> str:
    return f"{unit} (mean of the same hour on {days} days)"


def _share(part: float, whole: float) -> tuple[str, str]:
    return (f"{100 * part / whole:.2f}", "%") if whole else ("no requests", "")


def _milliseconds(value: float | None) -> tuple[str, str]:
    return ("no data", "") if value is None else (f"{value:,.0f}", "ms")
