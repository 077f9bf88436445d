"""Chart a deployment's traffic beside what is usual, with what was done to it meanwhile."""

from collections.abc import Callable, Sequence
from datetime import datetime
from statistics import fmean, pstdev

from bot.domain.chart import Chart, Line, Mark, Usual
from bot.domain.deployment import DeploymentRef
from bot.domain.evidence import Point, Window
from bot.domain.kept_figures import Bucket
from bot.ports.archive import ChangeQuery
from bot.usecases.compare_metrics import Compared
from bot.usecases.desk import Desk

_Take = Callable[[Bucket], float | None]


async def applied_marks(ref: DeploymentRef, alias: str, window: Window, *, desk: Desk) -> tuple[Mark, ...]:
    """Return a mark for each change of the deployment that was applied within the window, oldest first."""
    async with desk.archive.transaction() as tx:
        changes = await tx.changes(ChangeQuery(target=alias, limit=100))
    marks = [
        Mark(change.executed_at, f"{change.id} applied")
        for change in changes
        if change.arm_id.lower() == ref.key
        and change.executed_at is not None
        and window.start <= change.executed_at < window.end
    ]
    return tuple(sorted(marks, key=lambda mark: mark.at))


def charts_of(compared: Compared, marks: tuple[Mark, ...]) -> tuple[Chart, ...]:
    """Return tokens, requests by status and time to response, each with what is usual at that hour."""
    step = compared.step

    def line(name: str, take: _Take) -> Line:
        return Line(name, tuple(Point(each.at, take(each)) for each in compared.buckets))

    statuses = (line("Answered", _answered), line("HTTP 429", _throttled), line("Other errors", _failed))
    return (
        Chart("Tokens", "tokens", step, (line("Tokens", _tokens),), _usual(compared, _tokens), marks),
        Chart(
            "Requests by status",
            "requests",
            step,
            statuses,
            _usual(compared, _requests),
            marks,
            usual_name="Usual, all",
        ),
        Chart(
            "Time to response",
            "ms",
            step,
            (line("Mean", _latency),),
            _usual(compared, _latency),
            marks,
            adds_up=False,
        ),
    )


def _usual(compared: Compared, take: _Take) -> tuple[Usual, ...]:
    """Return mean and spread per bucket, from the same bucket of each window before that knows it."""
    found = []
    for index, bucket in enumerate(compared.buckets):
        values = [value for each in compared.earlier if (value := _at(each, index, take)) is not None]
        if values:
            found.append(_range(bucket.at, values))
    return tuple(found)


def _at(buckets: Sequence[Bucket], index: int, take: _Take) -> float | None:
    return take(buckets[index]) if index < len(buckets) else None


def _range(at: datetime, values: Sequence[float]) -> Usual:
    mean, spread = fmean(values), pstdev(values)
    return Usual(at, max(0.0, mean - spread), mean, mean + spread)


def _tokens(bucket: Bucket) -> float | None:
    return bucket.tokens


def _requests(bucket: Bucket) -> float | None:
    return bucket.traffic.requests if bucket.traffic else None


def _answered(bucket: Bucket) -> float | None:
    return bucket.answered if bucket.traffic else None


def _throttled(bucket: Bucket) -> float | None:
    return bucket.traffic.throttled if bucket.traffic else None


def _failed(bucket: Bucket) -> float | None:
    found = bucket.traffic
    return found.requests - bucket.answered - found.throttled if found else None


def _latency(bucket: Bucket) -> float | None:
    return bucket.latency_ms
