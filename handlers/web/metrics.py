"""What is counted, for Prometheus: names and units, no user and no resource."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from handlers.observers import Observers
from handlers.trail_watch import Verified
from storage.figures import Figures

_ACK_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 1.5, 2, 2.5, 3, 5)
_LOOK_BUCKETS = (0.1, 0.25, 0.5, 1, 2, 3, 5, 8, 13, 30)


@dataclass(frozen=True)
class Now:
    """What is so at this moment; what is not known is left out rather than guessed."""

    jobs: Mapping[str, int] = field(default_factory=dict)
    figures: Figures | None = None
    verified: Verified | None = None
    is_connected: bool | None = None
    skews: Mapping[str, float] = field(default_factory=dict)


class _NowCollector(Collector):
    """Exports the state that was set last."""

    def __init__(self) -> None:
        self.now = Now()

    def collect(self) -> Iterator[Metric]:
        """Give each name, with samples where something is known."""
        figures = self.now.figures or Figures({}, {}, {})
        yield _gauges("changes", "Changes by state, in the database.", "state", figures.changes)
        yield _counters("decisions", "Votes stored, in the database.", "decision", figures.decisions)
        yield _counters(
            "executions",
            "Steps on Azure that ended, in the database; one in doubt is not among them.",
            "outcome",
            figures.executions,
        )
        yield _gauges("jobs", "Jobs by state, in the database.", "state", self.now.jobs)
        yield _single(
            "breakglass_unreviewed",
            "Broken glasses whose review was due and has not been given, in the database.",
            figures.unreviewed,
        )
        yield _single(
            "approval_pairs",
            "Pairs of accounts that approved each other ten times or more in 30 days, in the database.",
            figures.pairs,
        )
        yield from self._trail()
        yield from _anchors(figures)
        yield from _incidents(figures)
        yield _gauges(
            "clock_skew_seconds",
            "By how much this machine's clock is ahead, by the Date of the last answer.",
            "source",
            self.now.skews,
        )
        yield _single(
            "socket_connected",
            "1 when a Socket Mode connection stands; absent over HTTP.",
            self.now.is_connected,
        )

    def _trail(self) -> Iterator[Metric]:
        last = self.now.verified
        yield _single(
            "audit_chain_ok",
            "1 when the last verification of the audit trail found nothing; absent before the first.",
            None if last is None else last.ok,
        )
        yield _single(
            "audit_last_verified_timestamp_seconds",
            "When the audit trail was last verified.",
            None if last is None else last.at.timestamp(),
        )


def _anchors(figures: Figures) -> Iterator[Metric]:
    yield _gauges(
        "anchor_age_seconds",
        "For how long the oldest entry has waited to be anchored, by kind of anchor, in the database.",
        "kind",
        figures.anchor_ages,
    )
    yield _single(
        "anchors_against",
        "Anchors that prove the audit trail wrong, in the database; absent where none is configured.",
        figures.anchors_against,
    )


def _incidents(figures: Figures) -> Iterator[Metric]:
    yield _gauges(
        "incidents_open",
        "Open incidents by severity, drills apart, in the database.",
        "severity",
        figures.incidents,
    )
    yield _gauges(
        "incident_median_seconds",
        "Median time from the declaration to each step, drills apart, of 90 days, in the database.",
        "step",
        figures.incident_seconds,
    )
    yield _single(
        "incident_snapshots_waiting",
        "Snapshots of incidents that are wanted and not taken, in the database.",
        figures.snapshots_waiting,
    )


@dataclass(frozen=True)
class Metrics:
    """The counters of this process, and the state of the moment."""

    registry: CollectorRegistry
    requests: Counter
    ack_seconds: Histogram
    evidence_seconds: Histogram
    azure_requests: Counter
    azure_seconds: Histogram
    alerts: Counter
    _now: _NowCollector

    def text(self, now: Now) -> bytes:
        """Return the Prometheus text format, with this state."""
        self._now.now = now
        return generate_latest(self.registry)

    def observers(self) -> Observers:
        """Return what the house tells these counters."""

        def azure(operation: str, status: str, seconds: float) -> None:
            self.azure_requests.labels(operation, status).inc()
            self.azure_seconds.observe(seconds)

        def slack(kind: str, outcome: str, seconds: float) -> None:
            self.requests.labels(kind, outcome).inc()
            self.ack_seconds.labels(kind).observe(seconds)

        def evidence(kind: str, seconds: float) -> None:
            self.evidence_seconds.labels(kind).observe(seconds)

        return Observers(azure=azure, evidence=evidence, slack=slack)


def new_metrics(version: str) -> Metrics:
    """Return fresh counters in a registry of their own."""
    registry = CollectorRegistry()
    now = _NowCollector()
    registry.register(now)
    build = Gauge("countersign_build_info", "Which program this is.", ["version"], registry=registry)
    build.labels(version).set(1)
    return Metrics(
        registry=registry,
        requests=_counter(registry, "slack_requests", "Requests from Slack.", "kind", "outcome"),
        ack_seconds=_histogram(
            registry, "slack_ack_duration_seconds", "Time until a request was acknowledged.", "kind"
        ),
        evidence_seconds=_histogram(
            registry, "evidence_duration_seconds", "Time to gather one answer of evidence.", "kind"
        ),
        azure_requests=_counter(
            registry, "azure_requests", "Calls sent to Azure; status none: no answer.", "operation", "status"
        ),
        azure_seconds=_histogram(
            registry, "azure_request_duration_seconds", "Time until Azure answered a call, or did not."
        ),
        alerts=_counter(registry, "alerts", "Alerts of Azure Monitor, by what became of them.", "outcome"),
        _now=now,
    )


def _counter(registry: CollectorRegistry, name: str, words: str, *labels: str) -> Counter:
    return Counter(f"countersign_{name}", words, labels, registry=registry)


def _histogram(registry: CollectorRegistry, name: str, words: str, *labels: str) -> Histogram:
    buckets = _ACK_BUCKETS if "ack" in name else _LOOK_BUCKETS
    return Histogram(f"countersign_{name}", words, labels, buckets=buckets, registry=registry)


def _gauges(name: str, words: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(f"countersign_{name}", words, labels=[label])
    for value, count in values.items():
        family.add_metric([value], count)
    return family


def _counters(name: str, words: str, label: str, values: Mapping[str, int]) -> Metric:
    family = CounterMetricFamily(f"countersign_{name}", words, labels=[label])
    for value, count in values.items():
        family.add_metric([value], count)
    return family


def _single(name: str, words: str, value: float | None) -> Metric:
    family = GaugeMetricFamily(f"countersign_{name}", words)
    if value is not None:
        family.add_metric([], float(value))
    return family
