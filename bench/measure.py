"""Times and what is said of them: medians, worst cases, one row of the table per measurement."""

import gc
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median, quantiles
from time import perf_counter


@dataclass(frozen=True)
class Row:
    """One measurement, its floor and how often it was looked at; in milliseconds, or in another unit."""

    name: str
    ours: Sequence[float]
    floor: Sequence[float]
    floor_name: str
    unit: str = "ms"

    def cells(self) -> tuple[str, ...]:
        """Return what the table says: what, ours, floor, ratio of medians, how many."""
        ratio = median(self.ours) / median(self.floor)
        count = (
            f"{len(self.ours)}"
            if len(self.ours) == len(self.floor)
            else f"{len(self.ours)}/{len(self.floor)}"
        )
        return (
            self.name,
            spread(self.ours, self.unit),
            f"{spread(self.floor, self.unit)} {self.floor_name}",
            f"{ratio:.1f} ×",
            count,
        )


class Watch:
    """Collects the times of one thing."""

    def __init__(self) -> None:
        self.times: list[float] = []

    @contextmanager
    def timing(self) -> Iterator[None]:
        """Measure the block."""
        started = perf_counter()
        yield
        self.times.append((perf_counter() - started) * 1000)


def spread(times: Sequence[float], unit: str = "ms") -> str:
    """Return median and p99, or the worst where fewer than 100 samples know no p99."""
    if len(times) >= 100:
        return f"{figure(median(times))} / {figure(quantiles(times, n=100)[98])} {unit}"
    return f"{figure(median(times))} / {figure(max(times))} {unit} (worst)"


def figure(value: float) -> str:
    """Return three digits of a number, as a person reads it."""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


async def interleaved(
    rounds: int, *things: Callable[[], Awaitable[object]], warm: int = 3
) -> list[list[float]]:
    """Return the times of each thing, done in turn, so that a noisy minute troubles all of them alike."""
    watches = [Watch() for _ in things]
    for _ in range(warm):
        for thing in things:
            await thing()
    gc.collect()
    for _ in range(rounds):
        for thing, watch in zip(things, watches, strict=True):
            with watch.timing():
                await thing()
    return [watch.times for watch in watches]
