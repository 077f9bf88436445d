"""Metrics tell what traffic, capacity and state would make."""

import time
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.azure.metrics import AGGREGATIONS
from sandbox.azure.traffic import throttled_share
from tests.unit.sandbox_azure.cloud import METRICS, PROD, TEST, TRIAGE, Cloud, cloud, span, totals

BY_CODE = "ModelDeploymentName eq 'support-triage-ft' and StatusCode eq '*'"


async def shares(azure: Cloud, **back: float) -> dict[str, float]:
    asked = {"timespan": span(azure.clock, **back), "interval": "PT1M", "filter": BY_CODE, "top": "100"}
    found = totals(await azure.metric(PROD, "AzureOpenAIRequests", **asked))
    whole = sum(found.values())
    return {code: count / whole for code, count in found.items()}


async def test_the_busy_deployment_is_throttled_and_more_capacity_helps_from_then_on(azure: Cloud) -> None:
    before = await shares(azure, hours=1)
    assert 0.08 < before["429"] < 0.4
    await azure.write("PATCH", TRIAGE, {"sku": {"name": "Standard", "capacity": 180}})
    assert await shares(azure, hours=1) == before
    azure.clock.move(minutes=30)
    after = await shares(azure, minutes=28)
    assert after.get("429", 0.0) < before["429"] / 4


async def test_minutes_add_up_to_hours_and_days(azure: Cloud) -> None:
    async def whole(interval: str) -> float:
        asked = {"timespan": "2026-11-22T00:00:00Z/2026-11-24T00:00:00Z", "interval": interval}
        (series,) = await azure.metric(PROD, "TokenTransaction", **asked)
        return sum(float(point["total"]) for point in series["data"])

    by_minute = await whole("PT1M")
    assert by_minute > 0
    assert await whole("PT1H") == await whole("P1D") == by_minute


async def test_two_runs_tell_the_same_numbers(azure: Cloud) -> None:
    asked = {"timespan": span(azure.clock, days=7), "interval": "PT1H", "filter": BY_CODE, "top": "100"}
    first = await azure.metric(PROD, "AzureOpenAIRequests", **asked)
    async with cloud() as second:
        assert await second.metric(PROD, "AzureOpenAIRequests", **asked) == first


async def test_days_have_a_peak_and_weekends_are_calm(azure: Cloud) -> None:
    asked = {
        "timespan": span(azure.clock, days=7),
        "interval": "PT1H",
        "filter": "ModelDeploymentName eq 'email-draft-ft'",
    }
    (series,) = await azure.metric(PROD, "GeneratedTokens", **asked)
    hours = [float(point["total"]) for point in series["data"]]
    days = [sum(hours[day * 24 : day * 24 + 24]) for day in range(7)]
    assert max(hours) > 5 * min(hours)
    assert min(days) < max(days) / 2


async def test_a_split_shows_ten_series_unless_top_says_more(azure: Cloud) -> None:
    asked = {
        "timespan": span(azure.clock, days=1),
        "interval": "PT1H",
        "filter": "ModelDeploymentName eq '*' and StatusCode eq '*'",
    }
    for name in ("email-draft-ft", "contract-extract-ft"):
        changes = {"error_share_429": 0.2, "from": "2026-11-24T00:00:00Z"}
        await azure.control("traffic", {"deployment": name} | changes)
    assert len(await azure.metric(PROD, "AzureOpenAIRequests", **asked)) == 10
    assert len(await azure.metric(PROD, "AzureOpenAIRequests", **asked, top="100")) == 12


@pytest.mark.parametrize(("interval", "minutes"), [("PT6H", 360), ("P1D", 1440), ("PT5M", 5)])
async def test_what_is_no_longer_kept_is_cut_off_at_the_beginning_of_a_bucket(
    azure: Cloud, interval: str, minutes: int
) -> None:
    azure.clock.move(minutes=7)
    asked = {"filter": "ModelDeploymentName eq 'support-triage-ft'", "interval": interval}
    now = azure.clock.now()
    whole = f"2026-07-01T00:00:00Z/{now:%Y-%m-%dT%H:%M:%SZ}"
    (series,) = await azure.metric(PROD, "TokenTransaction", timespan=whole, **asked)
    first = datetime.fromisoformat(series["data"][0]["timeStamp"])
    assert first >= now - timedelta(days=93)
    assert (first.hour * 60 + first.minute) % minutes == 0


async def test_every_metric_that_countersign_reads_is_answered(azure: Cloud) -> None:
    for name in AGGREGATIONS:
        asked = {"timespan": span(azure.clock, hours=1), "interval": "PT5M"}
        (series,) = await azure.metric(
            PROD, name, filter="ModelDeploymentName eq 'support-triage-ft'", **asked
        ) or [{"data": [{"average": 1.0}]}]
        provisioned = name == "AzureOpenAIProvisionedManagedUtilizationV2"
        assert provisioned or any(set(point) - {"timeStamp"} for point in series["data"]), name


async def test_an_idle_deployment_has_no_series_and_its_last_call_can_be_found(azure: Cloud) -> None:
    asked = {"filter": "ModelDeploymentName eq 'intent-router-ft'", "interval": "P1D"}
    assert await azure.metric(TEST, "AzureOpenAIRequests", timespan=span(azure.clock, days=7), **asked) == []
    (series,) = await azure.metric(TEST, "AzureOpenAIRequests", timespan=span(azure.clock, days=20), **asked)
    called = [point["timeStamp"] for point in series["data"] if point["total"]]
    assert called[-1].startswith("2026-11-1")


async def test_a_paused_deployment_answers_423_only(azure: Cloud) -> None:
    await azure.write("POST", f"{TRIAGE}/pause")
    azure.clock.move(minutes=10)
    assert set(await shares(azure, minutes=9)) == {"423"}


@pytest.mark.parametrize(
    ("change", "check"),
    [
        ({"error_share_429": 0.5}, lambda share: 0.45 < share["429"] < 0.55),
        ({"share_5xx": 0.3}, lambda share: share["500"] > 0.15),
    ],
)
async def test_traffic_can_be_made_to_fail_from_now_on(
    azure: Cloud, change: dict[str, Any], check: Any
) -> None:
    before = await shares(azure, hours=1)
    await azure.control("traffic", {"deployment": "support-triage-ft"} | change)
    assert await shares(azure, hours=1) == before
    azure.clock.move(minutes=20)
    assert check(await shares(azure, minutes=19))


async def test_traffic_can_be_slowed_doubled_and_stopped(azure: Cloud) -> None:
    async def mean(name: str) -> list[Any]:
        asked = {
            "timespan": span(azure.clock, minutes=9),
            "interval": "FULL",
            "filter": "ModelDeploymentName eq 'summary-ft'",
        }
        return [one["data"][0] for one in await azure.metric(TEST, name, **asked)]

    (slow_before,), (many_before,) = (
        await mean("AzureOpenAITimeToResponse"),
        await mean("AzureOpenAIRequests"),
    )
    await azure.control("traffic", {"deployment": "summary-ft", "latency_factor": 4, "requests_factor": 2})
    azure.clock.move(minutes=10)
    (slow_after,), (many_after,) = await mean("AzureOpenAITimeToResponse"), await mean("AzureOpenAIRequests")
    assert slow_after["average"] > 3 * slow_before["average"]
    assert many_after["total"] > 1.5 * many_before["total"]
    await azure.control("traffic", {"deployment": "summary-ft", "idle": True})
    azure.clock.move(minutes=10)
    assert await mean("AzureOpenAIRequests") == []


async def test_a_stronger_filter_blocks_more(azure: Cloud) -> None:
    by_name = {
        "timespan": span(azure.clock, days=2),
        "interval": "FULL",
        "filter": "ModelDeploymentName eq '*'",
        "top": "50",
    }
    blocked = totals(await azure.metric(PROD, "RAIRejectedRequests", **by_name))
    checked = totals(await azure.metric(PROD, "RAITotalRequests", **by_name))
    strict, usual = "support-triage-ft", "email-draft-ft"
    assert blocked[strict] / checked[strict] > 2 * blocked[usual] / checked[usual]


async def test_provisioned_utilisation_is_empty_and_training_hours_are_told(azure: Cloud) -> None:
    asked = {"timespan": span(azure.clock, days=7), "interval": "P1D"}
    (series,) = await azure.metric(PROD, "AzureOpenAIProvisionedManagedUtilizationV2", **asked)
    assert all(set(point) == {"timeStamp"} for point in series["data"])
    (hours,) = await azure.metric(PROD, "FineTunedTrainingHours", **asked)
    assert sum(point["total"] for point in hours["data"]) == pytest.approx(4.1)


@pytest.mark.parametrize(
    "asked",
    [
        {"metricnames": "SuccessRate2"},
        {"metricnames": ""},
        {"metricnames": "TokenTransaction", "filter": "StatusCode eq '*'"},
        {"metricnames": "TokenTransaction", "filter": "drop table"},
        {"metricnames": "TokenTransaction", "interval": "PT7M"},
        {"metricnames": "TokenTransaction", "timespan": "soon"},
        {"metricnames": "TokenTransaction", "timespan": "2026-11-24T01:00:00Z/2026-11-24T00:00:00Z"},
        {"metricnames": "TokenTransaction", "aggregation": "Median"},
        {"metricnames": "TokenTransaction", "top": "many"},
    ],
)
async def test_a_question_that_makes_no_sense_is_a_400(azure: Cloud, asked: dict[str, str]) -> None:
    reply = await azure.get(PROD + METRICS, api_version="2018-01-01", **asked)
    assert (reply.status, reply.code) == (400, "BadRequest")


async def test_a_timespan_encoded_twice_is_read_and_metadata_has_no_numbers(azure: Cloud) -> None:
    twice = span(azure.clock, hours=1).replace(":", "%3A").replace("/", "%2F")
    asked = {"timespan": twice, "filter": BY_CODE, "resultType": "metadata"}
    series = await azure.metric(PROD, "AzureOpenAIRequests", **asked)
    assert {one["metadatavalues"][1]["value"] for one in series} >= {"200", "429"}
    assert all("data" not in one for one in series)


async def test_a_week_of_one_deployment_is_computed_quickly(azure: Cloud) -> None:
    asked = {"timespan": span(azure.clock, days=7), "interval": "PT1H", "filter": BY_CODE, "top": "100"}
    began = time.process_time()
    await azure.metric(PROD, "AzureOpenAIRequests", **asked)
    assert time.process_time() - began < 2.0


async def test_a_week_asked_again_is_remembered_by_the_minute_whatever_is_asked_of_it(azure: Cloud) -> None:
    async def seconds(name: str, interval: str) -> float:
        asked = {"timespan": span(azure.clock, days=7), "interval": interval, "filter": BY_CODE, "top": "100"}
        began = time.process_time()
        await azure.metric(PROD, name, **asked)
        return time.process_time() - began

    first = await seconds("AzureOpenAIRequests", "PT1H")
    assert await seconds("AzureOpenAIRequests", "PT6H") < first / 2


async def test_what_is_remembered_of_the_past_gives_way_when_the_past_is_changed(azure: Cloud) -> None:
    before = await shares(azure, hours=3)
    early = {"timespan": "2026-11-24T05:00:00Z/2026-11-24T07:20:00Z", "interval": "PT1M", "filter": BY_CODE}
    untouched = await azure.metric(PROD, "AzureOpenAIRequests", **early, top="100")
    changed = {"deployment": "support-triage-ft", "share_5xx": 0.5, "from": "2026-11-24T07:20:00Z"}
    await azure.control("traffic", changed)
    assert (await shares(azure, hours=3))["500"] > 0.2 > before.get("500", 0.0)
    assert await azure.metric(PROD, "AzureOpenAIRequests", **early, top="100") == untouched


def test_throttling_grows_with_load_and_never_takes_everything() -> None:
    loads = [0.5, 0.8, 1.0, 1.5, 4.0]
    found = [throttled_share(load) for load in loads]
    assert found == sorted(found)
    assert (found[0], found[-1] < 1) == (0.0, True)


async def test_waking_an_idle_deployment_does_not_rewrite_its_past(azure: Cloud) -> None:
    await azure.control("traffic", {"deployment": "intent-router-ft", "requests_factor": 1})
    azure.clock.move(minutes=30)
    asked = {"filter": "ModelDeploymentName eq 'intent-router-ft'", "interval": "PT1M"}
    (series,) = await azure.metric(TEST, "AzureOpenAIRequests", timespan=span(azure.clock, days=7), **asked)
    called = [point["timeStamp"] for point in series["data"] if point["total"]]
    assert called[0] >= "2026-11-24T09:15:00Z"
    azure.clock.move(days=5)
    assert (await azure.get(f"{TEST}/deployments/intent-router-ft")).status == 200


async def test_a_deployment_put_to_sleep_is_removed_after_fifteen_days(azure: Cloud) -> None:
    path = f"{TEST}/deployments/summary-ft"
    await azure.control("traffic", {"deployment": "summary-ft", "idle": True})
    azure.clock.move(days=14)
    assert (await azure.get(path)).status == 200
    azure.clock.move(days=1, minutes=2)
    assert (await azure.get(path)).status == 404
