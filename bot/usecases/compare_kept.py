"""Set a window beside a kept baseline: the same hours of it where it holds a day, else all of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.deployment import DeploymentRef
from bot.domain.evidence import Window
from bot.domain.kept_figures import Bucket, KeptFigures
from bot.domain.signal import Signal, SignalMetric, Traffic, Verdict, VerdictWord, judge
from bot.ports.registry import Readers
from bot.usecases.compare_metrics import Compared, step_for
from bot.usecases.measure_traffic import measure_traffic, summed, whole

_DAY = timedelta(days=1)
_NEAR = timedelta(hours=1)
_JUDGED = (SignalMetric.THROTTLED_SHARE, SignalMetric.ERROR_SHARE, SignalMetric.LATENCY)


@dataclass(frozen=True)
class Judged:
    """One word over all signals, and what each of them says."""

    word: VerdictWord
    signals: tuple[Verdict, ...]


async def compare_kept(
    ref: DeploymentRef, window: Window, figures: KeptFigures, *, readers: Readers
) -> Compared:
    """Return the window's traffic beside what is kept, in the same buckets.

    Raises:
        NotFoundError, AzureUnavailableError: as the port.
    """
    step = step_for(window)
    here = whole(window, step)
    buckets = (await measure_traffic(readers.metrics, ref, here, step)).buckets
    groups = [each for each in _grouped(figures, step) if each.traffic is not None]
    near = [_same_hours(each.at, groups, figures) for each in buckets]
    most = max(map(len, near), default=0)
    earlier = (
        tuple(
            found[index % len(found)] if found else Bucket(each.at, None, None)
            for each, found in zip(buckets, near, strict=True)
        )
        for index in range(most)
    )
    return Compared(here, step, 0, buckets, tuple(earlier))


def judge_all(before: Traffic, after: Traffic) -> Judged:
    """Return the verdict on the shares of HTTP 429 and 5xx and the time to response; the worst word counts."""
    found = tuple(judge(Signal(metric), before, after) for metric in _JUDGED)
    words = {each.word for each in found}
    order = (VerdictWord.WORSE, VerdictWord.BETTER, VerdictWord.SAME)
    return Judged(next((word for word in order if word in words), VerdictWord.NOT_ENOUGH_TRAFFIC), found)


def kept_traffic(window: Window, figures: KeptFigures) -> Traffic:
    """Return the kept traffic that stands beside a window, as it was counted: nothing is scaled up."""
    step = figures.step
    hours = [window.start + index * step for index in range((window.end - window.start) // step)]
    near = {each.at: each for at in hours for each in _same_hours(at, figures.buckets, figures)}
    return summed(near.values())


def _same_hours(at: datetime, buckets: Sequence[Bucket], figures: KeptFigures) -> list[Bucket]:
    """Return the buckets within an hour of the same time of day; all of them where less than a day is kept."""
    if figures.window.end - figures.window.start < _DAY:
        return list(buckets)
    return [each for each in buckets if min((each.at - at) % _DAY, (at - each.at) % _DAY) <= _NEAR]


def _grouped(figures: KeptFigures, step: timedelta) -> list[Bucket]:
    """Return the kept buckets put together to a width; what is kept of less than that is scaled up to it."""
    size = max(1, step // figures.step)
    found = figures.buckets
    if len(found) < size:
        known = [each for each in found if each.traffic is not None]
        return [_scaled(_together(known), size / len(known))] if known else []
    return [_together(found[start : start + size]) for start in range(0, len(found) - size + 1, size)]


def _together(part: Sequence[Bucket]) -> Bucket:
    known = [each for each in part if each.traffic is not None]
    tokens = [each.tokens for each in part if each.tokens is not None]
    return Bucket(
        part[0].at,
        sum(tokens) if len(tokens) == len(part) else None,
        summed(known) if len(known) == len(part) else None,
        sum(each.answered for each in part),
        is_sampled=True,
    )


def _scaled(bucket: Bucket, factor: float) -> Bucket:
    tokens, found = bucket.tokens, bucket.traffic
    return Bucket(
        bucket.at,
        None if tokens is None else tokens * factor,
        None
        if found is None
        else Traffic(
            found.requests * factor, found.throttled * factor, found.failed * factor, found.latency_ms
        ),
        bucket.answered * factor,
        is_sampled=True,
    )
