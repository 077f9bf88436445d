"""The validation signal: which metric a person named, and what it says before and after."""

import re
from dataclasses import dataclass
from enum import StrEnum

MINIMUM_REQUESTS = 20
NOISE_SHARE = 0.25


class SignalMetric(StrEnum):
    """What can be watched."""

    THROTTLED_SHARE = "share of HTTP 429"
    ERROR_SHARE = "share of HTTP 5xx"
    LATENCY = "time to response"
    REQUESTS = "requests"


class VerdictWord(StrEnum):
    """What the comparison says, honestly."""

    BETTER = "better"
    SAME = "same"
    WORSE = "worse"
    NOT_ENOUGH_TRAFFIC = "not enough traffic"


@dataclass(frozen=True)
class Traffic:
    """What a deployment did in one window: requests by outcome and mean time to response in milliseconds."""

    requests: float
    throttled: float
    failed: float
    latency_ms: float | None

    def value(self, metric: SignalMetric) -> float | None:
        """Return the metric: shares in percent, time in ms, None where nothing was measured."""
        match metric:
            case SignalMetric.REQUESTS:
                return self.requests
            case SignalMetric.LATENCY:
                return self.latency_ms
            case SignalMetric.THROTTLED_SHARE:
                return 100 * self.throttled / self.requests if self.requests else None
            case SignalMetric.ERROR_SHARE:
                return 100 * self.failed / self.requests if self.requests else None


@dataclass(frozen=True)
class Signal:
    """A metric with the threshold a person wrote, if they wrote one: `at most` a number, or `above` it."""

    metric: SignalMetric
    at_most: float | None = None
    above: float | None = None


@dataclass(frozen=True)
class Verdict:
    """Before and after, in words, with the noise band said; `missed` is a threshold that does not hold."""

    word: VerdictWord
    signal: str
    before: str
    after: str
    explanation: str
    missed: str = ""


# The first that fits: a span of time ("within 90 seconds") says least about what is watched.
_NAMES = (
    (SignalMetric.THROTTLED_SHARE, r"(?<![\d.])429(?![\d.])|throttl"),
    (SignalMetric.LATENCY, r"latency|response time|time to response|\bms\b"),
    (SignalMetric.ERROR_SHARE, r"5xx|(?<![\d.])50[0-4](?![\d.])|error|failure"),
    (SignalMetric.REQUESTS, r"requests? (rate|count|volume)|traffic"),
    (SignalMetric.LATENCY, r"seconds"),
)


def parse_signal(text: str) -> Signal:
    """Return the metric and threshold that a sentence such as `HTTP 429 below 1 % in 30 min` names."""
    metric = metric_named(text) or SignalMetric.THROTTLED_SHARE
    return Signal(
        metric, _number(r"<=?|≤|below|under|at most", text), _number(r">|above|over|more than", text)
    )


def measured_instead(text: str) -> SignalMetric | None:
    """Return what is measured where a sentence names nothing that can be, None when it does."""
    return None if metric_named(text) is not None else parse_signal(text).metric


def metric_named(text: str) -> SignalMetric | None:
    """Return the metric that a sentence names, None when it names none."""
    lower = text.lower()
    return next((metric for metric, words in _NAMES if re.search(words, lower)), None)


def _number(after: str, text: str) -> float | None:
    found = re.search(rf"(?:{after})\s*([0-9]+(?:\.[0-9]+)?)", text.lower())
    return float(found[1]) if found else None


def judge(signal: Signal, before: Traffic, after: Traffic) -> Verdict:
    """Return the verdict. Fewer than 20 requests on either side is not enough traffic to say anything.

    A difference within a quarter of the value before, or within half a percentage point (20 ms, for times), is noise.
    """
    left, right = before.value(signal.metric), after.value(signal.metric)
    shown = (metric_words(signal.metric, left), metric_words(signal.metric, right))
    if min(before.requests, after.requests) < MINIMUM_REQUESTS or left is None or right is None:
        why = f"{before.requests:,.0f} requests before, {after.requests:,.0f} after; {MINIMUM_REQUESTS} are needed."
        return Verdict(VerdictWord.NOT_ENOUGH_TRAFFIC, signal.metric.value, *shown, why)
    floor = 20.0 if signal.metric is SignalMetric.LATENCY else 0.5
    band = max(NOISE_SHARE * abs(left), floor)
    word = VerdictWord.SAME
    if abs(right - left) > band:
        lower_is_better = signal.metric is not SignalMetric.REQUESTS
        word = VerdictWord.BETTER if (right < left) is lower_is_better else VerdictWord.WORSE
    held, missed = "", ""
    if signal.at_most is not None:
        limit, holds = metric_words(signal.metric, signal.at_most), right <= signal.at_most
        held = f" The threshold of {limit} {'holds' if holds else 'does not hold'}."
        missed = "" if holds else limit
    noise = f"Differences within ±{metric_words(signal.metric, band)} are noise."
    return Verdict(word, signal.metric.value, *shown, f"{noise}{held}", missed)


def metric_words(metric: SignalMetric, value: float | None) -> str:
    """Return a value of a metric in words."""
    if value is None:
        return "no data"
    match metric:
        case SignalMetric.LATENCY:
            return f"{value:,.0f} ms"
        case SignalMetric.REQUESTS:
            return f"{value:,.0f}"
        case SignalMetric.THROTTLED_SHARE | SignalMetric.ERROR_SHARE:
            return f"{value:.2f} %"
