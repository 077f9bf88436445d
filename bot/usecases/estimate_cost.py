"""Estimate what an hour of a deployment costs now, and what it cost before: hosting and tokens."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import fmean

from bot.domain.deployment import DeploymentRef
from bot.domain.evidence import Series, Window
from bot.domain.json import Json
from bot.domain.kept_figures import KeptFigures
from bot.domain.prices import Spending, spending
from bot.ports.registry import Readers
from bot.usecases.choose_reference import Reference
from bot.usecases.compare_metrics import Compared

PROMPT, GENERATED = "ProcessedPromptTokens", "GeneratedTokens"


@dataclass(frozen=True)
class CostBeside:
    """An hour now, and an hour before; both are estimates."""

    now: Spending
    before: Spending


async def compare_cost(
    ref: DeploymentRef, compared: Compared, reference: Reference | None, *, readers: Readers
) -> CostBeside:
    """Return the estimate of the window beside that of what it is compared with.

    Raises:
        NotFoundError, AzureUnavailableError: as the ports.
    """
    window = compared.window
    length = window.end - window.start
    shifts = [] if reference else [window.start - each[0].at for each in compared.earlier]
    span = Window(window.start - max(shifts, default=timedelta()), window.end)
    live, prompt, generated = await asyncio.gather(
        readers.azure.deployment(ref),
        readers.metrics.series(ref, PROMPT, span, interval=compared.step),
        readers.metrics.series(ref, GENERATED, span, interval=compared.step),
    )
    hours = length.total_seconds() / 3600

    def of(windows: Sequence[Window]) -> Spending:
        tokens = [_mean([_within(each, part) for part in windows]) for each in (prompt, generated)]
        return spending(live.sku.name, live.model.name, tokens[0], tokens[1], hours)

    if reference is not None:
        return CostBeside(of([window]), _kept(reference, compared.tokens[1], hours))
    return CostBeside(of([window]), of([Window(window.start - each, window.end - each) for each in shifts]))


def spent(projection: Mapping[str, Json], figures: KeptFigures) -> Spending:
    """Return what an hour of kept figures cost, under the configuration of then."""
    prompt, generated = figures.value(PROMPT), figures.value(GENERATED)
    return spending(*_sku_and_model(projection), prompt, generated, figures.hours)


def _kept(reference: Reference, tokens: float | None, hours: float) -> Spending:
    """Return what the kept tokens of the same hours cost; they are told apart as over all that was kept."""
    prompt, generated = reference.figures.value(PROMPT), reference.figures.value(GENERATED)
    if prompt is None or generated is None or tokens is None or not prompt + generated:
        return spending(*_sku_and_model(reference.projection), None, None, hours)
    share = prompt / (prompt + generated)
    return spending(*_sku_and_model(reference.projection), tokens * share, tokens * (1 - share), hours)


def _sku_and_model(projection: Mapping[str, Json]) -> tuple[str, str]:
    model = _mapping(_mapping(projection.get("properties")).get("model"))
    return str(_mapping(projection.get("sku")).get("name", "")), str(model.get("name", ""))


def _within(series: Sequence[Series], window: Window) -> float | None:
    known = [
        point.value
        for each in series
        for point in each.points
        if point.value is not None and window.start <= point.at < window.end
    ]
    return sum(known) if known else None


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}
