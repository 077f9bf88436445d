"""The alert rules of the simulated Azure Monitor: what is measured, over which minutes, and what makes it fire."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sandbox.azure.names import Json
from sandbox.azure.traffic import Minute, Track

WINDOW = 5  # minutes


@dataclass(frozen=True)
class MetricRule:
    """A metric alert, split by deployment; it fires when the figure is above the threshold."""

    name: str
    severity: int
    metric: str
    aggregation: str
    dimensions: tuple[tuple[str, str], ...]
    figure: Callable[[list[Minute]], float]
    threshold: Callable[[Track], float]
    description: str

    def value(self, track: Track, end: int) -> float:
        """Return the figure of the last minutes before `end`."""
        return self.figure([sample for _, sample in track.minutes(end - WINDOW, end)])


@dataclass(frozen=True)
class ActivityRule:
    """An activity log alert: it fires for each event of this operation and status, and never resolves."""

    name: str
    severity: int
    operation: str
    status: str
    description: str

    def fits(self, event: Json) -> bool:
        """Tell whether an event of the activity log is one of these."""
        operation = str(event["operationName"]["value"]).lower()
        return operation == self.operation.lower() and event["status"]["value"] == self.status


def _mean_latency(minutes: Iterable[Minute]) -> float:
    held = [(one.latency_ms * one.ok, one.ok) for one in minutes]
    answered = sum(ok for _, ok in held)
    return sum(total for total, _ in held) / answered if answered else 0.0


METRIC_RULES: tuple[MetricRule, ...] = (
    MetricRule(
        "countersign-http-429",
        2,
        "AzureOpenAIRequests",
        "Total",
        (("StatusCode", "429"),),
        lambda minutes: float(sum(one.throttled for one in minutes)),
        lambda track: 300.0,
        "Many calls are refused with HTTP 429.",
    ),
    MetricRule(
        "countersign-http-5xx",
        1,
        "AzureOpenAIRequests",
        "Total",
        (("StatusCode", "500"),),
        lambda minutes: float(sum(one.failed for one in minutes)),
        lambda track: 25.0,
        "Many calls fail with HTTP 5xx.",
    ),
    MetricRule(
        "countersign-content-filter",
        2,
        "RAIRejectedRequests",
        "Total",
        (),
        lambda minutes: float(sum(one.filtered for one in minutes)),
        lambda track: 25.0,
        "The content filter stops many calls.",
    ),
    MetricRule(
        "countersign-latency",
        2,
        "AzureOpenAITimeToResponse",
        "Average",
        (),
        _mean_latency,
        lambda track: 2.5 * track.profile.latency_ms,
        "Answers take much longer than usual.",
    ),
)
ACTIVITY_RULES: tuple[ActivityRule, ...] = (
    ActivityRule(
        "countersign-deployment-deleted",
        1,
        "Microsoft.CognitiveServices/accounts/deployments/delete",
        "Succeeded",
        "A deployment was deleted.",
    ),
    ActivityRule(
        "countersign-deployment-failed",
        2,
        "Microsoft.CognitiveServices/accounts/deployments/write",
        "Failed",
        "A write of a deployment failed.",
    ),
)
