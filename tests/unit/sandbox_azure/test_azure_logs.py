"""Log Analytics: counts and percentiles from the same traffic as the metrics, partial answers, refusals."""

from typing import Any

import pytest

from sandbox.azure.canaries import mark
from sandbox.azure.logs import WORKSPACE_ID
from tests.unit.sandbox_azure.cloud import PROD, TEST, Cloud, Reply, span, totals

QUERY = """
AzureDiagnostics
| where ResourceProvider == "MICROSOFT.COGNITIVESERVICES" and Category == "RequestResponse"
    and _ResourceId =~ "{account}"
| extend p = parse_json(properties_s), Status = toint(ResultSignature)
| where tostring(p.modelDeploymentName) == "{deployment}"
| summarize n=count(), throttled=countif(Status == 429), s5=countif(Status >= 500),
    s4=countif(Status between (400 .. 499)), p50=percentile(DurationMs, 50),
    p95=percentile(DurationMs, 95), p99=percentile(DurationMs, 99){by}
"""


async def ask(azure: Cloud, query: str, workspace: str = WORKSPACE_ID, **more: Any) -> Reply:
    timespan = span(azure.clock, hours=1)
    body = {"query": query, "timespan": timespan}
    return await azure.call(
        "POST", f"/v1/workspaces/{workspace}/query", body=body, api_version="none", **more
    )


def rows(reply: Reply) -> list[dict[str, Any]]:
    """The rows of the one table by column name."""
    (table,) = reply.body["tables"]
    names = [one["name"] for one in table["columns"]]
    return [dict(zip(names, row, strict=True)) for row in table["rows"]]


async def test_counts_by_status_agree_with_the_metrics(azure: Cloud) -> None:
    asked = QUERY.format(account=PROD, deployment="support-triage-ft", by="")
    (row,) = rows(await ask(azure, asked))
    clause = "ModelDeploymentName eq 'support-triage-ft' and StatusCode eq '*'"
    series = await azure.metric(
        PROD, "AzureOpenAIRequests", filter=clause, timespan=span(azure.clock, hours=1), top="50"
    )
    seen = totals(series)
    assert row["n"] == round(sum(seen.values())) > 1000
    assert row["throttled"] == seen["429"] > 0
    assert row["s4"] == seen["429"] + seen["400"]
    assert row["s5"] == seen.get("500", 0)


async def test_percentiles_are_in_order_and_around_the_average(azure: Cloud) -> None:
    asked = QUERY.format(account=PROD, deployment="contract-extract-ft", by="")
    (row,) = rows(await ask(azure, asked))
    assert 2000 < row["p50"] < row["p95"] < row["p99"] < 20000


async def test_figures_by_status_and_by_time_add_up_to_the_whole(azure: Cloud) -> None:
    base = (
        'AzureDiagnostics | where tostring(parse_json(properties_s).modelDeploymentName) == "email-draft-ft"'
    )
    (whole,) = rows(await ask(azure, f"{base} | summarize n=count()"))
    by_status = rows(await ask(azure, f"{base} | summarize n=count() by ResultSignature"))
    by_time = rows(await ask(azure, f"{base} | summarize n=count() by bin(TimeGenerated, 15m)"))
    assert {type(one["ResultSignature"]) for one in by_status} == {str}
    assert len(by_time) in (4, 5)
    assert sum(one["n"] for one in by_status) == whole["n"]
    assert abs(sum(one["n"] for one in by_time) - whole["n"]) <= len(by_time)


async def test_an_account_that_sends_no_logs_has_none(azure: Cloud) -> None:
    (row,) = rows(await ask(azure, QUERY.format(account=TEST, deployment="summary-ft", by="")))
    assert (row["n"], row["p95"]) == (0, None)


async def test_a_partial_answer_has_tables_and_an_error(azure: Cloud) -> None:
    await azure.control("settings", {"logs_partial": True})
    reply = await ask(azure, "AzureDiagnostics | summarize n=count()")
    assert reply.status == 200
    assert reply.body["error"]["code"] == "PartialError"
    assert rows(reply)[0]["n"] > 0


async def test_an_unknown_workspace_is_refused(azure: Cloud) -> None:
    reply = await ask(azure, "AzureDiagnostics | count", workspace="00000000-0000-0000-0000-00000000dead")
    assert (reply.status, reply.code) == (403, "InsufficientAccessError")


@pytest.mark.parametrize(
    "query", ["Heartbeat | count", "AzureDiagnostics | where", "AzureDiagnostics | fork"]
)
async def test_a_query_that_is_not_understood_is_refused(azure: Cloud, query: str) -> None:
    reply = await ask(azure, query)
    assert (reply.status, reply.code) == (400, "BadArgumentError")


async def test_the_query_needs_the_reader_role_and_leaves_no_trace_in_the_activity_log(azure: Cloud) -> None:
    before = len(azure.state.activity)
    reply = await ask(azure, "AzureDiagnostics | count", token="sandbox-executor")
    assert (reply.status, reply.code) == (403, "AuthorizationFailed")
    assert len(azure.state.activity) == before
    seen = azure.state.requests[-1]
    assert seen["actions"] == [
        "Microsoft.OperationalInsights/workspaces/query/read",
        "Microsoft.OperationalInsights/workspaces/query/AzureDiagnostics/read",
    ]


async def test_rows_of_the_log_hold_addresses_and_content(azure: Cloud) -> None:
    (row, *_) = rows(await ask(azure, "AzureDiagnostics | take 3"))
    assert mark("IP") in row["CallerIPAddress"]
    assert mark("prompt") in row["properties_s"]
    assert mark("completion") in row["properties_s"]
