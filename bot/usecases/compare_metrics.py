"""Compare a deployment's traffic now with the mean of the same hours on earlier days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean

from bot.domain.deployment import DeploymentRef
from bot.domain.errors import CountersignError
from bot.domain.evidence import Window
from bot.domain.kept_figures import Bucket
from bot.domain.metric_window import KEPT, MOST_WINDOWS, period
from bot.domain.signal import SignalMetric, Traffic
from bot.ports.registry import Readers
from bot.usecases.measure_traffic import Measured, measure_traffic, summed, whole

_DAY = timedelta(days=1)
_STEPS = (
    (timedelta(hours=2), timedelta(minutes=5)),
    (timedelta(hours=12), timedelta(minutes=15)),
    (timedelta(days=2), timedelta(minutes=30)),
    (timedelta(days=7), timedelta(hours=1)),
    (timedelta(days=40), timedelta(hours=6)),
)
_ENOUGH = 0.9


@dataclass(frozen=True)
class Compared:
    """Traffic in a window, and in the same window up to `days` times before, in buckets; totals are means.

    Earlier windows that Azure has samples of only in part are left out: the deployment may not have been there.
    Totals before are of the buckets that are known now, so that like is set beside like.
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
        return _mean([summed(each) for each in self._alike])

    @property
    def tokens(self) -> tuple[float | None, float | None]:
        """Return the tokens of the window, and their mean in the windows before."""
        totals = [total for each in self._alike if (total := _total(each)) is not None]
        return _total(self.buckets), fmean(totals) if totals else None

    @property
    def unknown(self) -> int:
        """Return of how many buckets of the window Azure has no sample."""
        return sum(not _is_known(each) for each in self.buckets)

    @property
    def _alike(self) -> list[list[Bucket]]:
        """Return the earlier windows without the buckets that are not known now."""
        known = [index for index, each in enumerate(self.buckets) if _is_known(each)]
        return [
            [each[index] for index in known or range(len(each)) if index < len(each)] for each in self.earlier
        ]


async def compare_metrics(
    ref: DeploymentRef, window: Window, against: timedelta, *, readers: Readers
) -> Compared:
    """Return the window's traffic beside that of the same hours on each earlier day within `against`.

    A window longer than a day is compared with the windows as long before it. Azure keeps metrics for 93 days.

    Raises:
        NotFoundError, AzureUnavailableError: as the port.
    """
    step = step_for(window)
    here = whole(window, step)
    oldest = whole(Window(here.end - KEPT, here.end), step).start + step
    here = Window(max(here.start, oldest), here.end)
    each = period_of(here)
    days = max(1, min(MOST_WINDOWS, against // each))
    span = Window(max(here.start - days * each, oldest), here.end)
    since = await _created_at(ref, readers)
    measured = await measure_traffic(readers.metrics, ref, span, step, since=since)
    shifts = (back * each for back in range(1, days + 1))
    before = (Window(here.start - shift, here.end - shift) for shift in shifts)
    used = next((bucket.at for bucket in measured.buckets if _is_used(bucket)), here.end)
    there = min(used, since or used)
    earlier = tuple(measured.within(part) for part in before if _is_covered(part, measured, there))
    return Compared(here, step, days, measured.within(here), earlier)


async def _created_at(ref: DeploymentRef, readers: Readers) -> datetime | None:
    """Return when the deployment was created; None where that cannot be read: its traffic still can."""
    try:
        return (await readers.azure.deployment(ref)).created_at
    except CountersignError:
        return None


def _is_covered(window: Window, measured: Measured, there: datetime) -> bool:
    """Return whether a window has a sample, and is known nearly whole since the deployment was there."""
    buckets = measured.within(window)
    known = sum(_is_known(each) and each.at + measured.step > there for each in buckets)
    enough = _ENOUGH * ((window.end - window.start) // measured.step)
    return known >= enough and any(each.is_sampled for each in buckets)


def _is_known(bucket: Bucket) -> bool:
    return bucket.tokens is not None or bucket.traffic is not None


def _is_used(bucket: Bucket) -> bool:
    return bool(bucket.tokens) or bool(bucket.traffic and bucket.traffic.requests)


def step_for(window: Window) -> timedelta:
    """Return the width of buckets that a window is charted in."""
    length = window.end - window.start
    return next((step for most, step in _STEPS if length <= most), _DAY)


def period_of(window: Window) -> timedelta:
    """Return how far apart the windows are that are compared: the whole days that a window reaches over."""
    return period(window.end - window.start)


def row_values(compared: Compared) -> tuple[tuple[str, float | None, float | None], ...]:
    """Return (label, now, before) of tokens, requests, shares and time to response; None where nothing is known."""
    now, before = compared.now, compared.before
    has_now, has_before = (_has_traffic(each) for each in ((compared.buckets,), compared.earlier))
    signals = (SignalMetric.REQUESTS, SignalMetric.THROTTLED_SHARE, SignalMetric.ERROR_SHARE)
    rows = [
        (
            metric.value,
            now.value(metric) if has_now else None,
            before.value(metric) if has_before else None,
        )
        for metric in (*signals, SignalMetric.LATENCY)
    ]
    return (("tokens", *compared.tokens), *rows)


def _has_traffic(windows: Sequence[Sequence[Bucket]]) -> bool:
    return any(bucket.traffic is not None for each in windows for bucket in each)


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
