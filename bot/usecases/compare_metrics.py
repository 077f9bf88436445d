"""Compare a deployment's traffic now with the mean of the same hours on earlier days, and chart it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean, pstdev

from bot.domain.chart import Chart, Line, Mark, Usual
from bot.domain.deployment import DeploymentRef
from bot.domain.evidence import Point, Window
from bot.domain.kept_figures import Bucket
from bot.domain.signal import SignalMetric, Traffic
from bot.ports.archive import ChangeQuery
from bot.ports.registry import Readers
from bot.usecases.desk import Desk
from bot.usecases.measure_traffic import measure_traffic, summed, whole

MOST_DAYS = 7
_DAY = timedelta(days=1)
_STEPS = (
    (timedelta(hours=2), timedelta(minutes=5)),
    (timedelta(hours=12), timedelta(minutes=15)),
    (timedelta(days=2), timedelta(minutes=30)),
    (timedelta(days=7), timedelta(hours=1)),
    (timedelta(days=40), timedelta(hours=6)),
)
_Take = Callable[[Bucket], float | None]


@dataclass(frozen=True)
class Compared:
    """Traffic in a window, and in the same window up to `days` times before, in buckets; totals are means.

    Earlier windows of which Azure has no sample at all are left out: the deployment may not have been there.
    """

    window: Window
    step: timedelta
    days: int
    buckets: tuple[Bucket, ...]
    earlier: tuple[tuple[Bucket, ...], ...]

    @property
    def now(self) -> Traffic:
        """Return the traffic of the window."""
        return summed(self.buckets)

    @property
    def before(self) -> Traffic:
        """Return the mean traffic of the windows before; a time to response None where nothing was measured."""
        return _mean([summed(each) for each in self.earlier])

    @property
    def tokens(self) -> tuple[float | None, float | None]:
        """Return the tokens of the window, and their mean in the windows before."""
        totals = [total for each in self.earlier if (total := _total(each)) is not None]
        return _total(self.buckets), fmean(totals) if totals else None


async def compare_metrics(
    ref: DeploymentRef, window: Window, against: timedelta, *, readers: Readers
) -> Compared:
    """Return the window's traffic beside that of the same hours on each earlier day within `against`.

    A window longer than a day is compared with the windows as long before it.

    Raises:
        NotFoundError, AzureUnavailableError: as the port.
    """
    step = step_for(window)
    here = whole(window, step)
    period = period_of(here)
    days = max(1, min(MOST_DAYS, against // period))
    span = Window(here.start - days * period, here.end)
    measured = await measure_traffic(readers.metrics, ref, span, step)
    shifts = [back * period for back in range(1, days + 1)]
    before = (measured.within(Window(here.start - shift, here.end - shift)) for shift in shifts)
    earlier = tuple(each for each in before if any(bucket.is_sampled for bucket in each))
    return Compared(here, step, days, measured.within(here), earlier)


def step_for(window: Window) -> timedelta:
    """Return the width of buckets that a window is charted in."""
    length = window.end - window.start
    return next((step for most, step in _STEPS if length <= most), _DAY)


def period_of(window: Window) -> timedelta:
    """Return how far apart the windows are that are compared: the whole days that a window reaches over."""
    return max(1, -(-(window.end - window.start) // _DAY)) * _DAY


def row_values(compared: Compared) -> tuple[tuple[str, float | None, float | None], ...]:
    """Return (label, now, before) of tokens, requests, shares and time to response, tokens first."""
    now, before = compared.now, compared.before
    signals = (SignalMetric.REQUESTS, SignalMetric.THROTTLED_SHARE, SignalMetric.ERROR_SHARE)
    rows = [
        (metric.value, now.value(metric), before.value(metric)) for metric in (*signals, SignalMetric.LATENCY)
    ]
    return (("tokens", *compared.tokens), *rows)


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


def _total(buckets: Sequence[Bucket]) -> float | None:
    known = [each.tokens for each in buckets if each.tokens is not None]
    return sum(known) if known else None


def _mean(traffics: Sequence[Traffic]) -> Traffic:
    if not traffics:
        return Traffic(0.0, 0.0, 0.0, None)
    latencies = [found.latency_ms for found in traffics if found.latency_ms is not None]
    return Traffic(
        requests=fmean(found.requests for found in traffics),
        throttled=fmean(found.throttled for found in traffics),
        failed=fmean(found.failed for found in traffics),
        latency_ms=fmean(latencies) if latencies else None,
    )
