"""Pictures are drawn with our own font, of one size, and always the same."""

import struct
from dataclasses import replace

import pytest

from bot.domain.chart import Chart
from bot.render.svg_chart import draw_chart
from bot.render.svg_scale import time_ticks, value_ticks, value_words
from bot.slack.picture import FONT, pictures, png
from tests.golden.charts import CHARTS, START, STEP, TOKENS, WEEK


@pytest.mark.parametrize("name", CHARTS)
def test_a_picture_is_a_png_of_2000_by_800(name: str) -> None:
    drawn = png(draw_chart(CHARTS[name]))
    assert drawn[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", drawn[16:24]) == (2000, 800)


def test_the_same_chart_is_the_same_picture() -> None:
    assert png(draw_chart(TOKENS)) == png(draw_chart(TOKENS))


def test_words_are_in_the_picture() -> None:
    named = png(draw_chart(TOKENS))
    assert named != png(draw_chart(replace(TOKENS, title="Tokenz")))


def test_the_font_and_its_licence_come_with_us() -> None:
    assert FONT.read_bytes()[:4] == b"\x00\x01\x00\x00"
    assert "Bitstream Vera" in FONT.with_suffix(".LICENSE").read_text(encoding="utf-8")


async def test_a_file_is_named_after_its_chart_and_says_what_it_shows() -> None:
    first, second = await pictures([TOKENS, WEEK])
    assert (first.name, first.title, first.alt_text) == ("tokens.png", "Tokens", TOKENS.alt_text)
    assert second.name == "a-week-of-tokens-more.png"


async def test_the_words_for_who_cannot_see_it_are_as_long_as_slack_allows() -> None:
    (file,) = await pictures([replace(TOKENS, title="x" * 3000)])
    assert len(file.alt_text) == 1000


def test_a_change_outside_the_window_has_no_flag() -> None:
    assert "CHG-99" not in draw_chart(WEEK).partition("</title>")[2]
    assert "CHG-11" in draw_chart(WEEK).partition("</title>")[2]


@pytest.mark.parametrize("highest", [0, 0.004, 1, 7, 99, 100, 101, 5_610, 1e12])
def test_round_values_reach_the_highest_and_are_few(highest: float) -> None:
    ticks = value_ticks(highest)
    assert ticks[0] == 0
    assert ticks[-1] >= highest
    assert 2 <= len(ticks) <= 6
    assert len({value_words(tick) for tick in ticks}) == len(ticks)


@pytest.mark.parametrize("buckets", [1, 12, 72, 288, 2016, 20_000])
def test_times_at_the_axis_are_round_and_few(buckets: int) -> None:
    end = START + buckets * STEP
    ticks = time_ticks(START, end)
    assert 1 <= len(ticks) <= 10
    assert all(START <= tick <= end and tick.second == 0 for tick in ticks)


def test_a_line_breaks_where_nothing_is_known() -> None:
    gap = Chart("Gap", "ms", STEP, CHARTS["latency"].lines)
    drawn = draw_chart(gap)
    assert drawn.count('stroke="#0b62a8" stroke-width="5"') == 3
