"""Weigh what a change did: usage and estimated cost in its validation window beside as long before it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from bot.domain.change import Change
from bot.domain.deployment import DeploymentRef
from bot.domain.evidence import Window
from bot.domain.json import Json, canonical
from bot.domain.kept_figures import KeptFigures
from bot.domain.prices import PRICES_VERSION
from bot.ports.azure import MetricsReader
from bot.usecases.estimate_cost import spent
from bot.usecases.measure_figures import measure_figures
from bot.usecases.measure_traffic import TOKENS, summed

FORMAT = "countersign.figures/1"


@dataclass(frozen=True)
class Weighed:
    """What is said of usage and cost before and after, and the figures behind it as they are kept."""

    said: Mapping[str, str]
    body: bytes

    @property
    def sha256(self) -> str:
        """Return the name the figures are kept under."""
        return sha256(self.body).hexdigest()


async def weigh_change(change: Change, after: Window, ref: DeploymentRef, metrics: MetricsReader) -> Weighed:
    """Return usage and cost before and after, an hour each, by what the plan says of both sides.

    Raises:
        NotFoundError, AzureUnavailableError: the traffic could not be read.
    """
    before = Window(after.start - (after.end - after.start), after.start)
    was, became = await asyncio.gather(
        measure_figures(metrics, ref, before), measure_figures(metrics, ref, after)
    )
    body: dict[str, Json] = {
        "format": FORMAT,
        "arm_id": change.arm_id,
        "change": change.id,
        "before": was.as_json(),
        "after": became.as_json(),
    }
    said = {"usage": f"{_usage(was)} → {_usage(became)}", "cost": _cost(change, was, became)}
    return Weighed(said, canonical(body))


def _usage(figures: KeptFigures) -> str:
    tokens, requests = figures.value(TOKENS), summed(figures.buckets).requests
    counted = "no data on" if tokens is None else f"{tokens / figures.hours:,.0f}"
    return f"{counted} tokens and {requests / figures.hours:,.0f} requests an hour"


def _cost(change: Change, was: KeptFigures, became: KeptFigures) -> str:
    if change.plan is None:
        return "unknown: there is no plan"
    before, after = spent(change.plan.before, was), spent(change.plan.after, became)
    return f"{before.words} → {after.words}; estimates, example prices of {PRICES_VERSION}"
