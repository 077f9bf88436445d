"""Measure the figures that a baseline keeps: traffic in buckets, and every metric of the catalogue."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.domain.deployment import DeploymentRef
from bot.domain.errors import CountersignError
from bot.domain.evidence import Series, Window
from bot.domain.json import Json
from bot.domain.kept_figures import KeptFigures, Measure
from bot.domain.metric_catalogue import adds_up, catalogue_metrics
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
    each = (_measure(metrics, ref, metric, inside, step) for metric in catalogue_metrics())
    measured, measures = await asyncio.gather(
        measure_traffic(metrics, ref, inside, step), asyncio.gather(*each)
    )
    return KeptFigures(inside, step, measured.buckets, tuple(measures))


async def figures_to_keep(metrics: MetricsReader, ref: DeploymentRef, now: datetime) -> dict[str, Json]:
    """Return the figures of the 24 hours until now as a baseline keeps them, or why there are none."""
    try:
        return (await measure_figures(metrics, ref, Window(now - SPAN, now))).as_json()
    except CountersignError as error:
        return {"gap": f"{error} {error.advice}".strip()}


async def _measure(
    metrics: MetricsReader, ref: DeploymentRef, metric: str, window: Window, step: timedelta
) -> Measure:
    try:
        found = await metrics.series(ref, metric, window, interval=step)
    except CountersignError as error:
        return Measure(metric, None, 0, str(error))
    values = _values(found)
    if not values:
        return Measure(metric, None, 0, "Azure has no sample of it.")
    total = sum(values)
    return Measure(metric, total if adds_up(metric) else total / len(values), len(values))


def _values(series: Sequence[Series]) -> list[float]:
    return [point.value for each in series for point in each.points if point.value is not None]
