"""The rollback trigger: what can be read in a sentence, and when it is passed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import InvalidInputError
from bot.domain.signal import MINIMUM_REQUESTS, SignalMetric, Traffic, parse_signal
from bot.domain.trigger import Breach, breach, parse_trigger, trigger_words

M = SignalMetric


@pytest.mark.parametrize(
    ("text", "metric", "above"),
    [
        ("HTTP 5xx above 2 %", M.ERROR_SHARE, 2),
        ("errors over 0.5%", M.ERROR_SHARE, 0.5),
        ("429 > 5", M.THROTTLED_SHARE, 5),
        ("time to response more than 900 ms", M.LATENCY, 900),
        ("Requests volume Above 20000", M.REQUESTS, 20000),
    ],
)
def test_metric_and_limit_are_read(text: str, metric: SignalMetric, above: float) -> None:
    signal = parse_trigger(text)
    assert (signal.metric, signal.above, signal.at_most) == (metric, above, None)


@pytest.mark.parametrize(
    "text", ["when it feels slow", "above 2 %", "HTTP 5xx", "429 below 1 %", "5xx above two"]
)
def test_what_names_no_metric_or_no_limit_is_refused_with_examples(text: str) -> None:
    with pytest.raises(InvalidInputError, match="HTTP 5xx above 2 %"):
        parse_trigger(text)


def test_a_signal_that_says_below_says_nothing_of_above() -> None:
    assert (parse_signal("429 below 1 %").at_most, parse_signal("429 below 1 %").above) == (1, None)


def test_what_is_read_is_said_without_the_persons_words() -> None:
    assert trigger_words("Joe says 5xx above 2 %!") == "share of HTTP 5xx above 2.00 %"
    assert trigger_words("") == trigger_words("Joe says so") == ""


def test_a_breach_says_what_was_measured_and_the_limit() -> None:
    found = breach(parse_trigger("HTTP 5xx above 2 %"), Traffic(100, 0, 3, 400))
    assert found == Breach("share of HTTP 5xx 3.00 %", "above 2.00 %")
    slow = breach(parse_trigger("latency above 900 ms"), Traffic(100, 0, 0, 1200))
    assert slow == Breach("time to response 1,200 ms", "above 900 ms")


def test_the_limit_itself_no_traffic_and_too_little_of_it_are_no_breach() -> None:
    trigger = parse_trigger("HTTP 5xx above 2 %")
    assert breach(trigger, Traffic(100, 0, 2, 400)) is None
    assert breach(trigger, Traffic(0, 0, 0, None)) is None
    assert breach(trigger, Traffic(MINIMUM_REQUESTS - 1, 0, 19, 400)) is None
    assert breach(trigger, Traffic(MINIMUM_REQUESTS, 0, 19, 400)) is not None


def test_few_requests_are_enough_where_requests_are_what_is_counted() -> None:
    assert breach(parse_trigger("traffic above 10"), Traffic(11, 0, 0, 1)) is not None


@given(st.floats(0, 100), st.integers(MINIMUM_REQUESTS, 10_000), st.integers(0, 10_000))
def test_a_share_is_a_breach_exactly_above_the_limit(limit: float, requests: int, failed: int) -> None:
    failed = min(failed, requests)
    trigger = parse_trigger(f"HTTP 5xx above {limit:.3f} %")
    passed = 100 * failed / requests > float(f"{limit:.3f}")
    assert (breach(trigger, Traffic(requests, 0, failed, 1)) is not None) is passed
