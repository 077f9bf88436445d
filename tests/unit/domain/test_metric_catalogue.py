"""R50: nine names people ask for, each mapped to a metric of Azure or said not to be emitted."""

import pytest

from bot.azure.metrics import AGGREGATIONS
from bot.domain.metric_catalogue import CATALOGUE, catalogue_metrics

NAMES = (
    "latency, throughput, failures, queueing, capacity, query duration, restore time, "
    "deployment response, token usage"
)
NOT_FOR_AZURE_OPENAI = {
    "Latency",
    "SuccessRate",
    "TotalErrors",
    "SuccessfulCalls",
    "BlockedCalls",
    "Ratelimit",
    "ServerErrors",
}


def test_r50_the_catalogue_has_the_nine_names() -> None:
    assert {entry.name.lower() for entry in CATALOGUE} == set(NAMES.split(", "))


def test_r50_what_azure_does_not_emit_is_said_with_what_stands_for_it() -> None:
    assert {entry.name for entry in CATALOGUE if not entry.is_emitted} == {
        "Queueing",
        "Query duration",
        "Restore time",
        "Deployment response",
    }
    assert all(entry.note for entry in CATALOGUE)


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.name)
def test_no_metric_is_named_that_is_not_for_azure_openai(entry: object) -> None:
    assert not set(getattr(entry, "metrics", ())) & NOT_FOR_AZURE_OPENAI


def test_every_metric_that_is_named_can_be_read() -> None:
    assert set(catalogue_metrics()) <= set(AGGREGATIONS)


def test_r31_token_usage_comes_first_and_starts_with_token_transaction() -> None:
    assert CATALOGUE[0].metrics[0] == "TokenTransaction"
