"""Changes in the archive, the same on SQLite and PostgreSQL: compare-and-set, refusals, queries."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.change import Change, ChangeState, Impact, Tier
from bot.domain.errors import ConflictError, InvalidInputError, NotFoundError
from bot.domain.operation import Operation, Plan
from bot.ports.archive import ChangeQuery, Draft
from storage.tables import REQUIRED
from tests.contracts.fixtures_storage import (
    NOW,
    REQUEST,
    Archives,
    opened_archives,
    stored_change,
)

PLAN = Plan(
    kind="scale",
    arm_id="/accounts/openai-prod/deployments/triage",
    before={"sku": {"capacity": 120}},
    after={"sku": {"capacity": 150}},
    forward=(Operation("PATCH", "/accounts/openai-prod/deployments/triage", {"sku": {"capacity": 150}}),),
    rollback=(Operation("PATCH", "/accounts/openai-prod/deployments/triage", {"sku": {"capacity": 120}}),),
)


@pytest.fixture
async def archives(database_url: str) -> AsyncIterator[Archives]:
    """Give an open archive on each kind of database."""
    async with opened_archives(database_url) as opened:
        yield opened


async def test_a_draft_comes_back_as_it_was_stored(archives: Archives) -> None:
    request = replace(REQUEST, impact=frozenset({Impact.COST, Impact.SECURITY}), reason="größer\nund „mehr“")
    async with archives.opened.archive.transaction() as tx:
        stored = await tx.add_draft(Draft(request, "production", "prod", "/x", "C1", "V1"), NOW)
    async with archives.opened.archive.transaction() as tx:
        assert await tx.change(stored.number) == stored
    assert (stored.id, stored.revision, stored.state) == ("CHG-1", 1, ChangeState.DRAFT)
    assert (stored.request, stored.created_at, stored.view_id) == (request, NOW, "V1")


async def test_what_the_request_says_of_afterwards_comes_back(archives: Archives) -> None:
    async with archives.opened.archive.transaction() as tx:
        about = replace(REQUEST, rollback_trigger="HTTP 5xx above 2 %", origin="CHG-7")
        stored = await tx.add_draft(replace(archives.draft(), request=about), NOW)
        again = await tx.change(stored.number)
    assert (again.request.rollback_trigger, again.request.origin) == ("HTTP 5xx above 2 %", "CHG-7")


async def test_a_look_that_cannot_write_reads_a_change_too(archives: Archives) -> None:
    async with archives.opened.archive.transaction() as tx:
        stored = await tx.add_draft(archives.draft(), NOW)
    async with archives.opened.archive.reading() as look:
        assert await look.change(stored.number) == stored


async def test_a_change_nobody_made_is_not_found(archives: Archives) -> None:
    async with archives.opened.archive.transaction() as tx:
        with pytest.raises(NotFoundError):
            await tx.change(12)


async def test_a_move_sets_its_columns_and_they_come_back(archives: Archives) -> None:
    draft = await stored_change(archives.opened)
    expires = NOW + timedelta(hours=4, microseconds=1)
    async with archives.opened.archive.transaction() as tx:
        moved = await tx.move(
            draft,
            ChangeState.PENDING_APPROVAL,
            plan=PLAN,
            plan_digest=PLAN.digest,
            tier=Tier.HIGH,
            quorum=2,
            expires_at=expires,
            outcome={"before": {"share": "0.5"}},
        )
    async with archives.opened.archive.transaction() as tx:
        assert await tx.change(draft.number) == moved
    assert moved == replace(
        draft,
        state=ChangeState.PENDING_APPROVAL,
        plan=PLAN,
        plan_digest=PLAN.digest,
        tier=Tier.HIGH,
        quorum=2,
        expires_at=expires,
        outcome={"before": {"share": "0.5"}},
    )


@pytest.mark.threat(3)
@pytest.mark.asvs("2.3.4")
async def test_of_two_moves_from_the_same_state_one_wins(archives: Archives) -> None:
    change = await stored_change(archives.opened, ChangeState.PENDING_APPROVAL)
    async with archives.another() as other:

        async def decide(opened: object, to: ChangeState) -> Change | None:
            async with (other if opened is other else archives.opened).archive.transaction() as tx:
                moved = await tx.move(change, to, decided_by="U0" + to.value.upper())
                await asyncio.sleep(0.05)
                return moved

        results = await asyncio.gather(
            decide(archives.opened, ChangeState.APPROVED), decide(other, ChangeState.REJECTED)
        )
    winners = [result for result in results if result is not None]
    assert len(winners) == 1
    async with archives.opened.archive.transaction() as tx:
        assert await tx.change(change.number) == winners[0]


async def test_a_move_from_an_older_revision_loses(archives: Archives) -> None:
    change = await stored_change(archives.opened, ChangeState.PENDING_APPROVAL)
    async with archives.opened.archive.transaction() as tx:
        back = await tx.move(change, ChangeState.CHANGES_REQUESTED)
        assert back is not None
        revised = await tx.redraft(back, replace(REQUEST, reason="smaller"), "V2")
        assert revised is not None
        assert (revised.revision, revised.request.reason, revised.view_id) == (2, "smaller", "V2")
        assert await tx.move(back, ChangeState.PENDING_APPROVAL) is None
        assert await tx.redraft(back, REQUEST, "V3") is None


async def test_a_revision_forgets_the_plan_before_it_and_still_expires(archives: Archives) -> None:
    change = await stored_change(
        archives.opened, ChangeState.PENDING_APPROVAL, plan=PLAN, plan_digest=PLAN.digest, expires_at=NOW
    )
    async with archives.opened.archive.transaction() as tx:
        back = await tx.move(change, ChangeState.CHANGES_REQUESTED)
        assert back is not None
        revised = await tx.redraft(back, REQUEST, "")
    assert revised is not None
    assert (revised.plan, revised.plan_digest, revised.expires_at) == (None, "", NOW)


async def test_a_draft_written_anew_keeps_its_revision(archives: Archives) -> None:
    draft = await stored_change(archives.opened)
    async with archives.opened.archive.transaction() as tx:
        again = await tx.redraft(draft, replace(REQUEST, ticket="OPS-2"), "V2")
    assert again == replace(draft, request=replace(REQUEST, ticket="OPS-2"), view_id="V2")


async def test_a_submitted_change_cannot_be_written_anew(archives: Archives) -> None:
    change = await stored_change(archives.opened, ChangeState.PENDING_APPROVAL)
    async with archives.opened.archive.transaction() as tx:
        assert await tx.redraft(change, replace(REQUEST, ticket="OPS-2"), "V2") is None


async def test_a_move_the_state_machine_does_not_have_is_refused(archives: Archives) -> None:
    draft = await stored_change(archives.opened)
    async with archives.opened.archive.transaction() as tx:
        with pytest.raises(ConflictError):
            await tx.move(draft, ChangeState.EXECUTING)


async def test_a_mark_holds_only_while_the_old_value_does(archives: Archives) -> None:
    change = await stored_change(archives.opened, ChangeState.APPROVED)
    async with archives.opened.archive.transaction() as tx:
        first = await tx.mark(change, apply_asked_by="U0ANNA", executed_at=NOW)
        second = await tx.mark(change, apply_asked_by="U0BERT", executed_at=NOW)
    assert first == replace(change, apply_asked_by="U0ANNA", executed_at=NOW)
    assert second is None


async def test_a_mark_cannot_set_what_a_move_sets(archives: Archives) -> None:
    change = await stored_change(archives.opened)
    async with archives.opened.archive.transaction() as tx:
        with pytest.raises(TypeError):
            await tx.mark(change, state=ChangeState.CLOSED)


async def test_a_second_change_on_the_account_is_told_who_holds_it(archives: Archives) -> None:
    first = await stored_change(archives.opened, ChangeState.EXECUTING)
    second = await stored_change(archives.opened, ChangeState.APPROVED)
    with pytest.raises(ConflictError, match="CHG-1 holds"):
        async with archives.opened.archive.transaction() as tx:
            await tx.move(second, ChangeState.EXECUTING)
    async with archives.opened.archive.transaction() as tx:
        assert await tx.change(second.number) == second
        await tx.move(first, ChangeState.FAILED)
        moved = await tx.move(second, ChangeState.EXECUTING)
    assert moved is not None


async def test_an_emergency_passes_a_validation_on_another_deployment_and_nobody_else_does(
    archives: Archives,
) -> None:
    running = await stored_change(archives.opened, ChangeState.EXECUTING)
    async with archives.opened.archive.transaction() as tx:
        watched = await tx.move(running, ChangeState.VERIFYING)
    assert watched is not None
    usual = await stored_change(archives.opened, ChangeState.APPROVED, deployment="other")
    same = await stored_change(archives.opened, ChangeState.APPROVED, broke_glass_by="U0DAN")
    urgent = await stored_change(
        archives.opened, ChangeState.APPROVED, deployment="other", broke_glass_by="U0DAN"
    )
    async with archives.opened.archive.transaction() as tx:
        for change in (usual, same):
            with pytest.raises(ConflictError, match="CHG-1 holds"):
                await tx.move(change, ChangeState.EXECUTING)
        assert await tx.move(urgent, ChangeState.EXECUTING) is not None
    async with archives.opened.archive.transaction() as tx:
        with pytest.raises(ConflictError, match=f"{urgent.id} holds"):
            await tx.move(watched, ChangeState.ROLLING_BACK)


async def test_after_the_account_conflict_the_same_transaction_can_go_on(archives: Archives) -> None:
    await stored_change(archives.opened, ChangeState.EXECUTING)
    second = await stored_change(archives.opened, ChangeState.APPROVED)
    async with archives.opened.archive.transaction() as tx:
        with pytest.raises(ConflictError):
            await tx.move(second, ChangeState.EXECUTING)
        assert await tx.mark(second, note="waits for CHG-1") is not None
    async with archives.opened.archive.transaction() as tx:
        assert (await tx.change(second.number)).note == "waits for CHG-1"


async def test_changes_on_different_accounts_run_side_by_side(archives: Archives) -> None:
    await stored_change(archives.opened, ChangeState.EXECUTING)
    other = await stored_change(archives.opened, ChangeState.EXECUTING, account="openai-dev")
    assert other.state is ChangeState.EXECUTING


async def test_of_two_that_open_the_account_at_once_one_wins(archives: Archives) -> None:
    one = await stored_change(archives.opened, ChangeState.APPROVED)
    two = await stored_change(archives.opened, ChangeState.APPROVED)
    async with archives.another() as other:

        async def execute(change: Change, *, elsewhere: bool) -> bool:
            try:
                async with (other if elsewhere else archives.opened).archive.transaction() as tx:
                    await tx.move(change, ChangeState.EXECUTING)
                    await asyncio.sleep(0.05)
            except ConflictError:
                return False
            return True

        won = await asyncio.gather(execute(one, elsewhere=False), execute(two, elsewhere=True))
    assert sorted(won) == [False, True]


@pytest.mark.parametrize("field", REQUIRED)
async def test_the_database_itself_refuses_a_change_without(field: str, archives: Archives) -> None:
    change = await stored_change(archives.opened)
    for value in ("NULL", "''", "'  '"):
        with pytest.raises(InvalidInputError):
            await archives.execute(f"UPDATE change SET {field} = {value}")
    with pytest.raises(InvalidInputError):
        async with archives.opened.archive.transaction() as tx:
            nothing: Any = {field: " "}
            request = replace(REQUEST, **nothing)
            await tx.add_draft(Draft(request, "production", "prod", "/x", "C1"), NOW)
    async with archives.opened.archive.transaction() as tx:
        assert await tx.changes(ChangeQuery()) == [change]


@pytest.mark.parametrize(
    "column", ["state = 'done'", "tier = 'huge'", "type = 'odd'", "revision = 0", "quorum = -1"]
)
async def test_the_database_itself_refuses_a_value_nobody_knows(column: str, archives: Archives) -> None:
    await stored_change(archives.opened)
    with pytest.raises(InvalidInputError):
        await archives.execute(f"UPDATE change SET {column}")


async def test_changes_are_listed_newest_first_and_by_what_is_asked(archives: Archives) -> None:
    first = await stored_change(archives.opened, ChangeState.PENDING_APPROVAL)
    second = await stored_change(archives.opened, account="openai-dev")
    third = await stored_change(archives.opened)
    async with archives.opened.archive.transaction() as tx:
        assert await tx.changes(ChangeQuery()) == [third, second, first]
        assert await tx.changes(ChangeQuery(limit=2)) == [third, second]
        assert await tx.changes(ChangeQuery(account="openai-dev")) == [second]
        assert await tx.changes(ChangeQuery(states=frozenset({ChangeState.PENDING_APPROVAL}))) == [first]
        assert await tx.changes(ChangeQuery(target="triage", requester="U0ANNA")) == [third, second, first]
        assert await tx.changes(ChangeQuery(target="other")) == []


async def test_what_waits_is_due_when_it_expires_and_what_runs_when_its_window_ends(
    archives: Archives,
) -> None:
    hour = timedelta(hours=1)
    waiting = await stored_change(archives.opened, ChangeState.PENDING_APPROVAL, expires_at=NOW + hour)
    running = await stored_change(
        archives.opened, ChangeState.EXECUTING, expires_at=NOW, window_ends_at=NOW + 2 * hour
    )
    await stored_change(archives.opened, ChangeState.APPROVED)
    async with archives.opened.archive.transaction() as tx:
        assert await tx.changes(ChangeQuery(due_before=NOW + hour - timedelta(microseconds=1))) == []
        assert await tx.changes(ChangeQuery(due_before=NOW + hour)) == [waiting]
        assert await tx.changes(ChangeQuery(due_before=NOW + 2 * hour)) == [running, waiting]
