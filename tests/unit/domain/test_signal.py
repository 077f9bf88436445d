"""The validation signal: which metric a sentence names, and a verdict that claims no more than it can."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.signal import (
    MINIMUM_REQUESTS,
    Signal,
    SignalMetric,
    Traffic,
    VerdictWord,
    judge,
    measured_instead,
    parse_signal,
)

M, W = SignalMetric, VerdictWord


@pytest.mark.parametrize(
    ("text", "metric", "at_most"),
    [
        ("HTTP 429 below 1 % in 30 min", M.THROTTLED_SHARE, 1),
        ("HTTP 429 < 0.5 %", M.THROTTLED_SHARE, 0.5),
        ("share of 429 ≤ 2%", M.THROTTLED_SHARE, 2),
        ("HTTP 429 below 1 % within 90 seconds", M.THROTTLED_SHARE, 1),
        ("throttling under 3 % for 60 seconds", M.THROTTLED_SHARE, 3),
        ("429 share of all traffic at most 1", M.THROTTLED_SHARE, 1),
        ("time to response below 800 ms", M.LATENCY, 800),
        ("Latency at most 1200", M.LATENCY, 1200),
        ("answers within 2 seconds", M.LATENCY, None),
        ("5xx under 1 %", M.ERROR_SHARE, 1),
        ("errors <= 0.1 %", M.ERROR_SHARE, 0.1),
        ("no HTTP 503", M.ERROR_SHARE, None),
        ("request volume as before", M.REQUESTS, None),
        ("traffic stays", M.REQUESTS, None),
        ("it gets better", M.THROTTLED_SHARE, None),
        ("", M.THROTTLED_SHARE, None),
    ],
)
def test_a_sentence_names_a_metric_and_perhaps_a_threshold(
    text: str, metric: SignalMetric, at_most: float | None
) -> None:
    assert parse_signal(text) == Signal(metric, at_most)


@given(st.text())
def test_any_sentence_can_be_read(text: str) -> None:
    assert parse_signal(text).metric in SignalMetric


def _traffic(
    requests: float, throttled: float = 0, failed: float = 0, latency: float | None = 100
) -> Traffic:
    return Traffic(requests, throttled, failed, latency)


@pytest.mark.parametrize(
    ("metric", "before", "after", "word"),
    [
        (M.THROTTLED_SHARE, _traffic(100, 10), _traffic(100, 1), W.BETTER),
        (M.THROTTLED_SHARE, _traffic(100, 1), _traffic(100, 10), W.WORSE),
        (M.THROTTLED_SHARE, _traffic(1000, 0), _traffic(1000, 5), W.SAME),
        (M.THROTTLED_SHARE, _traffic(1000, 0), _traffic(1000, 6), W.WORSE),
        (M.THROTTLED_SHARE, _traffic(100, 40), _traffic(100, 30), W.SAME),
        (M.THROTTLED_SHARE, _traffic(100, 40), _traffic(100, 29), W.BETTER),
        (M.ERROR_SHARE, _traffic(100, 0, 10), _traffic(100, 0, 0), W.BETTER),
        (M.ERROR_SHARE, _traffic(100, 10, 0), _traffic(100, 0, 0), W.SAME),
        (M.LATENCY, _traffic(100, latency=400), _traffic(100, latency=290), W.BETTER),
        (M.LATENCY, _traffic(100, latency=40), _traffic(100, latency=60), W.SAME),
        (M.LATENCY, _traffic(100, latency=40), _traffic(100, latency=61), W.WORSE),
        (M.REQUESTS, _traffic(100), _traffic(200), W.BETTER),
        (M.REQUESTS, _traffic(200), _traffic(100), W.WORSE),
        (M.THROTTLED_SHARE, _traffic(19, 10), _traffic(1000), W.NOT_ENOUGH_TRAFFIC),
        (M.THROTTLED_SHARE, _traffic(1000, 10), _traffic(19), W.NOT_ENOUGH_TRAFFIC),
        (M.THROTTLED_SHARE, _traffic(0), _traffic(0), W.NOT_ENOUGH_TRAFFIC),
        (M.LATENCY, _traffic(100, latency=None), _traffic(100), W.NOT_ENOUGH_TRAFFIC),
        (M.THROTTLED_SHARE, _traffic(20, 10), _traffic(20), W.BETTER),
    ],
)
def test_the_verdict(metric: SignalMetric, before: Traffic, after: Traffic, word: VerdictWord) -> None:
    verdict = judge(Signal(metric), before, after)
    assert verdict.word is word
    assert verdict.signal == metric.value


_COUNTS = st.floats(0, 1e6)
_TRAFFIC = st.builds(
    Traffic, requests=_COUNTS, throttled=_COUNTS, failed=_COUNTS, latency_ms=st.none() | _COUNTS
)


@given(st.sampled_from(SignalMetric), _TRAFFIC, _TRAFFIC)
def test_few_requests_are_never_a_verdict_and_nothing_is_better_than_itself(
    metric: SignalMetric, before: Traffic, after: Traffic
) -> None:
    word = judge(Signal(metric), before, after).word
    if min(before.requests, after.requests) < MINIMUM_REQUESTS:
        assert word is W.NOT_ENOUGH_TRAFFIC
    assert judge(Signal(metric), before, before).word in (W.SAME, W.NOT_ENOUGH_TRAFFIC)


def test_the_threshold_is_said_and_does_not_change_the_word() -> None:
    kept = judge(Signal(M.THROTTLED_SHARE, 1), _traffic(100, 10), _traffic(100, 1))
    broken = judge(Signal(M.THROTTLED_SHARE, 0.5), _traffic(100, 10), _traffic(100, 1))
    assert (kept.word, broken.word) == (W.BETTER, W.BETTER)
    assert kept.explanation.endswith("holds.")
    assert broken.explanation.endswith("does not hold.")
    assert (kept.missed, broken.missed) == ("", "0.50 %")


@pytest.mark.parametrize(("text", "instead"), [("x", M.THROTTLED_SHARE), ("HTTP 5xx below 1 %", None)])
def test_what_is_measured_instead_of_words_that_name_no_metric(
    text: str, instead: SignalMetric | None
) -> None:
    assert measured_instead(text) is instead


def test_before_and_after_are_said_with_their_units() -> None:
    assert (
        judge(Signal(M.LATENCY), _traffic(100, latency=1234), _traffic(100, latency=None)).before
        == "1,234 ms"
    )
    verdict = judge(Signal(M.THROTTLED_SHARE), _traffic(0), _traffic(1000, 5))
    assert (verdict.before, verdict.after) == ("no data", "0.50 %")
    assert judge(Signal(M.REQUESTS), _traffic(5), _traffic(12000)).after == "12,000"
    assert (
        "5 requests before, 12,000 after; 20 are needed"
        in judge(Signal(M.REQUESTS), _traffic(5), _traffic(12000)).explanation
    )
