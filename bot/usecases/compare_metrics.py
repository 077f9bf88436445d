"""Compare a deployment's traffic now with the mean of the same window on earlier days."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from bot.domain.deployment import DeploymentRef
from bot.domain.evidence import Window
from bot.domain.signal import SignalMetric, Traffic
from bot.evidence.traffic import traffic_between
from bot.ports.registry import Readers

MOST_DAYS = 7


@dataclass(frozen=True)
class Compared:
    """Traffic in a window, and its mean over the same window of the days before (None: nothing measured)."""

    window: Window
    days: int
    now: Traffic
    before: Traffic


async def compare_metrics(
    ref: DeploymentRef, window: Window, against: timedelta, *, readers: Readers
) -> Compared:
    """Return the window's traffic beside the mean of the same hours on each earlier day within `against`."""
    days = max(1, min(MOST_DAYS, against // timedelta(days=1)))
    shifts = [timedelta(days=day) for day in range(days + 1)]
    windows = [Window(window.start - shift, window.end - shift) for shift in shifts]
    now, *earlier = await asyncio.gather(*(traffic_between(readers.metrics, ref, each) for each in windows))
    return Compared(window, days, now, _mean(earlier))


def row_values(compared: Compared) -> tuple[tuple[str, float | None, float | None], ...]:
    """Return (label, now, before) of requests, shares and time to response."""
    return tuple(
        (metric.value, compared.now.value(metric), compared.before.value(metric)) for metric in SignalMetric
    )


def _mean(traffics: list[Traffic]) -> Traffic:
    count = len(traffics)
    latencies = [found.latency_ms for found in traffics if found.latency_ms is not None]
    return Traffic(
        requests=sum(found.requests for found in traffics) / count,
        throttled=sum(found.throttled for found in traffics) / count,
        failed=sum(found.failed for found in traffics) / count,
        latency_ms=sum(latencies) / len(latencies) if latencies else None,
    )
