"""The rules of the watch: each looks at the signs of a target and finds one thing, or that it cannot be known."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.hourly import weighed_mean
from bot.domain.signs import (
    Condition,
    Finding,
    Level,
    Minute,
    Sign,
    Signs,
    Step,
    Thresholds,
    Unseen,
    exhausted_percent,
)

DEFAULTS = Thresholds()
_ORDER = (Level.CRITICAL, Level.WATCH, Level.UNKNOWN, Level.HEALTHY)
_READY = ("Succeeded", "Accepted", "Creating", "Moving")


def findings(signs: Signs, limits: Thresholds = DEFAULTS) -> tuple[Finding, ...]:
    """Return what each rule finds, the worst and surest first."""
    found = [rule(signs, limits) for rule in _RULES]
    return tuple(sorted(found, key=lambda each: (_ORDER.index(each.level), not each.is_certain)))


def failed_operations(signs: Signs, limits: Thresholds) -> Finding:
    """Find writes of the last hour that failed, whoever made them."""
    sign, failed = Sign.FAILED_OPERATIONS, signs.failed
    if isinstance(failed, Unseen):
        return _unknown(sign, failed.why)
    if not failed:
        return Finding(sign, Level.HEALTHY, "No write failed in the last hour.")
    newest = max(failed, key=lambda each: each.at)
    many = f"{len(failed)} writes" if len(failed) > 1 else "One write"
    words = (
        f"{many} failed in the last hour; the last: {newest.what}, {newest.at:%H:%M} UTC, by {newest.caller}."
    )
    since = min(each.at for each in failed)
    return Finding(
        sign, limits.failed_writes.level(len(failed)), words, since, {"Failed writes": f"{len(failed)}"}
    )


def capacity_pressure(signs: Signs, limits: Thresholds) -> Finding:
    """Find calls refused with HTTP 429, and provisioned capacity that is used up."""
    rule = _Share(
        Sign.CAPACITY_PRESSURE,
        "were refused with HTTP 429",
        "HTTP 429",
        lambda each: each.throttled,
        limits.throttled_percent,
    )
    found = _share(rule, signs, limits)
    condition = signs.condition
    used = condition.utilisation_percent if isinstance(condition, Condition) else None
    if used is None:
        return found
    level = limits.utilisation_percent.level(used)
    figures = {**found.figures, "Utilisation": f"{used:.0f} %"}
    if _ORDER.index(level) >= _ORDER.index(found.level):
        return Finding(found.sign, found.level, found.words, found.since, figures, found.is_certain)
    return Finding(found.sign, level, f"Provisioned capacity is {used:.0f} % used.", None, figures)


def quota_exhaustion(signs: Signs, limits: Thresholds) -> Finding:
    """Find a quota pool that is used up."""
    sign, pool = Sign.QUOTA_EXHAUSTION, signs.pool
    if isinstance(pool, Unseen):
        return _unknown(sign, pool.why)
    level = limits.quota_percent.level(exhausted_percent(pool))
    said = f"{pool.current.normalize():,f} of {pool.limit.normalize():,f} units of {pool.name} are used"
    words = {
        Level.CRITICAL: f"The quota is exhausted: {said}; nothing can be scaled up or made again.",
        Level.WATCH: f"The quota is nearly exhausted: {said}.",
    }.get(level, f"{said[0].upper()}{said[1:]}.")
    return Finding(sign, level, words, None, {"Quota left": f"{pool.left.normalize():,f} units"})


def restore_gaps(signs: Signs, limits: Thresholds) -> Finding:
    """Find that a target could not be put back as it was."""
    sign, restore = Sign.RESTORE_GAPS, signs.restore
    if isinstance(restore, Unseen):
        return _unknown(sign, restore.why)
    figures = {"Kept": restore.reference or "nothing"}
    if restore.obstacle:
        return Finding(sign, Level.CRITICAL, f"It could not be put back: {restore.obstacle}.", None, figures)
    if restore.reference:
        return Finding(sign, Level.HEALTHY, f"It could be put back from {restore.reference}.", None, figures)
    words = "Nothing says how to put it back: no baseline is kept and no template is declared."
    return Finding(sign, Level.WATCH, words, None, figures)


def query_errors(signs: Signs, limits: Thresholds) -> Finding:
    """Find calls that failed with HTTP 5xx, or were refused as wrong."""
    sign = Sign.QUERY_ERRORS
    rules = (
        _Share(sign, "failed with HTTP 5xx", "HTTP 5xx", lambda each: each.failed, limits.failed_percent),
        _Share(
            sign, "were refused with HTTP 4xx", "HTTP 4xx", lambda each: each.refused, limits.refused_percent
        ),
    )
    found = [_share(rule, signs, limits) for rule in rules]
    worst = min(found, key=lambda each: _ORDER.index(each.level))
    figures = {name: value for each in found for name, value in each.figures.items()}
    return Finding(sign, worst.level, worst.words, worst.since, figures, worst.is_certain)


def deployment_failures(signs: Signs, limits: Thresholds) -> Finding:
    """Find a deployment that is not there, or did not become what it was to be."""
    sign, condition = Sign.DEPLOYMENT_FAILURES, signs.condition
    if isinstance(condition, Unseen):
        return _unknown(sign, condition.why)
    figures = {"State": condition.provisioning or "does not exist"}
    if condition.is_planned:
        words = f"It does not exist: {condition.deleted}, as was approved."
        return Finding(sign, Level.HEALTHY, words, condition.deleted_at, figures)
    if not condition.provisioning:
        who = condition.deleted or "the activity log of the last day does not say who deleted it"
        words, since = f"The deployment does not exist: {who}.", condition.deleted_at
        return Finding(sign, Level.CRITICAL, words, since, figures, is_certain=True)
    if condition.provisioning not in _READY:
        words = f"The deployment is in the state {condition.provisioning}."
        return Finding(sign, Level.CRITICAL, words, None, figures, is_certain=True)
    if condition.running == "Paused":
        return Finding(sign, Level.WATCH, "The deployment is paused: calls get HTTP 423.", None, figures)
    return Finding(sign, Level.HEALTHY, f"The deployment is {condition.provisioning}.", None, figures)


def abnormal_latency(signs: Signs, limits: Thresholds) -> Finding:
    """Find answers that take much longer than usual."""
    sign, minutes, usual = Sign.ABNORMAL_LATENCY, signs.minutes, signs.usual
    if isinstance(minutes, Unseen) or isinstance(usual, Unseen):
        return _unknown(sign, _whys(minutes, usual))
    now = _latency(_recent(minutes, signs.at, limits))
    if now is None or usual.latency_ms is None:
        return _unknown(sign, "no answer in the last minutes, or none the day before, to compare with")
    figures = {"Time to response": f"{now:,.0f} ms", "Usual": f"{usual.latency_ms:,.0f} ms"}
    factor = now / usual.latency_ms if usual.latency_ms else 1.0
    is_felt = now - usual.latency_ms >= limits.latency_floor_ms
    level = limits.latency_factor.level(factor) if is_felt else Level.HEALTHY
    words = f"An answer takes {now:,.0f} ms, {factor:.1f} times the usual {usual.latency_ms:,.0f} ms."
    if level is Level.HEALTHY:
        return Finding(sign, level, words, None, figures)
    slow = limits.latency_factor.watch * usual.latency_ms
    since = _since(minutes, lambda each: each.latency_ms is not None and each.latency_ms >= slow)
    certain = factor >= limits.certain * limits.latency_factor.critical
    return Finding(sign, level, words, since, figures, certain)


def content_filter_spike(signs: Signs, limits: Thresholds) -> Finding:
    """Find that the content filter stops many more calls than usual."""
    sign, minutes, usual = Sign.CONTENT_FILTER_SPIKE, signs.minutes, signs.usual
    if isinstance(minutes, Unseen) or isinstance(usual, Unseen):
        return _unknown(sign, _whys(minutes, usual))
    recent = _recent(minutes, signs.at, limits)
    checked = sum(each.answered for each in recent)
    if checked < limits.requests or usual.filtered_percent is None:
        return _unknown(
            sign, f"{checked:,.0f} answers in the last minutes, or none the day before, are too few"
        )
    now = 100 * sum(each.filtered for each in recent) / checked
    step = _floored(limits, usual.filtered_percent)
    level = step.level(now)
    words = f"The content filter stops {now:.1f} % of the calls; usual is {usual.filtered_percent:.1f} %."
    figures = {"Filtered": f"{now:.1f} %", "Usual": f"{usual.filtered_percent:.1f} %"}
    if level is Level.HEALTHY:
        return Finding(sign, level, words, None, figures)
    since = _since(minutes, lambda each: 100 * each.filtered >= step.watch * max(1.0, each.answered))
    return Finding(sign, level, words, since, figures, now >= limits.certain * step.critical)


_RULES: tuple[Callable[[Signs, Thresholds], Finding], ...] = (
    failed_operations,
    capacity_pressure,
    quota_exhaustion,
    restore_gaps,
    query_errors,
    deployment_failures,
    abnormal_latency,
    content_filter_spike,
)


@dataclass(frozen=True)
class _Share:
    """A share of the calls that is looked at: what happened to them, how it is called, and how far it may go."""

    sign: Sign
    words: str
    name: str
    of: Callable[[Minute], float]
    step: Step


def _share(rule: _Share, signs: Signs, limits: Thresholds) -> Finding:
    if isinstance(signs.minutes, Unseen):
        return _unknown(rule.sign, signs.minutes.why)
    recent = _recent(signs.minutes, signs.at, limits)
    requests = sum(each.requests for each in recent)
    if requests < limits.requests:
        return _unknown(rule.sign, f"{requests:,.0f} calls in the last minutes, too few to say")
    percent = 100 * sum(map(rule.of, recent)) / requests
    level = rule.step.level(percent)
    words = f"{percent:.1f} % of {requests:,.0f} calls {rule.words}."
    figures = {rule.name: f"{percent:.1f} %"}
    if level is Level.HEALTHY:
        return Finding(rule.sign, level, words, None, figures)
    since = _since(signs.minutes, lambda each: 100 * rule.of(each) >= rule.step.watch * each.requests > 0)
    certain = percent >= min(95.0, limits.certain * rule.step.critical)
    return Finding(rule.sign, level, words, since, figures, certain)


def _floored(limits: Thresholds, usual: float) -> Step:
    factor, floor = limits.filtered_factor, limits.filtered_floor_percent
    return Step(max(floor, factor.watch * usual), max(2 * floor, factor.critical * usual))


def _recent(minutes: Sequence[Minute], at: datetime, limits: Thresholds) -> list[Minute]:
    return [each for each in minutes if each.at >= at - limits.window]


def _latency(minutes: Sequence[Minute]) -> float | None:
    return weighed_mean([(each.latency_ms, each.answered) for each in minutes if each.latency_ms is not None])


def _since(minutes: Sequence[Minute], is_bad: Callable[[Minute], bool]) -> datetime | None:
    """Return the start of the run of bad minutes that reaches to the end; minutes without calls do not break it."""
    since: datetime | None = None
    for each in reversed(minutes):
        if is_bad(each):
            since = each.at
        elif each.requests and since is not None:
            break
    return since


def _unknown(sign: Sign, why: str) -> Finding:
    return Finding(sign, Level.UNKNOWN, f"Cannot be said: {why.rstrip('.')}.")


def _whys(*parts: object) -> str:
    return "; ".join(dict.fromkeys(part.why for part in parts if isinstance(part, Unseen)))
