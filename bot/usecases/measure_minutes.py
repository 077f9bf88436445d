"""Calls by the minute and what is usual, read in six calls of Azure Monitor."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from statistics import median

from bot.domain.deployment import DeploymentRef
from bot.domain.evidence import Series, Window
from bot.domain.hourly import MINUTE, is_answer, means_by_request
from bot.domain.signs import Minute, Usual
from bot.ports.azure import MetricsReader

REQUESTS = "AzureOpenAIRequests"
LATENCY = "AzureOpenAITimeToResponse"
FILTERED = "RAIRejectedRequests"
UTILISATION = "AzureOpenAIProvisionedManagedUtilizationV2"
SPAN = timedelta(hours=1)
_DAY = timedelta(hours=24)
_Values = Mapping[datetime, float]


async def measure_minutes(metrics: MetricsReader, ref: DeploymentRef, at: datetime) -> tuple[Minute, ...]:
    """Return the minutes of the hour before `at` in which somebody called, oldest first.

    Raises:
        NotFoundError, AzureUnavailableError: as the port.
    """
    end = at.replace(second=0, microsecond=0)
    return await _buckets(metrics, ref, Window(end - SPAN, end), MINUTE)


async def measure_usual(metrics: MetricsReader, ref: DeploymentRef, at: datetime) -> Usual:
    """Return the median of the 24 hours before the last hour: trouble of some hours does not move it.

    Raises:
        NotFoundError, AzureUnavailableError: as the port.
    """
    end = at.replace(minute=0, second=0, microsecond=0) - SPAN
    hours = await _buckets(metrics, ref, Window(end - _DAY, end), SPAN)
    times = [each.latency_ms for each in hours if each.latency_ms is not None]
    shares = [100 * each.filtered / each.answered for each in hours if each.answered]
    return Usual(median(times) if times else None, median(shares) if shares else None, len(hours))


async def measure_utilisation(metrics: MetricsReader, ref: DeploymentRef, at: datetime) -> float | None:
    """Return the mean utilisation of provisioned capacity in the last ten minutes, in percent.

    Raises:
        NotFoundError, AzureUnavailableError: as the port.
    """
    end = at.replace(second=0, microsecond=0)
    window = Window(end - timedelta(minutes=10), end)
    found = await metrics.series(ref, UTILISATION, window, interval=MINUTE)
    values = [point.value for each in found for point in each.points if point.value is not None]
    return sum(values) / len(values) if values else None


async def _buckets(
    metrics: MetricsReader, ref: DeploymentRef, window: Window, step: timedelta
) -> tuple[Minute, ...]:
    requests, latency, filtered = await asyncio.gather(
        metrics.series(ref, REQUESTS, window, interval=step, split_by="StatusCode"),
        metrics.series(ref, LATENCY, window, interval=step, split_by="StatusCode"),
        metrics.series(ref, FILTERED, window, interval=step),
    )
    counts = {each.dimension: _values((each,)) for each in requests}
    times, stopped = means_by_request(latency, requests, window), _values(filtered)
    starts = sorted({at for values in counts.values() for at, value in values.items() if value})
    return tuple(_minute(at, counts, times.get(at), stopped.get(at, 0.0)) for at in starts)


def _minute(at: datetime, counts: Mapping[str, _Values], latency_ms: float | None, filtered: float) -> Minute:
    answered = throttled = refused = failed = 0.0
    for status, values in counts.items():
        count = values.get(at, 0.0)
        if is_answer(status):
            answered += count
        elif status == "429":
            throttled += count
        elif status.startswith("5"):
            failed += count
        else:
            refused += count
    return Minute(at, answered, throttled, refused, failed, filtered, latency_ms)


def _values(series: Sequence[Series]) -> dict[datetime, float]:
    found: dict[datetime, float] = {}
    for each in series:
        for point in each.points:
            if point.value is not None:
                found[point.at] = found.get(point.at, 0.0) + point.value
    return found
