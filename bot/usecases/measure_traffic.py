"""Tokens, requests by status and time to response in buckets of a span, read in three calls."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.deployment import DeploymentRef
from bot.domain.evidence import Series, Window
from bot.domain.hourly import is_answer, means_by_request, weighed_mean
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


@dataclass(frozen=True)
class _Read:
    """What Azure answered, by the start of the bucket."""

    tokens: _Values
    by_status: Mapping[str, _Values]
    latency: _Values
    token_starts: frozenset[datetime]
    request_starts: frozenset[datetime]


async def measure_traffic(
    metrics: MetricsReader,
    ref: DeploymentRef,
    span: Window,
    step: timedelta,
    *,
    since: datetime | None = None,
) -> Measured:
    """Return what a deployment did in each bucket of the span, whose ends are multiples of `step`.

    `since` is when it was created, where that is known: from then on a count left out is zero.

    Raises:
        NotFoundError, AzureUnavailableError: as the port.
    """
    tokens, requests, latency = await asyncio.gather(
        metrics.series(ref, TOKENS, span, interval=step),
        metrics.series(ref, REQUESTS, span, interval=step, split_by="StatusCode"),
        metrics.series(ref, LATENCY, span, interval=step, split_by="StatusCode"),
    )
    counted, by_status = _values(tokens), {each.dimension: _values((each,)) for each in requests}
    known = sorted(at for found in (counted, *by_status.values()) for at in found)
    sampled = Window(min(known[0], since or known[0]), known[-1]) if known else None
    found = _Read(
        counted, by_status, means_by_request(latency, requests, span), _starts(tokens), _starts(requests)
    )
    starts = [span.start + index * step for index in range((span.end - span.start) // step)]
    return Measured(step, tuple(_bucket(at, found, sampled) for at in starts))


def whole(window: Window, step: timedelta) -> Window:
    """Return the window in whole buckets: what has not ended is left out, one bucket at least is kept."""
    start, end = _floor(window.start, step), _floor(window.end, step)
    return Window(start, max(end, start + step))


def summed(buckets: Iterable[Bucket]) -> Traffic:
    """Return the traffic of all buckets; times to response weigh by the requests that were answered."""
    held = [(each, each.traffic) for each in buckets if each.traffic is not None]
    found = [traffic for _, traffic in held]
    times = [(each.latency_ms, bucket.answered) for bucket, each in held if each.latency_ms is not None]
    return Traffic(
        requests=sum(each.requests for each in found),
        throttled=sum(each.throttled for each in found),
        failed=sum(each.failed for each in found),
        latency_ms=weighed_mean(times),
    )


def _bucket(at: datetime, found: _Read, sampled: Window | None) -> Bucket:
    """Return one bucket, None of it where Azure answered nothing for just this time.

    A count left out from the first sample (or creation) to the last is zero; before and after, nothing is known.
    """
    if sampled is None or not sampled.start <= at <= sampled.end:
        return Bucket(at, None, None)
    counts = {status: values.get(at, 0.0) for status, values in found.by_status.items()}
    traffic = Traffic(
        requests=sum(counts.values()),
        throttled=counts.get("429", 0.0),
        failed=sum(count for status, count in counts.items() if status.startswith("5")),
        latency_ms=found.latency.get(at),
    )
    is_sampled = at in found.tokens or any(at in values for values in found.by_status.values())
    return Bucket(
        at,
        found.tokens.get(at, 0.0) if at in found.token_starts else None,
        traffic if at in found.request_starts else None,
        sum(count for status, count in counts.items() if is_answer(status)),
        is_sampled,
    )


def _starts(series: Sequence[Series]) -> frozenset[datetime]:
    """Return the buckets that Azure answered for, with a value or without."""
    return frozenset(point.at for each in series for point in each.points)


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
