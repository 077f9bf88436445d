"""Votes, effects, entries, deliveries and observations in the archive, the same on SQLite and PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.change import Change, ChangeState, Choice
from bot.domain.effect import Effect, Phase, Question
from bot.domain.errors import AuditRefusedError, InvalidInputError, LedgerBrokenError
from bot.domain.people import Standing, system
from bot.domain.request_events import ApprovalWithdrawn, ChangeRefused, EvidenceSnapshot
from tests.contracts.fixtures_storage import (
    ANNA,
    CAUSE,
    NOW,
    Archives,
    approved,
    opened_archives,
    requested,
    stored_change,
    vote,
)


@pytest.fixture
async def archives(database_url: str) -> AsyncIterator[Archives]:
    """Give an open archive on each kind of database."""
    async with opened_archives(database_url) as opened:
        yield opened


def effect(change: Change, phase: Phase = Phase.INTENDED, fence: int = 1) -> Effect:
    """Return a journal row of the change's forward step."""
    return Effect(change.number, change.revision, "forward", phase, NOW, fence, f"run-{fence}")


async def test_votes_come_back_oldest_first_and_only_of_this_revision(archives: Archives) -> None:
    change = await stored_change(archives.opened, ChangeState.PENDING_APPROVAL)
    late = replace(vote(change, "U0BERT", Choice.REJECT), at=NOW + timedelta(minutes=1), reason="too much")
    async with archives.opened.archive.transaction() as tx:
        assert await tx.add_vote(late)
        assert await tx.add_vote(vote(change, "U0OLGA"))
        assert await tx.add_vote(replace(vote(change, "U0OLGA"), revision=2))
    async with archives.opened.archive.transaction() as tx:
        assert await tx.votes(change) == [vote(change, "U0OLGA"), late]


async def test_nobody_votes_twice_on_a_revision(archives: Archives) -> None:
    change = await stored_change(archives.opened, ChangeState.PENDING_APPROVAL)
    async with archives.another() as other:

        async def click(choice: Choice, *, elsewhere: bool) -> bool:
            async with (other if elsewhere else archives.opened).archive.transaction() as tx:
                kept = await tx.add_vote(vote(change, "U0OLGA", choice))
                await asyncio.sleep(0.05)
                return kept

        kept = await asyncio.gather(
            click(Choice.APPROVE, elsewhere=False), click(Choice.REJECT, elsewhere=True)
        )
    assert sorted(kept) == [False, True]
    async with archives.opened.archive.transaction() as tx:
        assert len(await tx.votes(change)) == 1


async def test_two_votes_at_once_see_each_other_when_they_are_counted(archives: Archives) -> None:
    change = await stored_change(archives.opened, ChangeState.PENDING_APPROVAL)
    async with archives.another() as other:

        async def approve(person: str, *, elsewhere: bool) -> int:
            async with (other if elsewhere else archives.opened).archive.transaction() as tx:
                current = await tx.change(change.number)
                await asyncio.sleep(0.05)
                await tx.add_vote(vote(current, person))
                seen = len(await tx.votes(current))
                await asyncio.sleep(0.2)
                return seen

        counted = await asyncio.gather(approve("U0OLGA", elsewhere=False), approve("U0BERT", elsewhere=True))
    assert sorted(counted) == [1, 2]


async def test_an_effect_is_intended_once(archives: Archives) -> None:
    change = await stored_change(archives.opened, ChangeState.EXECUTING)
    async with archives.opened.archive.transaction() as tx:
        assert await tx.effect(change, "forward") is None
        assert await tx.journal(effect(change), expected="")
        assert not await tx.journal(effect(change, fence=2), expected="")
        assert await tx.effect(change, "forward") == effect(change)


async def test_an_effect_moves_on_from_the_phase_it_is_in(archives: Archives) -> None:
    change = await stored_change(archives.opened, ChangeState.EXECUTING)
    sent = replace(effect(change, Phase.ACCEPTED), poll={"url": "https://x/1"}, operation_id="op-1")
    async with archives.opened.archive.transaction() as tx:
        await tx.journal(effect(change), expected="")
        assert await tx.journal(sent, expected=Phase.INTENDED)
        assert not await tx.journal(effect(change, Phase.FAILED), expected=Phase.INTENDED)
        assert await tx.effect(change, "forward") == sent


async def test_of_two_takeovers_one_wins_and_the_one_before_writes_no_more(
    archives: Archives,
) -> None:
    change = await stored_change(archives.opened, ChangeState.EXECUTING)
    async with archives.opened.archive.transaction() as tx:
        await tx.journal(effect(change), expected="")
        assert not await tx.journal(effect(change), expected=Phase.INTENDED)
        assert await tx.journal(effect(change, fence=2), expected=Phase.INTENDED)
        assert not await tx.journal(effect(change, fence=2), expected=Phase.INTENDED)
        assert not await tx.journal(effect(change, Phase.ACCEPTED, fence=1), expected=Phase.INTENDED)
        assert await tx.journal(effect(change, Phase.ACCEPTED, fence=2), expected=Phase.INTENDED)


async def test_an_entry_says_who_what_and_where_from_and_hides_free_text(archives: Archives) -> None:
    change = await stored_change(archives.opened)
    async with archives.opened.archive.transaction() as tx:
        id_ = await tx.record(requested(change), by=ANNA, cause=CAUSE)
        snapshot_taken = EvidenceSnapshot(change=change.id, alias="triage", evidence="e" * 64)
        await tx.record(snapshot_taken, by=system("slack"), cause=CAUSE)
    async with archives.opened.database.begin() as connection:
        snapshot, entry = await archives.opened.ledger.entries(connection, change=change.id)
    said = entry.document
    assert (said["id"], said["type"]) == (id_, "change.requested")
    assert said["actor"] == {"kind": "slack_user", "id": "U0ANNA", "team": "T1", "auth": "slack-signed"}
    assert (said["subject"]["change"], said["subject"]["resource"]) == (change.id, change.arm_id)
    assert said["req"] == {"source": "slack", "ref": "ref-1", "channel": "C1"}
    assert said["data"]["ticket"] == "OPS-1"
    assert "traffic doubles" not in entry.body
    assert entry.disclosed()["reason"] == "traffic doubles on Monday"
    assert snapshot.document["evidence"] == [{"sha256": "e" * 64, "kind": "snapshot"}]


async def test_entries_of_one_transaction_stand_under_one_checkpoint(archives: Archives) -> None:
    change = await stored_change(archives.opened)
    before = await archives.rows(f"SELECT count(*) FROM {archives.audit}audit_checkpoint")
    async with archives.opened.archive.transaction() as tx:
        await tx.record(requested(change), by=ANNA, cause=CAUSE)
        await tx.record(approved(change), by=ANNA, cause=CAUSE)
    after = await archives.rows(f"SELECT count(*) FROM {archives.audit}audit_checkpoint")
    assert after[0][0] == before[0][0] + 1


async def test_a_rollback_leaves_no_state_no_entry_and_no_job(archives: Archives) -> None:
    before = await archives.everything()
    with pytest.raises(RuntimeError, match="the door slammed"):
        async with archives.opened.archive.transaction() as tx:
            change = await tx.add_draft(archives.draft(), NOW)
            await tx.record(requested(change), by=ANNA, cause=CAUSE)
            await tx.enqueue("deliver", f"{change.id}:card")
            raise RuntimeError("the door slammed")
    assert await archives.everything() == before


async def test_what_the_trail_refuses_does_not_happen(archives: Archives) -> None:
    before = await archives.everything()
    with pytest.raises(AuditRefusedError):
        async with archives.opened.archive.transaction() as tx:
            change = await tx.add_draft(archives.draft(), NOW)
            await tx.enqueue("deliver", f"{change.id}:card")
            huge = ChangeRefused(change=change.id, attempt="approve", why="x" * 70_000)
            await tx.record(huge, by=ANNA, cause=CAUSE)
    assert await archives.everything() == before


@pytest.mark.threat(24)
@pytest.mark.asvs("16.5.3")
async def test_when_the_trail_cannot_be_written_nothing_happens(archives: Archives) -> None:
    change = await stored_change(archives.opened, ChangeState.PENDING_APPROVAL)
    before = await archives.everything()
    archives.opened.ledger.forget()
    await archives.break_the_trail()
    with pytest.raises((AuditRefusedError, LedgerBrokenError, InvalidInputError)):
        async with archives.opened.archive.transaction() as tx:
            assert await tx.move(change, ChangeState.APPROVED) is not None
            await tx.add_vote(vote(change, "U0OLGA"))
            await tx.enqueue("deliver", f"{change.id}:card")
            await tx.record(approved(change), by=ANNA, cause=CAUSE)
    await archives.mend_the_trail()
    assert await archives.everything() == before
    async with archives.opened.archive.transaction() as tx:
        assert (await tx.change(change.number)).state is ChangeState.PENDING_APPROVAL
        await tx.record(approved(change), by=ANNA, cause=CAUSE)


async def test_verified_approvals_are_those_of_the_revision_and_plan(archives: Archives) -> None:
    stored = await stored_change(archives.opened, ChangeState.PENDING_APPROVAL)
    change = replace(stored, plan_digest="p" * 64)
    async with archives.opened.archive.transaction() as tx:
        await tx.record(requested(change), by=ANNA, cause=CAUSE)
        await tx.record(replace(approved(change), revision=2), by=ANNA, cause=CAUSE)
        await tx.record(replace(approved(change), plan_digest="0" * 64), by=ANNA, cause=CAUSE)
        id_ = await tx.record(approved(change), by=ANNA, cause=CAUSE)
    async with archives.opened.archive.transaction() as tx:
        leaves = await tx.verified_approvals(change)
    async with archives.opened.database.begin() as connection:
        entries = await archives.opened.ledger.entries(connection, change=change.id)
    (leaf,) = [entry.leaf_hash for entry in entries if entry.document["id"] == id_]
    assert leaves == {ANNA.id: leaf}


async def test_a_vote_that_was_taken_away_is_gone_and_its_approval_no_longer_verified(
    archives: Archives,
) -> None:
    stored = await stored_change(archives.opened, ChangeState.PENDING_APPROVAL)
    change = replace(stored, plan_digest="p" * 64)
    given, taken = (
        vote(change, ANNA.id),
        ApprovalWithdrawn(
            change=change.id,
            resource=change.arm_id,
            revision=change.revision,
            plan_digest=change.plan_digest,
            approver=ANNA.id,
            counted=0,
            quorum=1,
            reopened=False,
            reason="I saw more.",
        ),
    )
    async with archives.opened.archive.transaction() as tx:
        assert await tx.add_vote(given)
        await tx.record(approved(change), by=ANNA, cause=CAUSE)
    async with archives.opened.archive.transaction() as tx:
        assert not await tx.drop_vote(replace(given, at=given.at + timedelta(seconds=1)))
        assert await tx.drop_vote(given)
        assert not await tx.drop_vote(given)
        await tx.record(taken, by=ANNA, cause=CAUSE)
        assert await tx.votes(change) == []
    async with archives.opened.archive.transaction() as tx:
        assert await tx.verified_approvals(change) == {}
        assert await tx.add_vote(given)
        await tx.record(approved(change), by=ANNA, cause=CAUSE)
    async with archives.opened.archive.transaction() as tx:
        assert set(await tx.verified_approvals(change)) == {ANNA.id}


async def test_a_delivery_is_received_once_and_its_answer_is_given_again(archives: Archives) -> None:
    archive = archives.opened.archive
    assert await archive.receive("Ev1", NOW) is None
    assert await archive.receive("Ev1", NOW) == ""
    await archive.answered("Ev1", '{"response_action":"clear"}')
    assert await archive.receive("Ev1", NOW) == '{"response_action":"clear"}'
    assert await archive.receive("Ev2", NOW) is None


async def test_a_claim_that_was_given_back_or_never_answered_is_free_again(archives: Archives) -> None:
    archive = archives.opened.archive
    assert await archive.receive("Ev1", NOW) is None
    await archive.release("Ev1")
    assert await archive.receive("Ev1", NOW) is None
    assert await archive.receive("Ev1", NOW + timedelta(seconds=3)) == ""
    assert await archive.receive("Ev1", NOW + timedelta(seconds=4)) is None
    await archive.answered("Ev1", "done")
    await archive.release("Ev1")
    assert await archive.receive("Ev1", NOW + timedelta(minutes=5)) == "done"


@pytest.mark.threat(2)
@pytest.mark.asvs("2.3.4")
async def test_of_two_deliveries_at_once_one_is_new(archives: Archives) -> None:
    async with archives.another() as other:
        claims = await asyncio.gather(
            *(each.archive.receive("Ev1", NOW) for each in (archives.opened, other, archives.opened, other))
        )
    assert sorted(claims, key=str) == ["", "", "", None]


async def test_a_question_is_forgotten_with_its_response_url_and_its_number_is_not_used_again(
    archives: Archives,
) -> None:
    question = Question(
        0, "show", ("triage",), "U0ANNA", "T1", "C1", NOW, "ref-1", "https://hooks.slack.com/x", share=True
    )
    archive = archives.opened.archive
    number = await archive.ask(question, "snapshot")
    async with archive.reading() as look:
        assert await look.question(number) == replace(question, number=number)
    await archive.forget_question(number)
    async with archive.reading() as look:
        assert await look.question(number) is None
    assert await archive.ask(question, "snapshot") == number + 1
    assert not await archives.rows(f"SELECT 1 FROM question WHERE number = {number}")


async def test_evidence_is_kept_once_under_its_digest(archives: Archives) -> None:
    body = b'{"capacity":120}'
    async with archives.opened.archive.transaction() as tx:
        first = await tx.keep_evidence(body, kind="snapshot", now=NOW)
        assert await tx.keep_evidence(body, kind="snapshot", now=NOW + timedelta(1)) == first
        assert await tx.evidence(first) == body
        assert await tx.evidence("0" * 64) is None


async def test_the_last_observation_of_a_person_counts_with_the_user_groups_seen(archives: Archives) -> None:
    first = Standing("U0ANNA", full_member=True, groups=frozenset({"owners"}), observed_at=NOW)
    last = replace(first, full_member=False, why_not="guest", observed_at=NOW + timedelta(1), entra_oid="oid")
    archive = archives.opened.archive
    assert await archive.people(["U0ANNA"]) == {}
    assert await archive.usergroups() == {}
    async with archive.transaction() as tx:
        await tx.observe(first)
        await tx.observe(last)
        await tx.observe_group("S1", frozenset({"U0ANNA", "U0BERT"}), NOW)
        await tx.observe_group("S2", frozenset({"U0BERT"}), NOW)
    seen = await archive.people(["U0ANNA", "U0BERT"])
    assert seen == {"U0ANNA": replace(last, groups=frozenset({"owners", "S1"}))}
    async with archive.transaction() as tx:
        await tx.observe_group("S1", frozenset({"U0BERT"}), NOW + timedelta(1))
    assert await archive.people(["U0ANNA"]) == {"U0ANNA": last}
    assert (await archive.usergroups())["S1"] == (frozenset({"U0BERT"}), NOW + timedelta(1))
