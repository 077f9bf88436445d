"""What `/metrics` says: every name explained, nothing else, no names of people or resources, no guesses."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from handlers.dependencies import TrailCheck
from handlers.observers import observed_socket
from handlers.trail_watch import TrailWatch, Verified
from handlers.web.metrics import Metrics, Now, new_metrics
from storage.figures import Figures
from tests.fakes.clock import FakeClock
from tests.fakes.logs import captured

AT = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
LABELS = {
    "countersign_slack_requests_total": {"kind", "outcome"},
    "countersign_slack_ack_duration_seconds": {"kind"},
    "countersign_evidence_duration_seconds": {"kind"},
    "countersign_azure_requests_total": {"operation", "status"},
    "countersign_azure_request_duration_seconds": set(),
    "countersign_alerts_total": {"outcome"},
    "countersign_changes": {"state"},
    "countersign_decisions_total": {"decision"},
    "countersign_executions_total": {"outcome"},
    "countersign_audit_chain_ok": set(),
    "countersign_audit_last_verified_timestamp_seconds": set(),
    "countersign_socket_connected": set(),
    "countersign_breakglass_unreviewed": set(),
    "countersign_approval_pairs": set(),
    "countersign_clock_skew_seconds": {"source"},
    "countersign_anchor_age_seconds": {"kind"},
    "countersign_anchors_against": set(),
    "countersign_incidents_open": {"severity"},
    "countersign_incident_median_seconds": {"step"},
    "countersign_incident_snapshots_waiting": set(),
    "countersign_jobs": {"state"},
    "countersign_build_info": {"version"},
}
KNOWN = Now(
    jobs={"waiting": 3, "running": 0, "dead": 1},
    figures=Figures(
        {"closed": 2},
        {"approve": 5, "reject": 1},
        {"done": 2, "failed": 0},
        1,
        incidents={"SEV1": 1},
        incident_seconds={"first_snapshot": 4.0},
        snapshots_waiting=2,
    ),
    verified=Verified(True, AT),
    is_connected=True,
    skews={"slack": 0.5},
)


def _busy() -> Metrics:
    """Counters of a process in which everything has happened once."""
    metrics = new_metrics("1.2.3")
    observers = metrics.observers()
    observers.azure("get deployments", "200", 0.2)
    observers.evidence("status", 1.5)
    observers.slack("command", "ok", 0.01)
    metrics.alerts.labels("declared").inc()
    return metrics


def _samples(text: bytes) -> dict[str, list[tuple[dict[str, str], float]]]:
    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    for family in text_string_to_metric_families(text.decode()):
        for sample in family.samples:
            found.setdefault(sample.name, []).append((sample.labels, sample.value))
    return found


@pytest.mark.parametrize("now", [KNOWN, Now()], ids=["known", "nothing known"])
def test_every_name_is_exported_with_its_help_and_nothing_unknown_is(now: Now) -> None:
    text = _busy().text(now).decode()
    helped = {line.split()[2]: line.split(maxsplit=3)[3] for line in text.splitlines() if "# HELP" in line}
    assert {name for name in helped if not name.endswith("_created")} == set(LABELS)
    assert all(words.endswith(".") for name, words in helped.items() if not name.endswith("_created"))


def test_labels_are_the_agreed_ones_and_none_names_a_person_or_a_resource() -> None:
    for name, samples in _samples(_busy().text(KNOWN)).items():
        plain = name.removesuffix("_bucket").removesuffix("_sum").removesuffix("_count")
        if not name.endswith("_created"):
            for labels, _ in samples:
                assert set(labels) - {"le"} == LABELS[plain], name


def test_the_state_of_the_moment_is_told() -> None:
    samples = _samples(_busy().text(KNOWN))
    assert ({"state": "closed"}, 2.0) in samples["countersign_changes"]
    assert ({"decision": "approve"}, 5.0) in samples["countersign_decisions_total"]
    assert ({"outcome": "done"}, 2.0) in samples["countersign_executions_total"]
    assert ({"state": "dead"}, 1.0) in samples["countersign_jobs"]
    assert samples["countersign_audit_chain_ok"] == [({}, 1.0)]
    assert samples["countersign_audit_last_verified_timestamp_seconds"] == [({}, AT.timestamp())]
    assert samples["countersign_socket_connected"] == [({}, 1.0)]


def test_what_is_not_known_is_left_out_and_not_repeated_from_before() -> None:
    metrics = _busy()
    assert "countersign_changes" in _samples(metrics.text(KNOWN))
    after = _samples(metrics.text(Now()))
    left_out = (
        "changes",
        "decisions_total",
        "executions_total",
        "jobs",
        "audit_chain_ok",
        "socket_connected",
    )
    assert not {f"countersign_{name}" for name in left_out} & set(after)


def test_a_broken_trail_and_a_lost_connection_read_zero() -> None:
    samples = _samples(_busy().text(Now(verified=Verified(False, AT), is_connected=False)))
    assert samples["countersign_audit_chain_ok"] == [({}, 0.0)]
    assert samples["countersign_socket_connected"] == [({}, 0.0)]


def test_what_is_observed_is_counted_by_kind() -> None:
    samples = _samples(_busy().text(Now()))
    sent = {"operation": "get deployments", "status": "200"}
    assert samples["countersign_azure_requests_total"] == [(sent, 1.0)]
    assert samples["countersign_azure_request_duration_seconds_count"] == [({}, 1.0)]
    assert samples["countersign_evidence_duration_seconds_sum"] == [({"kind": "status"}, 1.5)]
    assert samples["countersign_slack_requests_total"] == [({"kind": "command", "outcome": "ok"}, 1.0)]
    assert ({"kind": "command", "le": "0.05"}, 1.0) in samples[
        "countersign_slack_ack_duration_seconds_bucket"
    ]


class Trail:
    """A trail that holds, or not, or that cannot be looked at."""

    def __init__(self, *looks: bool | Exception) -> None:
        self.looks = list(looks)
        self.looked = asyncio.Event()

    async def verify(self) -> TrailCheck:
        look = self.looks.pop(0)
        if not self.looks:
            self.looked.set()
        if isinstance(look, Exception):
            raise look
        return TrailCheck(look, 7, "root", "vkey", [] if look else ["L1 at 3: the leaf hash differs"])


async def test_the_last_verdict_on_the_trail_is_remembered_with_its_time() -> None:
    clock = FakeClock()
    watch = TrailWatch(Trail(True).verify, clock)
    assert watch.last is None
    await watch.check()
    assert watch.last == Verified(True, clock.now())


async def test_the_trail_is_looked_at_again_and_again_and_a_failed_look_keeps_the_last_verdict() -> None:
    trail = Trail(True, OSError("gone"), False, OSError("gone"))
    watch = TrailWatch(trail.verify, FakeClock())
    with captured() as log:
        looking = asyncio.create_task(watch.keep_looking(0, 0))
        await asyncio.wait_for(trail.looked.wait(), 5)
        looking.cancel()
        await asyncio.wait([looking])
    assert watch.last is not None
    assert watch.last.ok is False
    assert "trail.broken" in log.getvalue()
    assert "trail.unseen" in log.getvalue()


class Envelope:
    """A request as Socket Mode brings it."""

    def __init__(self, type: str, inner: str = "") -> None:
        self.type = type
        self.payload = {"type": inner}


@pytest.mark.parametrize(
    ("envelope", "kind"),
    [
        (Envelope("slash_commands"), "command"),
        (Envelope("events_api"), "event"),
        (Envelope("interactive", "block_actions"), "click"),
        (Envelope("interactive", "view_submission"), "submission"),
        (Envelope("hello"), "unknown"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_requests_over_socket_mode_are_counted_like_those_over_http(
    envelope: Envelope, kind: str
) -> None:
    told: list[tuple[str, str]] = []

    async def handle(client: Any, request: Any) -> None:
        assert request is envelope

    await observed_socket(handle, lambda kind, outcome, seconds: told.append((kind, outcome)))(None, envelope)
    assert told == [(kind, "ok")]


async def test_a_request_over_socket_mode_that_breaks_is_counted_as_a_bug() -> None:
    told: list[tuple[str, str]] = []

    async def handle(client: Any, request: Any) -> None:
        raise RuntimeError("broken")

    listen = observed_socket(handle, lambda kind, outcome, seconds: told.append((kind, outcome)))
    with pytest.raises(RuntimeError):
        await listen(None, Envelope("slash_commands"))
    assert told == [("command", "bug")]
