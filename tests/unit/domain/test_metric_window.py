"""What `--last` and `--vs` may ask: nothing too short to compare, nothing that Azure does not keep."""

from datetime import timedelta

import pytest

from bot.domain.errors import InvalidInputError
from bot.domain.metric_window import KEPT, against_span, last_span, usual_span

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("text", "span"), [("5m", HOUR / 12), ("6h", 6 * HOUR), ("93d", KEPT), ("2w", 14 * DAY)]
)
def test_from_five_minutes_to_what_azure_keeps_may_be_asked(text: str, span: timedelta) -> None:
    assert last_span(text) == span


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("99999d", "93 days"),
        ("94d", "93 days"),
        ("999999w", "93 days"),
        ("0h", "five minutes"),
        ("0d", "five minutes"),
        ("1m", "five minutes"),
        ("299s", "five minutes"),
    ],
)
def test_too_long_and_too_short_are_refused_with_limits_and_an_example(text: str, why: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        last_span(text)
    assert text in str(refused.value)
    assert why in str(refused.value)
    assert "between 5m and 93d" in refused.value.advice
    assert "--last 6h" in refused.value.advice


@pytest.mark.parametrize(
    ("text", "last", "span"),
    [
        ("1d", HOUR, DAY),
        ("7d", HOUR, 7 * DAY),
        ("24h", HOUR, DAY),
        ("30d", 30 * DAY, 30 * DAY),
        ("9d", 3 * DAY, 9 * DAY),
    ],
)
def test_whole_days_that_hold_a_window_can_be_compared_with(
    text: str, last: timedelta, span: timedelta
) -> None:
    assert against_span(text, last) == span


@pytest.mark.parametrize(
    ("text", "last", "limits"),
    [
        ("0d", HOUR, "1d to 7d"),
        ("5h", HOUR, "1d to 7d"),
        ("36h", HOUR, "1d to 7d"),
        ("365d", HOUR, "1d to 7d"),
        ("7d", 30 * DAY, "30d to 210d"),
    ],
)
def test_what_would_silently_become_something_else_is_refused(
    text: str, last: timedelta, limits: str
) -> None:
    with pytest.raises(InvalidInputError) as refused:
        against_span(text, last)
    assert limits in str(refused.value)
    assert usual_span(last) in refused.value.advice


@pytest.mark.parametrize("days", [1, 2, 7, 8, 30, 93])
def test_what_is_usual_can_always_be_compared_with(days: int) -> None:
    assert against_span(usual_span(days * DAY), days * DAY) >= 7 * DAY
