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


def is_answer(status: str) -> bool:
    """Return whether a status says that a model answered; what was not told apart by status counts as such."""
    return not status or status.startswith("2")


def mean_by_request(times: Sequence[Series], requests: Sequence[Series], window: Window) -> float | None:
    """Return the mean time of an answer: each bucket weighs by its answered requests; None where there are none.

    A quiet minute must not count like a busy one, and a refusal that takes no time must not count at all.
    Azure's mean of a bucket is by request too, so the width of the buckets, the same for both, makes no
    difference.
    """
    return weighed_mean([(value, weight) for _, value, weight in _weighed(times, requests, window)])


def means_by_request(
    times: Sequence[Series], requests: Sequence[Series], window: Window
) -> dict[datetime, float]:
    """Return the mean of every bucket that has one, as `mean_by_request` does of all."""
    pairs: dict[datetime, list[tuple[float, float]]] = {}
    for at, value, weight in _weighed(times, requests, window):
        pairs.setdefault(at, []).append((value, weight))
    means = ((at, weighed_mean(each)) for at, each in pairs.items())
    return {at: mean for at, mean in means if mean is not None}


def weighed_mean(pairs: Sequence[tuple[float, float]]) -> float | None:
    """Return the mean of (value, weight); None where nothing weighs."""
    weight = sum(each for _, each in pairs)
    return sum(value * each for value, each in pairs) / weight if weight else None


def _weighed(
    times: Sequence[Series], requests: Sequence[Series], window: Window
) -> Iterator[tuple[datetime, float, float]]:
    """Give (bucket, time, answered requests), by status where the times are told apart by it."""
    weights: dict[tuple[str, datetime], float] = {}
    for each in filter(_is_answered, requests):
        for at, count in samples((each,), window):
            for status in {each.dimension, ""}:
                weights[status, at] = weights.get((status, at), 0.0) + count
    for each in filter(_is_answered, times):
        for at, value in samples((each,), window):
            yield at, value, weights.get((each.dimension, at), 0.0)


def _is_answered(series: Series) -> bool:
    return is_answer(series.dimension)
