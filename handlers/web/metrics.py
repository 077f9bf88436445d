"""What is counted, for Prometheus: names and units, no user and no resource."""

from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 1.5, 2, 2.5, 3, 5)


@dataclass(frozen=True)
class Metrics:
    """The counters of this process."""

    registry: CollectorRegistry
    requests: Counter
    ack_seconds: Histogram
    jobs: Gauge
    build: Gauge

    def text(self) -> bytes:
        """Return the Prometheus text format."""
        return generate_latest(self.registry)


def new_metrics(version: str) -> Metrics:
    """Return fresh counters in a registry of their own."""
    registry = CollectorRegistry()
    metrics = Metrics(
        registry=registry,
        requests=Counter(
            "countersign_slack_requests", "Requests from Slack.", ["kind", "outcome"], registry=registry
        ),
        ack_seconds=Histogram(
            "countersign_slack_ack_duration_seconds",
            "Time until a request was acknowledged.",
            ["kind"],
            buckets=_BUCKETS,
            registry=registry,
        ),
        jobs=Gauge("countersign_jobs", "Jobs by state.", ["state"], registry=registry),
        build=Gauge("countersign_build_info", "Which program this is.", ["version"], registry=registry),
    )
    metrics.build.labels(version).set(1)
    return metrics
