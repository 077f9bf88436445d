"""Every audit event: a tag of its own that never changes, a sentence people read, nothing personal in clear."""

import re
from dataclasses import fields
from inspect import getmembers, isclass
from types import ModuleType
from typing import Any

import pytest

from bot.domain import after_events as after
from bot.domain import alert_events as alert
from bot.domain import anchor_events as anchor
from bot.domain import break_glass_events as glass
from bot.domain import drift_events as drift
from bot.domain import execution_events as execution
from bot.domain import freeze_events as freeze
from bot.domain import incident_events as incident
from bot.domain import request_events as request
from bot.domain import talk_events as talk
from bot.domain import trail_events as trail
from bot.domain import watch_events as watch
from bot.domain.event import AuditEvent
from bot.domain.events import EVENT_TYPES, plain
from bot.domain.json import canonical

ABOUT: dict[str, Any] = {"change": "CHG-1", "resource": "/x"}
EVENTS: tuple[tuple[str, AuditEvent, str], ...] = (
    (
        "evidence.read",
        request.EvidenceRead(command="status", alias="triage-prod"),
        "read status of triage-prod",
    ),
    (
        "evidence.snapshot",
        request.EvidenceSnapshot(**ABOUT, alias="triage-prod", evidence="0123456789abcdef"),
        "took the snapshot EV-0123456789ab of triage-prod",
    ),
    (
        "change.requested",
        request.ChangeRequested(
            **ABOUT,
            revision=1,
            kind="scale",
            owner="U0OTTO",
            ticket="OPS-1",
            expected_cost="none",
            validation_signal="429",
            reason="a long queue",
            rollback_plan="down to 120",
        ),
        "requested CHG-1: scale, owner <@U0OTTO>, ticket OPS-1",
    ),
    (
        "change.planned",
        request.ChangePlanned(**ABOUT, revision=2, plan_digest="d" * 64, tier="high", evidence="e"),
        "planned CHG-1 revision 2 (high), plan dddddddddddd",
    ),
    (
        "policy.evaluated",
        request.PolicyEvaluated(
            **ABOUT,
            revision=1,
            environment="production",
            tier="high",
            quorum=2,
            groups=("a", "b"),
            eligible=("U1", "U2", "U3"),
            policy_digest="p",
        ),
        "found that CHG-1 needs 2 of 3 people",
    ),
    (
        "change.approved",
        request.ChangeApproved(
            **ABOUT,
            revision=1,
            plan_digest="d",
            policy_digest="p",
            groups=("a",),
            counted=1,
            quorum=2,
            reason="looks right",
        ),
        "approved CHG-1 revision 1 (1 of 2)",
    ),
    (
        "change.approval_withdrawn",
        request.ApprovalWithdrawn(
            **ABOUT,
            revision=1,
            plan_digest="d",
            approver="U0BOB",
            counted=1,
            quorum=2,
            reopened=True,
            reason="I saw more",
        ),
        "took their approval of CHG-1 revision 1 back; it waits for approval again",
    ),
    (
        "change.rejected",
        request.ChangeRejected(**ABOUT, revision=1, plan_digest="d", reason="too late"),
        "rejected CHG-1",
    ),
    (
        "change.changes_requested",
        request.ChangesRequested(**ABOUT, revision=1, reason="smaller"),
        "asked for changes to CHG-1",
    ),
    (
        "change.refused",
        request.ChangeRefused(**ABOUT, attempt="approve", why="your own request"),
        "was refused to approve CHG-1: your own request",
    ),
    ("change.withdrawn", request.ChangeWithdrawn(**ABOUT, reason="not needed"), "withdrew CHG-1"),
    ("change.expired", request.ChangeExpired(**ABOUT, expired_at="2026"), "let CHG-1 expire"),
    (
        "change.superseded",
        request.ChangeSuperseded(**ABOUT, moved=("sku.capacity",), why="sku.capacity moved"),
        "stopped CHG-1: sku.capacity moved",
    ),
    (
        "change.apply_requested",
        execution.ApplyAsked(**ABOUT, revision=1, plan_digest="d"),
        "asked to apply CHG-1",
    ),
    (
        "change.scheduled",
        execution.ChangeScheduled(**ABOUT, revision=1, plan_digest="d", start_at="2026-11-24T18:00+00:00"),
        "scheduled CHG-1 for 2026-11-24T18:00+00:00",
    ),
    (
        "change.execution.started",
        execution.ExecutionStarted(
            **ABOUT, revision=1, plan_digest="d", approvers=("U1", "U2"), beside=("CHG-2",)
        ),
        "started CHG-1, approved by <@U1>, <@U2>, an emergency beside the validation of CHG-2",
    ),
    (
        "change.execution.finished",
        execution.ExecutionFinished(**ABOUT, plan_digest="d", operation_id="op", untouched=4),
        "finished CHG-1; 4 other deployments did not move",
    ),
    (
        "change.execution.failed",
        execution.ExecutionFailed(**ABOUT, code="X", why="refused", written=False),
        "failed CHG-1: refused",
    ),
    (
        "change.execution.unknown",
        execution.ExecutionUnknown(**ABOUT, why="no answer"),
        "does not know whether CHG-1 was applied: no answer",
    ),
    (
        "change.reconciled",
        execution.ChangeReconciled(**ABOUT, applied=False),
        "read Azure back: CHG-1 was not applied",
    ),
    (
        "change.validated",
        execution.ChangeValidated(**ABOUT, verdict="better", before="2 %", after="1 %", signal="429"),
        "validated CHG-1: better (429: 2 % → 1 %)",
    ),
    ("change.attested", execution.ChangeAttested(**ABOUT, verdict="better"), "attested CHG-1"),
    ("change.closed", execution.ChangeClosed(**ABOUT), "closed CHG-1"),
    (
        "rollback.started",
        execution.RollbackStarted(**ABOUT, plan_digest="d", asked_by="U1"),
        "started to roll CHG-1 back",
    ),
    ("rollback.finished", execution.RollbackFinished(**ABOUT, operation_id="op"), "rolled CHG-1 back"),
    (
        "rollback.failed",
        execution.RollbackFailed(**ABOUT, code="X", why="refused"),
        "could not roll CHG-1 back: refused",
    ),
    (
        "change.waived",
        after.ChangeWaived(**ABOUT, verdict="better", owner="U0OTTO", groups=("a",), reason="away on leave"),
        "waived the attestation of CHG-1 in the place of <@U0OTTO>",
    ),
    (
        "change.trigger_breached",
        after.TriggerBreached(
            **ABOUT,
            trigger="HTTP 5xx above 2 %",
            value="share of HTTP 5xx 4.00 %",
            measured_at="now",
            automatic=True,
        ),
        "saw the rollback trigger of CHG-1 breached: share of HTTP 5xx 4.00 %; the rollback starts by itself",
    ),
    (
        "rollback.requested",
        after.RollbackAsked(**ABOUT, plan_digest="d" * 64),
        "asked to roll CHG-1 back; one more confirms",
    ),
    (
        "change.break_glass",
        glass.GlassBroken(
            **ABOUT,
            revision=1,
            plan_digest="d",
            policy_digest="p",
            groups=("security",),
            quorum=2,
            given=1,
            own=True,
            review_due="2026-11-25T12:00+00:00",
            incident="INC-1",
            reason="it burns",
        ),
        "broke the glass for CHG-1 revision 1, their own request; "
        "1 of 2 approvals, to be reviewed by 2026-11-25T12:00+00:00",
    ),
    (
        "change.break_glass.reviewed",
        glass.GlassReviewed(
            **ABOUT, revision=1, verdict="not justified", broke="U1", late=True, note="it could wait"
        ),
        "reviewed the glass <@U1> broke for CHG-1: not justified, late",
    ),
    (
        "change.break_glass.lapsed",
        glass.GlassLapsed(**ABOUT, broke="U1", due="2026-11-25T12:00+00:00", times=2),
        "found the glass of CHG-1 unreviewed, due 2026-11-25T12:00+00:00 (said 2 times)",
    ),
    (
        "freeze.added",
        freeze.FreezeAdded(
            freeze="FRZ-1",
            start="2026-11-24T12:00+00:00",
            end="2026-11-24T18:00+00:00",
            targets=("triage-*", "email-prod"),
            reason="the quarter ends",
        ),
        "added the freeze FRZ-1 of triage-*, email-prod, 2026-11-24T12:00+00:00 to 2026-11-24T18:00+00:00",
    ),
    (
        "freeze.lifted",
        freeze.FreezeLifted(freeze="FRZ-1", end="2026-11-24T18:00+00:00", reason="calm"),
        "lifted the freeze FRZ-1, meant until 2026-11-24T18:00+00:00",
    ),
    (
        "freeze.overridden",
        freeze.FreezeOverridden(
            **ABOUT, freezes=("FRZ-1", "year-end"), groups=("security",), revision=1, reason="it burns"
        ),
        "overrode FRZ-1, year-end to apply CHG-1",
    ),
    (
        "baseline.recorded",
        drift.BaselineRecorded(
            **ABOUT, baseline="BL-3", alias="triage-prod", kind="submit", evidence="0123456789abcdef"
        ),
        "kept the baseline BL-3 of triage-prod (submit)",
    ),
    (
        "drift.detected",
        drift.DriftDetected(
            alias="triage-prod", fields=("iac: capacity", "app: model"), silenced=1, evidence="e"
        ),
        "found drift of triage-prod: iac: capacity, app: model",
    ),
    (
        "drift.excepted",
        drift.DriftExcepted(
            alias="triage-prod",
            field="capacity",
            owner="U0OTTO",
            until="2026-12-31",
            reason="a trial of ours",
        ),
        "excepted capacity of triage-prod from drift until 2026-12-31, owner <@U0OTTO>",
    ),
    (
        "drift.exception_lifted",
        drift.DriftExceptionLifted(alias="triage-prod", field="capacity", owner="U0OTTO", until="2026-12-31"),
        "lifted the exception of capacity of triage-prod, owner <@U0OTTO>, meant until 2026-12-31",
    ),
    (
        "write.unexplained",
        watch.WriteUnexplained(
            alias="triage-prod",
            at="2026-11-24T12:00:00+00:00",
            fields=("sku.capacity",),
            caller="0b0b",
            operation="x/deployments/write",
            correlation="corr",
            freeze="",
        ),
        "found a write of triage-prod that no change explains; it moved sku.capacity",
    ),
    (
        "write.attributed",
        watch.WriteAttributed(
            alias="triage-prod", at="2026-11-24", caller="0b0b", operation="x", correlation="corr"
        ),
        "learned who made the write of triage-prod that no change explains",
    ),
    (
        "trouble.detected",
        watch.TroubleDetected(
            alias="triage-prod",
            rule="capacity_pressure",
            began_at="2026-11-24T12:00:00+00:00",
            figures=("HTTP 429: 62 %",),
            outcome="joined",
            incident="INC-1",
        ),
        "found capacity pressure on triage-prod and added it to INC-1",
    ),
    (
        "trouble.ended",
        watch.TroubleEnded(alias="triage-prod", rule="capacity_pressure"),
        "found capacity pressure on triage-prod to be over",
    ),
    (
        "alert.received",
        alert.AlertReceived(
            alert="/subscriptions/s/alerts/a",
            rule="http-429",
            severity="Sev2",
            condition="Fired",
            targets=("triage-prod",),
            incident="INC-1",
            outcome="declared",
        ),
        "received the alert http-429 (fired) about triage-prod and declared INC-1",
    ),
    (
        "change.commented",
        talk.ChangeCommented(**ABOUT, revision=2, n=3, words="Is the quota enough?"),
        "commented on CHG-1 revision 2 (comment 3)",
    ),
    (
        "checkpoint.anchored",
        anchor.CheckpointAnchored(
            anchor="file", size=12, root="cm9vdA==", place="/mnt/anchors#400", cosigned=("hsm", "w1")
        ),
        "anchored the audit trail at size 12 (file; also signed by hsm and w1)",
    ),
    (
        "anchor.failed",
        anchor.AnchorFailed(anchor="witness", size=12, why="it has seen 20 entries", finding="A2"),
        "could not anchor the audit trail at size 12 (witness) [A2]: it has seen 20 entries",
    ),
    (
        "anchor.overridden",
        anchor.AnchorOverridden(**ABOUT, anchors=("file", "slack"), minutes=75, step="forward"),
        "went on with CHG-1 (forward) although file, slack lacked entries 75 min old",
    ),
    (
        "proofpack.issued",
        trail.ProofPackIssued(**ABOUT, sha256="0" * 64, entries=14, holds=True, disclosed=True, shared=True),
        "took the proof pack of CHG-1 (14 entries), for everybody in the channel",
    ),
    (
        "export.performed",
        trail.ExportPerformed(format="csv", entries=3, first="0/4", last="0/6"),
        "exported 3 entries of the audit trail as csv (0/4 to 0/6)",
    ),
    (
        "command.denied",
        trail.CommandDenied(command="audit search", why="you are in none of the groups", attempts=2),
        "was refused audit search (2 attempts): you are in none of the groups",
    ),
    (
        "permission.denied",
        trail.PermissionDenied(attempt="change.apply", why="auditors change nothing", attempts=1),
        "was refused change.apply (1 attempt): auditors change nothing",
    ),
    (
        "auth.failed",
        trail.AuthFailed(attempts=7, seconds=60),
        "turned away 7 requests in 60 s that Slack did not sign, or too long ago",
    ),
    (
        "incident.opened",
        incident.IncidentOpened(
            incident="INC-1",
            severity="SEV2",
            targets=("triage-prod",),
            lead="U0LEA",
            source="chat",
            drill=False,
            origin="",
            title="Tickets wait",
        ),
        "declared the incident INC-1, SEV2 on triage-prod",
    ),
    (
        "incident.snapshot",
        incident.IncidentSnapshotTaken(
            incident="INC-1", n=2, occasion="declare", evidence="0123456789abcdef"
        ),
        "took the snapshot 2 of INC-1, EV-0123456789ab (declare)",
    ),
    (
        "incident.severity_changed",
        incident.SeverityChanged(incident="INC-1", before="SEV3", after="SEV1"),
        "changed the severity of INC-1 from SEV3 to SEV1",
    ),
    (
        "incident.role_assigned",
        incident.RoleAssigned(incident="INC-1", role="lead", person="U0LEA"),
        "made <@U0LEA> lead of INC-1",
    ),
    (
        "incident.updated",
        incident.StatusUpdated(
            incident="INC-1", next_update="2026-11-24T10:30:00+00:00", words="we look at it"
        ),
        "gave a status update of INC-1, the next is due 2026-11-24T10:30:00+00:00",
    ),
    (
        "incident.noted",
        incident.IncidentNoted(incident="INC-1", kind="note", sha256="d" * 64, words="the queue is back"),
        "added a note to the timeline of INC-1",
    ),
    ("incident.linked", incident.IncidentLinked(change="CHG-1", incident="INC-1"), "linked CHG-1 to INC-1"),
    (
        "incident.consented",
        incident.ChangeConsented(change="CHG-1", incident="INC-1", revision=1, plan_digest="d" * 64),
        "consented to CHG-1 while INC-1 is open",
    ),
    (
        "incident.channel_changed",
        incident.ChannelChanged(incident="INC-1", channel="C0INC", what="archived"),
        "found the channel of INC-1 archived",
    ),
    (
        "incident.closed",
        incident.IncidentClosed(
            incident="INC-1", severity="SEV2", seconds=3_700, drill=False, resolution="quota raised"
        ),
        "resolved INC-1 (SEV2) after 61 min",
    ),
)
NOT_PAST = {
    "change.break_glass",
    "incident.snapshot",
    "evidence.read",
    "evidence.snapshot",
    "change.execution.unknown",
}


@pytest.mark.parametrize(("tag", "event", "sentence"), EVENTS, ids=[tag for tag, _, _ in EVENTS])
def test_the_golden_sentence(tag: str, event: AuditEvent, sentence: str) -> None:
    assert (event.tag, event.sentence()) == (tag, sentence)


def test_every_event_has_its_golden_sentence_in_the_order_of_the_list() -> None:
    assert [type(event) for _, event, _ in EVENTS] == list(EVENT_TYPES)


def test_a_start_nobody_had_to_approve_names_the_policy() -> None:
    event = execution.ExecutionStarted(**ABOUT, revision=1, plan_digest="d", approvers=())
    assert event.sentence() == "started CHG-1, approved by policy"
    assert execution.ChangeReconciled(**ABOUT, applied=True).sentence().endswith("was applied")


@pytest.mark.parametrize(
    "module",
    [request, execution, after, drift, watch, glass, freeze, talk, trail, incident],
    ids=lambda module: module.__name__,
)
def test_no_event_is_forgotten_in_the_list(module: ModuleType) -> None:
    found = {kind for _, kind in getmembers(module, isclass) if issubclass(kind, AuditEvent)} - {AuditEvent}
    assert found <= set(EVENT_TYPES)


def test_every_tag_is_unique_and_dotted() -> None:
    tags = [kind.tag for kind in EVENT_TYPES]
    assert len(set(tags)) == len(tags)
    assert [tag for tag in tags if not re.fullmatch(r"[a-z]+(\.[a-z_]+)+", tag)] == []


@pytest.mark.parametrize("tag", [kind.tag for kind in EVENT_TYPES if kind.tag not in NOT_PAST])
def test_a_tag_says_what_happened_in_the_past_tense(tag: str) -> None:
    assert re.search(r"(ed|withdrawn|overridden)$", tag)


@pytest.mark.parametrize("event", [event for _, event, _ in EVENTS], ids=lambda event: event.tag)
def test_an_entry_is_canonical_and_holds_no_private_text_in_clear(event: AuditEvent) -> None:
    clear = canonical(plain(event.data())).decode()
    assert set(event.private()) <= event.PRIVATE
    assert not any(text in clear for text in event.private().values())
    assert not event.PRIVATE & set(event.data())


def test_what_people_wrote_is_private_wherever_it_stands() -> None:
    prose = {"reason", "rollback_plan"}
    bare = [
        (kind.tag, item.name)
        for kind in EVENT_TYPES
        for item in fields(kind)
        if item.name in prose and item.name not in kind.PRIVATE
    ]
    assert bare == []


def test_nothing_said_is_nothing_committed_to() -> None:
    assert request.ChangeWithdrawn(**ABOUT).private() == {}


def test_tuples_become_lists() -> None:
    assert plain({"a": ("x",), "b": 1}) == {"a": ["x"], "b": 1}


def test_an_export_of_a_change_names_it() -> None:
    event = trail.ExportPerformed(**ABOUT, format="jsonl", entries=2, first="0/5", last="0/9")
    assert event.sentence() == "exported 2 entries of CHG-1 as jsonl (0/5 to 0/9)"
