"""Charts as blocks: what Slack draws, within its limits, and the same in text where it does not."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.chart import Chart
from bot.ports.slack import Block, Message
from bot.render.chart_blocks import chart_blocks, native_chart, undrawn
from bot.render.classic import classic
from bot.render.lint import check_message
from tests.golden.charts import EMPTY, LATENCY, START, STATUSES, TOKENS, WEEK, line, usual

ALL = (TOKENS, STATUSES, LATENCY)


def _native(chart: Chart) -> Block:
    native = native_chart(chart)
    assert native is not None
    return native


def _labels(block: Block) -> list[str]:
    return list(block["chart"]["axis_config"]["categories"])


def _names(block: Block) -> list[str]:
    return [each["name"] for each in block["chart"]["series"]]


def test_one_line_stands_between_low_and_high_of_what_is_usual() -> None:
    native = _native(TOKENS)
    assert _names(native) == ["Tokens", "Usual, low", "Usual, high"]
    assert [point["value"] for point in native["chart"]["series"][1]["data"]] == [2800] * 12


def test_several_lines_stand_beside_the_usual_mean_of_all() -> None:
    native = _native(STATUSES)
    assert _names(native) == ["Answered", "HTTP 429", "Other errors", "Usual, all"]
    assert native["chart"]["series"][3]["data"][0]["value"] == 225


def test_a_fourth_line_gives_way_to_what_is_usual() -> None:
    five = tuple(line(name, *[1.0] * 12) for name in "abcde")
    assert _names(_native(replace(STATUSES, lines=five))) == ["a", "b", "c", "Usual, all"]
    assert _names(_native(replace(STATUSES, lines=five, usual=()))) == ["a", "b", "c", "d"]


def test_the_bucket_in_which_a_change_was_applied_is_named_after_it() -> None:
    assert _labels(_native(TOKENS))[5:8] == ["09:25", "09:30 CHG-12", "09:35"]


def test_a_bucket_nothing_is_known_of_is_left_out_and_the_text_says_so() -> None:
    assert "09:15" not in _labels(_native(LATENCY))
    assert len(_labels(_native(LATENCY))) == 10
    assert "2 of 12 have no data" in chart_blocks([LATENCY])[1]["elements"][0]["text"]


def test_the_caption_says_what_is_drawn_and_from_when() -> None:
    counts = line("Tokens", *[float(value) for value in range(1, 42)], start=START)
    chart = replace(TOKENS, lines=(counts,), usual=(), marks=())
    said = chart_blocks([chart])[1]["elements"][0]["text"]
    (series,) = _native(chart)["chart"]["series"]
    drawn = [point["value"] for point in series["data"]]
    assert (drawn[0], drawn[-1]) == (12, 120)
    assert "12 to 120 tokens per 15 min" in said
    assert "from 09:10 on" in said


def test_a_bucket_is_never_drawn_as_zero_for_want_of_what_is_usual() -> None:
    partly = replace(TOKENS, usual=usual(2800, 3600)[:6])
    assert _labels(_native(partly)) == ["09:00", "09:05", "09:10", "09:15", "09:20", "09:25"]


def test_the_third_chart_is_a_line_of_text_and_goes_as_a_picture() -> None:
    blocks = chart_blocks(ALL)
    assert [block["type"] for block in blocks].count("data_visualization") == 2
    assert "███·████▇·▇█" in blocks[-1]["elements"][0]["text"]
    assert undrawn(Message("x", blocks, charts=ALL)) == [LATENCY]


def test_a_chart_without_data_is_neither_drawn_nor_sent() -> None:
    blocks = chart_blocks([EMPTY])
    assert [block["elements"][0]["text"] for block in blocks] == ["*Time to response* · no data"]
    assert undrawn(Message("x", blocks, charts=[EMPTY])) == []


def test_the_classic_tier_has_bars_of_text_and_sends_every_chart_as_a_picture() -> None:
    older = classic(Message("x", chart_blocks(ALL), charts=ALL))
    assert older is not None
    check_message(older)
    text = str(older.blocks)
    assert "data_visualization" not in text
    assert "Tokens: tokens per 5 min, 09:00 to 09:55 UTC" in text
    assert "Tokens       ▅▅▅▅▅▅██████  2,980 to 5,610, last 5,610" in text
    assert undrawn(older) == [TOKENS, STATUSES, LATENCY]


@given(
    st.lists(st.floats(0, 1e9) | st.none(), min_size=1, max_size=120),
    st.text(max_size=60),
    st.sampled_from([1, 5, 60, 1440]),
)
def test_whatever_is_charted_slack_takes_it(values: list[float | None], title: str, minutes: int) -> None:
    step = timedelta(minutes=minutes)
    chart = replace(WEEK, title=title, step=step, lines=(line("Now", *values, start=START, step=step),))
    message = Message("x", chart_blocks([chart]), charts=[chart])
    check_message(message)
    older = classic(message)
    if older is not None:
        check_message(older)
