"""Tokens, requests by status and time to response in buckets of a span, read in three calls."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.deployment import DeploymentRef
from bot.domain.evidence import Series, Window
from bot.domain.kept_figures import Bucket
from bot.domain.signal import Traffic
from bot.ports.azure import MetricsReader

TOKENS = "TokenTransaction"
REQUESTS = "AzureOpenAIRequests"
LATENCY = "AzureOpenAITimeToResponse"
_Values = Mapping[datetime, float]


@dataclass(frozen=True)
class Measured:
    """A span in buckets of one width, oldest first."""

    step: timedelta
    buckets: tuple[Bucket, ...]

    def within(self, window: Window) -> tuple[Bucket, ...]:
        """Return the buckets of a part of the span."""
        return tuple(each for each in self.buckets if window.start <= each.at < window.end)


async def measure_traffic(
    metrics: MetricsReader, ref: DeploymentRef, span: Window, step: timedelta
) -> Measured:
    """Return what a deployment did in each bucket of the span, whose ends are multiples of `step`.

    Raises:
        NotFoundError, AzureUnavailableError: as the port.
    """
    tokens, requests, latency = await asyncio.gather(
        metrics.series(ref, TOKENS, span, interval=step),
        metrics.series(ref, REQUESTS, span, interval=step, split_by="StatusCode"),
        metrics.series(ref, LATENCY, span, interval=step),
    )
    by_status = {each.dimension: _values((each,)) for each in requests}
    counted, times = _values(tokens), _values(latency)
    last = max((at for found in (counted, *by_status.values()) for at in found), default=None)
    starts = [span.start + index * step for index in range((span.end - span.start) // step)]
    return Measured(step, tuple(_bucket(at, counted, by_status, times, last) for at in starts))


def whole(window: Window, step: timedelta) -> Window:
    """Return the window in whole buckets: what has not ended is left out, one bucket at least is kept."""
    start, end = _floor(window.start, step), _floor(window.end, step)
    return Window(start, max(end, start + step))


def summed(buckets: Iterable[Bucket]) -> Traffic:
    """Return the traffic of all buckets; times to response weigh by their requests."""
    found = [each.traffic for each in buckets if each.traffic is not None]
    weighed = [
        (each.latency_ms, each.requests) for each in found if each.latency_ms is not None and each.requests
    ]
    weight = sum(requests for _, requests in weighed)
    return Traffic(
        requests=sum(each.requests for each in found),
        throttled=sum(each.throttled for each in found),
        failed=sum(each.failed for each in found),
        latency_ms=sum(value * each for value, each in weighed) / weight if weight else None,
    )


def _bucket(
    at: datetime,
    tokens: _Values,
    by_status: Mapping[str, _Values],
    latency: _Values,
    last: datetime | None,
) -> Bucket:
    """Return one bucket. Azure leaves out counts of zero; after the last sample nothing is known yet."""
    if last is None or at > last:
        return Bucket(at, None, None)
    counts = {status: values.get(at, 0.0) for status, values in by_status.items()}
    traffic = Traffic(
        requests=sum(counts.values()),
        throttled=counts.get("429", 0.0),
        failed=sum(count for status, count in counts.items() if status.startswith("5")),
        latency_ms=latency.get(at),
    )
    answered = sum(count for status, count in counts.items() if status.startswith("2"))
    is_sampled = at in tokens or any(at in values for values in by_status.values())
    counted = tokens.get(at, 0.0) if tokens else None
    return Bucket(at, counted, traffic if by_status else None, answered, is_sampled)


def _values(series: Sequence[Series]) -> dict[datetime, float]:
    found: dict[datetime, float] = {}
    for each in series:
        for point in each.points:
            if point.value is not None:
                found[point.at] = found.get(point.at, 0.0) + point.value
    return found


def _floor(moment: datetime, step: timedelta) -> datetime:
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + (moment - midnight) // step * step
