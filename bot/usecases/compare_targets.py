"""Compare two targets: where their configuration differs, and how much of what each has is never used."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.deployment import Deployment, DeploymentRef
from bot.domain.drift import flat, same, shown, value_at
from bot.domain.errors import CountersignError
from bot.domain.evidence import Window
from bot.ports.registry import Readers

METRIC = "TokenTransaction"
BUCKET = timedelta(minutes=5)
WEEK = timedelta(days=7)
PER_UNIT = 1000


@dataclass(frozen=True)
class Use:
    """What a deployment may use a minute, and the busiest five minutes of seven days, both in tokens a minute."""

    allowed: float | None
    peak: float | None
    peak_at: datetime | None = None
    gap: str = ""

    @property
    def idle(self) -> float | None:
        """Return the share of the capacity that was not used even at the peak; None when it cannot be told."""
        if not self.allowed or self.peak is None:
            return None
        return max(0.0, 1 - self.peak / self.allowed)


@dataclass(frozen=True)
class Side:
    """One of the two: what people call it, what is live, how it is used."""

    alias: str
    live: Deployment
    use: Use


@dataclass(frozen=True)
class Row:
    """A field that differs, by its path."""

    field: str
    left: str
    right: str


@dataclass(frozen=True)
class Comparison:
    """Two deployments side by side; fields that are the same are only counted."""

    left: Side
    right: Side
    rows: tuple[Row, ...]
    equal: int
    window: Window


async def compare_targets(
    one: tuple[str, DeploymentRef], other: tuple[str, DeploymentRef], *, readers: Readers, now: datetime
) -> Comparison:
    """Return both sides, read at the same time.

    Raises:
        NotFoundError, AzureUnavailableError: one of them could not be looked at.
    """
    end = now.replace(minute=now.minute - now.minute % 5, second=0, microsecond=0)
    window = Window(end - WEEK, end)
    left, right = await asyncio.gather(*(_side(alias, ref, window, readers) for alias, ref in (one, other)))
    mine, theirs = flat(left.live.projection), flat(right.live.projection)
    paths = sorted({path.lower(): path for path in (*mine, *theirs)}.values())
    values = [(path, value_at(mine, path), value_at(theirs, path)) for path in paths]
    rows = tuple(
        Row(path, shown(first, path), shown(second, path))
        for path, first, second in values
        if not same(first, second, path)
    )
    return Comparison(left, right, rows, len(paths) - len(rows), window)


async def _side(alias: str, ref: DeploymentRef, window: Window, readers: Readers) -> Side:
    live, use = await asyncio.gather(
        readers.azure.deployment(ref), _peak(ref, window, readers), return_exceptions=False
    )
    return Side(alias, live, Use(allowed_tokens(live), use.peak, use.peak_at, use.gap))


async def _peak(ref: DeploymentRef, window: Window, readers: Readers) -> Use:
    try:
        found = await readers.metrics.series(ref, METRIC, window, interval=BUCKET)
    except CountersignError as error:
        return Use(None, None, gap=f"{error} {error.advice}".strip())
    points = [point for series in found for point in series.points if point.value is not None]
    if not points:
        return Use(None, 0.0)
    busiest = max(points, key=lambda point: point.value or 0.0)
    return Use(None, (busiest.value or 0.0) / (BUCKET / timedelta(minutes=1)), busiest.at)


def allowed_tokens(live: Deployment) -> float | None:
    """Return the tokens a minute that a deployment may use; None where capacity is not counted in tokens."""
    for limit in live.rate_limits:
        if limit.key.lower() == "token" and limit.period_seconds:
            return float(limit.count) * 60 / limit.period_seconds
    if live.sku.name.lower().find("provisioned") >= 0:
        return None
    return float(live.sku.capacity * PER_UNIT)
