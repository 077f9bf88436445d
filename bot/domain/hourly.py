"""The last whole hour of five-minute buckets, facts made from its metrics, and their means."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from bot.domain.az_command import metrics_list
from bot.domain.deployment import DeploymentRef
from bot.domain.evidence import Fact, Point, Series, Window

MINUTE = timedelta(minutes=1)
BUCKET = timedelta(minutes=5)
_HOUR = timedelta(hours=1)


def last_hour(now: datetime) -> Window:
    """Return the last hour that ends on a whole bucket."""
    end = now - (now - datetime.min.replace(tzinfo=now.tzinfo)) % BUCKET
    return Window(end - _HOUR, end)


def totals(
    names: Mapping[str, str], found: Sequence[Sequence[Series]], unit: str, ref: DeploymentRef, now: datetime
) -> tuple[Fact, ...]:
    """Return the total of each metric as a fact; `names` maps labels to metrics, `found` is in that order."""
    window = last_hour(now)
    return tuple(
        Fact(
            label,
            f"{sum(each.total for each in series):,.0f}",
            unit,
            metrics_list(ref, metric, window, "PT5M"),
            now,
        )
        for (label, metric), series in zip(names.items(), found, strict=True)
    )


def samples(series: Sequence[Series], window: Window) -> Iterator[tuple[datetime, float]]:
    """Give every sample of the window that Azure had, with the start of its bucket."""
    for each in series:
        points = each.points
        begin, end = (bisect_left(points, at, key=_start) for at in (window.start, window.end))
        for point in points[begin:end]:
            if point.value is not None:
                yield point.at, point.value


def _start(point: Point) -> datetime:
    return point.at


def mean_by_request(times: Sequence[Series], requests: Sequence[Series], window: Window) -> float | None:
    """Return the mean of times weighted by the requests of each bucket; None where nothing was measured.

    A quiet minute must not count like a busy one. Both are in buckets of the same width.
    """
    weights: dict[datetime, float] = {}
    for at, count in samples(requests, window):
        weights[at] = weights.get(at, 0.0) + count
    weighed = [(value, weights.get(at, 0.0)) for at, value in samples(times, window)]
    weight = sum(each for _, each in weighed)
    return sum(value * each for value, each in weighed) / weight if weight else None
