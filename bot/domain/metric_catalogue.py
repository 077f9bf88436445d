"""What can be measured of a deployment, by the names people ask for, and where Azure emits it, if it does."""

from dataclasses import dataclass


@dataclass(frozen=True)
class CatalogueEntry:
    """One thing people ask for: the Azure metrics that answer it (none: not emitted), and what to know of it."""

    name: str
    metrics: tuple[str, ...]
    note: str

    @property
    def is_emitted(self) -> bool:
        """Return whether Azure emits a platform metric of it."""
        return bool(self.metrics)


CATALOGUE = (
    CatalogueEntry(
        "Token usage",
        ("TokenTransaction", "ProcessedPromptTokens", "GeneratedTokens"),
        "Per deployment, by the minute; metrics starts with it.",
    ),
    CatalogueEntry(
        "Latency",
        ("AzureOpenAITimeToResponse", "AzureOpenAITTLTInMS", "AzureOpenAINormalizedTTFTInMS"),
        "Means only: p50, p95 and p99 come from the request logs (show).",
    ),
    CatalogueEntry(
        "Throughput",
        ("AzureOpenAIRequests", "AzureOpenAITokenPerSecond"),
        "Requests by status, and tokens per second of a response.",
    ),
    CatalogueEntry(
        "Failures",
        ("AzureOpenAIRequests", "AzureOpenAIAvailabilityRate"),
        "HTTP 429 and 5xx by the StatusCode dimension.",
    ),
    CatalogueEntry(
        "Queueing",
        (),
        "Azure refuses with HTTP 429 and never queues: the share of HTTP 429 stands for it.",
    ),
    CatalogueEntry(
        "Capacity",
        ("AzureOpenAIProvisionedManagedUtilizationV2",),
        "Of provisioned deployments; of the others see quota and the rate limits in show.",
    ),
    CatalogueEntry(
        "Query duration",
        (),
        "A word of databases; of a model it is the latency above.",
    ),
    CatalogueEntry(
        "Restore time",
        (),
        "Countersign measures it: from Roll back to the state read back, in change show.",
    ),
    CatalogueEntry(
        "Deployment response",
        (),
        "Countersign measures it: from Apply to the state read back, in change show.",
    ),
)

_ADD_UP = frozenset({"TokenTransaction", "ProcessedPromptTokens", "GeneratedTokens", "AzureOpenAIRequests"})
_BY_REQUEST = frozenset(
    {
        "AzureOpenAITimeToResponse",
        "AzureOpenAITTLTInMS",
        "AzureOpenAINormalizedTTFTInMS",
        "AzureOpenAITokenPerSecond",
    }
)


def catalogue_metrics() -> tuple[str, ...]:
    """Return the Azure metrics of the catalogue, each once, in its order."""
    return tuple(dict.fromkeys(metric for entry in CATALOGUE for metric in entry.metrics))


def adds_up(metric: str) -> bool:
    """Return whether buckets of a metric are summed; else they are averaged."""
    return metric in _ADD_UP


def is_by_request(metric: str) -> bool:
    """Return whether a metric is measured of each answer, so that its mean weighs by them."""
    return metric in _BY_REQUEST
