"""The line about a decision in the audit channel."""

from typing import Any

import pytest

from bot.domain.event import AuditEvent
from bot.domain.events import plain
from bot.domain.freeze_events import FreezeAdded
from bot.domain.note import Checkpoint, Signer
from bot.domain.request_events import ChangeApproved
from bot.domain.told_events import is_told, told_words
from bot.render.trail_line import render_trail_line
from tests.unit.domain.test_events import EVENTS

APPROVED = ChangeApproved(
    change="CHG-1",
    resource="/subscriptions/x/deployments/triage",
    revision=1,
    plan_digest="d",
    policy_digest="p",
    groups=("security",),
    counted=1,
    quorum=2,
    reason="Call me at home",
    behalf=("U0DAN",),
)

TAGS = {
    "change.approved",
    "change.rejected",
    "change.changes_requested",
    "change.waived",
    "change.closed",
    "freeze.added",
    "freeze.lifted",
    "rollback.started",
    "rollback.finished",
    "write.unexplained",
}


def body(event: AuditEvent, actor: str = "U0BOB") -> dict[str, Any]:
    """The entry as the trail says it: free text is a commitment."""
    hidden = dict.fromkeys(event.private(), "commitment")
    return {
        "type": event.tag,
        "actor": {"kind": "slack_user", "id": actor},
        "subject": {"change": event.change, "resource": event.resource},
        "data": {**plain(event.data()), **hidden},
        "req": {"ref": "01REF"},
    }


@pytest.mark.parametrize(("tag", "event", "sentence"), [each for each in EVENTS if is_told(each[1])])
def test_each_event_that_is_told_reads_from_the_trail_as_it_was_recorded(
    tag: str, event: AuditEvent, sentence: str
) -> None:
    assert (event.tag, told_words(body(event))) == (tag, sentence)


def test_decisions_freezes_rollbacks_waivers_writes_and_ends_are_told() -> None:
    told = {tag for tag, event, _ in EVENTS if is_told(event)}
    assert told >= TAGS
    assert not told & {"change.requested", "evidence.read", "change.break_glass"}


def test_the_line_is_posted_without_mentions_and_then_names_people() -> None:
    posted = str(render_trail_line(body(APPROVED), named=False))
    assert "<@" not in posted
    assert "U0BOB approved CHG-1 revision 1 (1 of 2) for U0DAN · `triage` · ref `01REF`" in posted
    named = str(render_trail_line(body(APPROVED), named=True))
    assert "<@U0BOB> approved CHG-1 revision 1 (1 of 2) for <@U0DAN>" in named
    assert "Call me" not in posted + named


def test_what_nobody_did_is_said_of_countersign_and_times_are_the_readers() -> None:
    freeze = FreezeAdded(
        freeze="FRZ-1",
        start="2026-12-01T09:00+00:00",
        end="2026-12-02T09:00+00:00",
        targets=("*-prod",),
        reason="Fair",
    )
    said = render_trail_line(body(freeze, "timer"), named=False).text
    assert said.startswith("Countersign added the freeze FRZ-1 of *-prod, <!date^1796115600^")
    assert "|1 Dec 2026 09:00 UTC>" in said


def test_a_line_says_where_the_signed_log_stood_so_that_it_is_an_anchor_in_prose() -> None:
    signer = Signer.parse(Signer.generate("countersign.example.test/audit")[0])
    note = signer.sign(Checkpoint("countersign.example.test/audit", 12, bytes(range(32))).text())
    said = str(render_trail_line(body(APPROVED) | {"seq": 11}, named=True, checkpoint=note).blocks)
    assert "audit #11 · size 12 · root `AAECAwQFBgcI`…" in said
    assert "audit #" not in str(render_trail_line(body(APPROVED), named=True, checkpoint="torn").blocks)
