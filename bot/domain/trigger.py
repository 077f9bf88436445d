"""The rollback trigger: what a person wrote must not be passed while the signal is watched, and whether it is."""

from dataclasses import dataclass

from bot.domain.errors import InvalidInputError
from bot.domain.signal import (
    MINIMUM_REQUESTS,
    Signal,
    SignalMetric,
    Traffic,
    metric_named,
    metric_words,
    parse_signal,
)

EXAMPLES = "HTTP 5xx above 2 %, HTTP 429 above 5 %, time to response over 900 ms, requests above 20000"


@dataclass(frozen=True)
class Breach:
    """A trigger that was passed: what was measured, and the limit, in words."""

    value: str
    limit: str


def parse_trigger(text: str) -> Signal:
    """Return the metric and the limit that `HTTP 5xx above 2 %` names.

    Raises:
        InvalidInputError: it names no metric or no limit; the words hold examples.
    """
    signal = parse_signal(text)
    if metric_named(text) is None:
        raise InvalidInputError(f"No metric can be read in it. Write one such as: {EXAMPLES}.")
    if signal.above is None:
        raise InvalidInputError(
            f"No limit can be read in it. Write `above` and a number, such as: {EXAMPLES}."
        )
    return signal


def trigger_words(text: str) -> str:
    """Return what is read in a stored trigger, without the person's own words; empty when there is none."""
    signal = parse_signal(text)
    if not text or signal.above is None:
        return ""
    return f"{signal.metric.value} above {metric_words(signal.metric, signal.above)}"


def breach(trigger: Signal, seen: Traffic) -> Breach | None:
    """Return what was passed, None when nothing was or when too few requests were seen to say anything."""
    value = seen.value(trigger.metric)
    if trigger.above is None or value is None or value <= trigger.above:
        return None
    if seen.requests < MINIMUM_REQUESTS and trigger.metric is not SignalMetric.REQUESTS:
        return None
    name = trigger.metric.value
    return Breach(
        f"{name} {metric_words(trigger.metric, value)}",
        f"above {metric_words(trigger.metric, trigger.above)}",
    )
