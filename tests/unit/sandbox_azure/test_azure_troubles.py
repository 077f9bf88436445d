"""Troubles in the simulated Azure: what each does to metrics, quota and logs, and how it ends."""

from typing import Any

import pytest

from tests.unit.sandbox_azure.cloud import LOG, METRICS, PROD, TRIAGE, WEST, Cloud, span, totals

NAME = "support-triage-ft"
POOL = "OpenAI.Standard.gpt-4.1-mini"


async def _make(azure: Cloud, kind: str, **more: Any) -> dict[str, Any]:
    reply = await azure.control("troubles", {"kind": kind, "deployment": NAME} | more)
    assert reply.status == 200, reply.body
    return dict(reply.body)


async def _stop(azure: Cloud, body: Any = None) -> None:
    assert (await azure.control("troubles", body, method="DELETE")).status == 200


async def _shares(azure: Cloud) -> dict[str, float]:
    """Return the share of each status over the last five minutes."""
    series = await azure.metric(
        PROD,
        "AzureOpenAIRequests",
        timespan=span(azure.clock, minutes=5),
        filter=f"ModelDeploymentName eq '{NAME}' and StatusCode eq '*'",
    )
    found = totals(series)
    return {status: count / sum(found.values()) for status, count in found.items()}


async def _figure(azure: Cloud, metric: str, aggregation: str) -> float:
    reply = await azure.get(
        PROD + METRICS,
        api_version="2024-02-01",
        metricnames=metric,
        aggregation=aggregation,
        timespan=span(azure.clock, minutes=5),
        filter=f"ModelDeploymentName eq '{NAME}'",
    )
    points = reply.body["value"][0]["timeseries"][0]["data"]
    values = [point[aggregation.lower()] for point in points if aggregation.lower() in point]
    return sum(values) / len(values)


async def _left(azure: Cloud) -> int:
    found = (await azure.get(f"{WEST}/usages")).body["value"]
    pool = next(one for one in found if one["name"]["value"] == POOL)
    return int(pool["limit"] - pool["currentValue"])


async def _events(azure: Cloud) -> list[tuple[str, str, str]]:
    asked = f"eventTimestamp ge '{azure.clock.now():%Y-%m-%dT00:00:00Z}'"
    found = (await azure.get(LOG, api_version="2015-04-01", filter=asked)).body["value"]
    return [
        (
            one["operationName"]["value"].rsplit("/", 1)[1],
            one["status"]["value"],
            one["claims"].get("http://schemas.microsoft.com/identity/claims/objectidentifier", ""),
        )
        for one in found
        if one["resourceId"].lower() == TRIAGE.lower()
    ]


async def test_a_storm_refuses_most_calls_and_more_capacity_helps(azure: Cloud) -> None:
    await _make(azure, "429_storm")
    azure.clock.move(minutes=6)
    assert 0.5 < (await _shares(azure))["429"] < 0.7
    await azure.write("PATCH", TRIAGE, {"sku": {"name": "Standard", "capacity": 210}})
    azure.clock.move(minutes=6)
    assert (await _shares(azure))["429"] < 0.4


@pytest.mark.parametrize(
    ("kind", "metric", "aggregation", "factor"),
    [
        ("content_filter_spike", "RAIRejectedRequests", "Total", 10),
        ("latency", "AzureOpenAITimeToResponse", "Average", 3),
    ],
)
async def test_what_callers_feel_is_in_the_metrics_until_the_trouble_ends_by_itself(
    azure: Cloud, kind: str, metric: str, aggregation: str, factor: float
) -> None:
    before = await _figure(azure, metric, aggregation)
    await _make(azure, kind, minutes=10)
    azure.clock.move(minutes=8)
    assert await _figure(azure, metric, aggregation) > factor * before
    azure.clock.move(minutes=8)
    assert await _figure(azure, metric, aggregation) < 2 * before
    (told,) = (await azure.control("troubles", method="GET")).body["troubles"]
    assert told["ended"] == told["ends"]


async def test_a_trouble_can_have_begun_minutes_ago(azure: Cloud) -> None:
    await _make(azure, "query_errors", ago=6)
    assert (await _shares(azure))["500"] > 0.1


async def test_a_deployment_deleted_by_hand_is_gone_and_the_log_names_who(azure: Cloud) -> None:
    await _make(azure, "deployment_deleted")
    assert (await azure.get(TRIAGE)).status == 404
    verb, status, who = (await _events(azure))[0]
    assert (verb, status) == ("delete", "Succeeded")
    assert who == "0038d4ec-736c-209b-c716-fc79c71190e3"
    azure.clock.move(minutes=6)
    await _stop(azure)
    assert (await azure.get(TRIAGE)).body["sku"]["capacity"] == 120


async def test_what_was_made_again_meanwhile_is_left_alone(azure: Cloud) -> None:
    live = (await azure.get(TRIAGE)).body
    await _make(azure, "deployment_deleted")
    body = {
        "sku": {"name": "Standard", "capacity": 100},
        "properties": {"model": live["properties"]["model"]},
    }
    assert (await azure.write("PUT", TRIAGE, body)).status == 201
    await _stop(azure, {"id": 1})
    assert (await azure.get(TRIAGE)).body["sku"]["capacity"] == 100


async def test_capacity_cut_by_hand_throttles_and_can_be_given_back(azure: Cloud) -> None:
    await _make(azure, "capacity_cut")
    azure.clock.move(minutes=6)
    assert (await azure.get(TRIAGE)).body["sku"]["capacity"] == 12
    assert (await _shares(azure))["429"] > 0.8
    await _stop(azure)
    assert (await azure.get(TRIAGE)).body["sku"]["capacity"] == 120


async def test_an_exhausted_quota_shows_nothing_left_and_refuses_a_rise(azure: Cloud) -> None:
    before = await _left(azure)
    await _make(azure, "quota_exhausted")
    assert (before > 0, await _left(azure)) == (True, 0)
    refused = await azure.write("PATCH", TRIAGE, {"sku": {"name": "Standard", "capacity": 121}})
    assert refused.code == "InsufficientQuota"
    await _stop(azure)
    assert await _left(azure) == before


async def test_a_failed_deployment_says_so_and_the_log_says_who_tried(azure: Cloud) -> None:
    await _make(azure, "failed_deployment", caller="00000000-0000-0000-0000-000000000abc")
    assert (await azure.get(TRIAGE)).body["properties"]["provisioningState"] == "Failed"
    assert (await _events(azure))[0] == ("write", "Failed", "00000000-0000-0000-0000-000000000abc")
    await _stop(azure)
    assert (await azure.get(TRIAGE)).body["properties"]["provisioningState"] == "Succeeded"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"kind": "fire", "deployment": NAME}, 400),
        ({"kind": "latency", "deployment": "nothing"}, 404),
        ({"kind": "deployment_deleted", "deployment": NAME, "ago": 5}, 400),
        ({"kind": "latency", "deployment": NAME, "ago": "soon"}, 400),
    ],
)
async def test_a_trouble_that_makes_no_sense_is_refused(
    azure: Cloud, body: dict[str, Any], status: int
) -> None:
    assert (await azure.control("troubles", body)).status == status
