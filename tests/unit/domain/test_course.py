"""The course of a signal comes back from the database as the chart that was measured, or not at all."""

import json
from typing import Any

import pytest

from bot.domain.course import course_chart, course_json
from bot.domain.evidence import Point
from bot.domain.signal import SignalMetric
from tests.golden.charts import START, STEP

POINTS = tuple(Point(START + index * STEP, value) for index, value in enumerate((4.123, None, 0.5)))


def _stored(metric: SignalMetric = SignalMetric.THROTTLED_SHARE) -> Any:
    return json.loads(json.dumps(course_json(metric, POINTS, STEP, START + 2 * STEP)))


def test_a_course_comes_back_as_it_was() -> None:
    chart = course_chart(_stored(), "CHG-12 applied")
    assert chart is not None
    assert [(point.at, point.value) for point in chart.lines[0].points] == [
        (START, 4.12),
        (START + STEP, None),
        (START + 2 * STEP, 0.5),
    ]
    assert [(mark.at, mark.label) for mark in chart.marks] == [(START + 2 * STEP, "CHG-12 applied")]
    assert (chart.title, chart.unit, chart.adds_up) == ("Before and after: share of HTTP 429", "%", False)


def test_only_requests_add_up() -> None:
    charts = {metric: course_chart(_stored(metric), "x") for metric in SignalMetric}
    assert [metric for metric, chart in charts.items() if chart and chart.adds_up] == [SignalMetric.REQUESTS]


@pytest.mark.parametrize(
    "broken",
    [
        None,
        "text",
        {},
        {**_stored(), "metric": "mood"},
        {**_stored(), "step": 0},
        {**_stored(), "start": "soon"},
        {**_stored(), "values": [None, None]},
    ],
)
def test_what_is_no_course_is_no_chart(broken: Any) -> None:
    assert course_chart(broken, "x") is None
