"""Measure the figures that a baseline keeps: traffic in buckets, and every metric of the catalogue."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from bot.domain.deployment import DeploymentRef
from bot.domain.errors import CountersignError
from bot.domain.evidence import Point, Window
from bot.domain.hourly import weighed_mean
from bot.domain.json import Json
from bot.domain.kept_figures import KeptFigures, Measure
from bot.domain.metric_catalogue import adds_up, catalogue_metrics, is_by_request
from bot.ports.azure import MetricsReader
from bot.usecases.measure_traffic import measure_traffic, whole

SPAN = timedelta(days=1)
_FINE = timedelta(hours=3)


async def measure_figures(metrics: MetricsReader, ref: DeploymentRef, window: Window) -> KeptFigures:
    """Return the figures of the whole buckets inside a window: of a minute up to three hours, of five beyond.

    A metric that Azure does not give is said to be missing; the others are still kept.

    Raises:
        NotFoundError, AzureUnavailableError: the traffic itself could not be read.
    """
    step = timedelta(minutes=1 if window.end - window.start <= _FINE else 5)
    inside = whole(Window(window.start + step - timedelta(microseconds=1), window.end), step)
    names = catalogue_metrics()
    each = (_read(metrics, ref, name, inside, step) for name in names)
    measured, points = await asyncio.gather(
        measure_traffic(metrics, ref, inside, step), asyncio.gather(*each)
    )
    answered = {each.at: each.answered for each in measured.buckets}
    measures = (_measure(name, found, answered) for name, found in zip(names, points, strict=True))
    return KeptFigures(inside, step, measured.buckets, tuple(measures))


async def figures_to_keep(metrics: MetricsReader, ref: DeploymentRef, now: datetime) -> dict[str, Json]:
    """Return the figures of the 24 hours until now as a baseline keeps them, or why there are none."""
    try:
        return (await measure_figures(metrics, ref, Window(now - SPAN, now))).as_json()
    except CountersignError as error:
        return {"gap": f"{error} {error.advice}".strip()}


async def _read(
    metrics: MetricsReader, ref: DeploymentRef, metric: str, window: Window, step: timedelta
) -> list[Point] | str:
    """Return the samples of a metric, or why there are none."""
    try:
        found = await metrics.series(ref, metric, window, interval=step)
    except CountersignError as error:
        return str(error)
    known = [point for each in found for point in each.points if point.value is not None]
    return known or "Azure has no sample of it."


def _measure(metric: str, found: list[Point] | str, answered: Mapping[datetime, float]) -> Measure:
    if isinstance(found, str):
        return Measure(metric, None, 0, found)
    return Measure(metric, _value(metric, found, answered), len(found))


def _value(metric: str, found: Sequence[Point], answered: Mapping[datetime, float]) -> float | None:
    """Return the total, the mean of answers weighed by how many there were, or the mean over time."""
    values = [(point.value or 0.0, point.at) for point in found]
    if adds_up(metric):
        return sum(value for value, _ in values)
    if is_by_request(metric):
        return weighed_mean([(value, answered.get(at, 0.0)) for value, at in values])
    return sum(value for value, _ in values) / len(values)
