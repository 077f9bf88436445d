"""Charts as people see them: beside what is usual, marked where a change was applied, as pictures in a thread."""

import re
from typing import Any

import pytest

from tests.journeys.conftest import House
from tests.journeys.people import words_of
from tests.journeys.ways import ALICE, BOB, WINDOW_SECONDS, applied, calls

HERE = pytest.mark.parametrize("house", [("sqlite", "http")], indirect=True)


def _charts(message: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        block["title"]: block["chart"] for block in message["blocks"] if block["type"] == "data_visualization"
    }


@HERE
async def test_r31_metrics_chart_tokens_first_and_mark_an_applied_change(house: House) -> None:
    await applied(house)
    await house.people.advance(WINDOW_SECONDS)
    await house.people.card(ALICE, "CHG-1", "awaiting_attestation")
    await house.people.say(ALICE, "/cs metrics triage-prod --last 2h --vs 7d")
    card = await house.people.message(ALICE, "triage-prod · Metrics")
    charts = _charts(card)
    assert list(charts) == ["Tokens", "Requests by status"]
    assert [each["name"] for each in charts["Tokens"]["series"]] == ["Tokens", "Usual, low", "Usual, high"]
    for chart in charts.values():
        assert len(chart["axis_config"]["categories"]) <= 20
        assert sum("CHG-1" in label for label in chart["axis_config"]["categories"]) == 1
    said = words_of(card)
    assert "CHG-1 applied" in said
    assert said.count("--metrics TokenTransaction") == 2, "now and the days before"
    assert said.count("StatusCode eq '*'") == 2
    assert card["ephemeral_to"] == ALICE


@HERE
async def test_the_verdict_comes_with_the_signal_before_and_after(house: House) -> None:
    await applied(house)
    await house.people.advance(WINDOW_SECONDS)
    card = await house.people.card(ALICE, "CHG-1", "awaiting_attestation")
    (chart,) = _charts(card).values()
    values = [point["value"] for point in chart["series"][0]["data"]]
    assert values[0] > values[-1]
    assert sum("CHG-1" in label for label in chart["axis_config"]["categories"]) == 1


@HERE
async def test_shared_metrics_bring_the_third_chart_as_a_picture_with_its_words(house: House) -> None:
    await house.people.say(ALICE, "/cs metrics triage-prod --last 6h --share")
    card = await house.people.message(BOB, "triage-prod · Metrics")
    assert len(_charts(card)) == 2
    (asked,) = await _calls_of(house, "files.getUploadURLExternal")
    (done,) = await _calls_of(house, "files.completeUploadExternal")
    assert asked["args"]["filename"] == "time-to-response.png"
    assert asked["args"]["alt_txt"].startswith("Time to response, ")
    assert done["args"]["thread_ts"] == card["ts"]


@HERE
async def test_r50_the_catalogue_says_what_is_emitted_and_what_is_not(house: House) -> None:
    await house.people.say(ALICE, "/cs metrics --catalogue")
    card = await house.people.message(ALICE, "Metrics · Catalogue")
    said = words_of(card)
    assert "TokenTransaction" in said
    assert "Queueing: not emitted" in card["text"]


async def _calls_of(house: House, method: str) -> list[dict[str, Any]]:
    """Return the calls of a method, waiting for the first."""

    async def look() -> dict[str, Any] | None:
        found = await calls(house, method)
        return {"found": found} if found else None

    found: list[dict[str, Any]] = (await house.people._wait(look, 20, f"no call of {method}"))["found"]
    return found


async def _answer(house: House, text: str, *wanted: str) -> dict[str, Any]:
    """Type a command and return its answer, waiting until it holds what is wanted."""
    await house.people.say(ALICE, f"/cs {text}")
    return await house.people.message(ALICE, lambda item: all(each in words_of(item) for each in wanted))


@HERE
async def test_metrics_compare_with_the_baseline_that_was_kept_and_say_which(house: House) -> None:
    none = await _answer(house, "metrics triage-prod --vs baseline", "No baseline is kept")
    assert "baseline <target>" in words_of(none).replace("&lt;", "<").replace("&gt;", ">")
    kept = words_of(await _answer(house, "baseline triage-prod", "BL-1 is kept"))
    assert "TokenTransaction" in kept
    assert "samples)" in kept
    await house.people.advance(WINDOW_SECONDS)
    card = await _answer(
        house, "metrics triage-prod --last 2h --vs baseline", "beside BL-1", "kept by hand on"
    )
    said = words_of(card)
    assert "are noise" in said
    assert "Cost of an hour (estimate)" in said
    assert "BL-1, kept by Countersign: Baseline" in said
    charts = _charts(card)
    assert [each["name"] for each in charts["Tokens"]["series"]] == ["Tokens", "Usual, low", "Usual, high"]


@HERE
async def test_r39_a_change_compares_usage_and_cost_by_itself_and_is_compared_with_what_was_before(
    house: House,
) -> None:
    await applied(house)
    await house.people.advance(WINDOW_SECONDS)
    card = words_of(await house.people.card(ALICE, "CHG-1", "awaiting_attestation"))
    assert "*Usage* " in card
    assert "requests an hour → " in card
    assert "*Cost* $" in card
    shown = words_of(await _answer(house, "metrics triage-prod --vs CHG-1", "beside BL-1"))
    assert "BL-1, kept at submit of CHG-1 on" in shown
    newest = words_of(await _answer(house, "metrics triage-prod --vs baseline", "beside BL-2"))
    assert "BL-2, kept at apply of CHG-1 on" in newest


@HERE
async def test_a_window_nobody_could_answer_is_refused_at_once_and_others_go_on(house: House) -> None:
    for last, why in (("99999d", "93 days"), ("0h", "five minutes"), ("1m", "five minutes")):
        refused = words_of(await _answer(house, f"metrics triage-prod --last {last}", f"--last {last}"))
        assert why in refused
        assert "between 5m and 93d" in refused
    assert "1d to 7d" in words_of(await _answer(house, "metrics triage-prod --vs 365d", "--vs 365d"))
    await _answer(house, "status", "triage-prod")


@HERE
async def test_no_trend_is_told_against_days_before_the_deployment_was_there(house: House) -> None:
    await _answer(
        house, "metrics triage-prod --last 12d", "Usual: mean and spread of 1 window as long before"
    )
    card = await _answer(house, "metrics triage-prod --last 30d", "triage-prod · Metrics", "No baseline: ")
    assert re.search(r"[+-][0-9]+ %", words_of(card)) is None
    (tokens,) = re.findall(r"tokens ([0-9,]+) \(baseline no data\)", card["text"])
    assert int(tokens.replace(",", "")) > 1_000_000_000


@HERE
async def test_show_and_metrics_say_the_same_mean_time_of_the_same_hour(house: House) -> None:
    shown = words_of(await _answer(house, "show triage-prod", "Mean time to response", "Latency"))
    card = await _answer(house, "metrics triage-prod --last 1h", "triage-prod · Metrics")
    (mean,) = re.findall(r"time to response ([0-9,]+) ms", card["text"])
    assert re.findall(r"Mean time to response\W+([0-9,]+) ms", shown)[:1] == [mean]
