"""Freezes of the chat, starts and reviews that are due, the same on SQLite and PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.break_glass_events import GlassBroken
from bot.domain.change import ChangeState
from bot.domain.errors import NotFoundError
from bot.domain.freeze import ChatFreeze
from bot.ports.archive import ChangeQuery, Draft
from tests.contracts.fixtures_storage import (
    ANNA,
    CAUSE,
    NOW,
    REQUEST,
    Archives,
    opened_archives,
    stored_change,
)

HOUR = timedelta(hours=1)
WINDOW = ChatFreeze(
    0, "the quarter ends", NOW, NOW + 2 * HOUR, frozenset({"triage-*", "email-prod"}), "U0DAN", NOW
)


@pytest.fixture
async def archives(database_url: str) -> AsyncIterator[Archives]:
    """Give an open archive on each kind of database."""
    async with opened_archives(database_url) as opened:
        yield opened


async def test_a_freeze_comes_back_as_it_was_added_under_the_next_number(archives: Archives) -> None:
    async with archives.opened.archive.transaction() as tx:
        first, second = await tx.add_freeze(WINDOW), await tx.add_freeze(replace(WINDOW, reason="again"))
        assert first == replace(WINDOW, number=1)
        assert (second.number, second.id) == (2, "FRZ-2")
    async with archives.opened.archive.reading() as look:
        assert await look.freezes(NOW) == [first, second]
        assert await look.freeze(1) == first
        with pytest.raises(NotFoundError, match="FRZ-9"):
            await look.freeze(9)


async def test_a_freeze_that_is_over_is_not_among_those_of_now(archives: Archives) -> None:
    async with archives.opened.archive.transaction() as tx:
        await tx.add_freeze(WINDOW)
        assert await tx.freezes(WINDOW.end - timedelta(microseconds=1)) != []
        assert await tx.freezes(WINDOW.end) == []


async def test_a_freeze_is_lifted_once_and_held_until_then(archives: Archives) -> None:
    async with archives.opened.archive.transaction() as tx:
        kept = await tx.add_freeze(WINDOW)
    at = NOW + HOUR

    async def lift(by: str) -> bool:
        async with archives.opened.archive.transaction() as tx:
            return await tx.lift_freeze(kept, by=by, at=at, why="all is calm")

    assert sorted(await asyncio.gather(lift("U0DAN"), lift("U0EVE"))) == [False, True]
    async with archives.opened.archive.reading() as look:
        assert await look.freezes(at) == []
        [then] = await look.freezes(NOW)
    assert (then.lifted_at, then.lifted_why, then.as_freeze(()).end) == (at, "all is calm", at)


async def test_only_what_was_asked_for_starts_and_only_until_a_sweep_has_said_so(archives: Archives) -> None:
    draft = Draft(replace(REQUEST, start_at=NOW + HOUR), "production", "prod", "/x", "C1", "V1")
    async with archives.opened.archive.transaction() as tx:
        change = await tx.add_draft(draft, NOW)
        for state in (ChangeState.PENDING_APPROVAL, ChangeState.APPROVED):
            change = await tx.move(change, state) or change
        assert await tx.changes(ChangeQuery(start_before=NOW + HOUR)) == []
        change = await tx.move(change, ChangeState.SCHEDULED, apply_asked_by="U0BOB", note="") or change
    async with archives.opened.archive.transaction() as tx:
        assert await tx.changes(ChangeQuery(start_before=NOW + HOUR - timedelta(seconds=1))) == []
        assert await tx.changes(ChangeQuery(start_before=NOW + HOUR)) == [change]
        assert await tx.mark(change, note="its time has come") is not None
        assert await tx.changes(ChangeQuery(start_before=NOW + HOUR)) == []


async def test_a_review_is_missed_from_when_it_was_due_until_it_is_given(archives: Archives) -> None:
    due = NOW + timedelta(hours=24)
    change = await stored_change(archives.opened, ChangeState.APPROVED)
    async with archives.opened.archive.transaction() as tx:
        assert await tx.changes(ChangeQuery(unreviewed_before=due)) == []
        broken = await tx.mark(change, broke_glass_by="U0BOB", review_due_at=due)
        assert broken is not None
        assert await tx.changes(ChangeQuery(unreviewed_before=due - timedelta(seconds=1))) == []
        assert await tx.changes(ChangeQuery(unreviewed_before=due)) == [broken]
        assert await tx.mark(broken, reviewed_by="U0DAN") is not None
        assert await tx.changes(ChangeQuery(unreviewed_before=due)) == []


async def test_a_broken_glass_is_an_approval_that_the_trail_proves(archives: Archives) -> None:
    stored = await stored_change(archives.opened, ChangeState.PENDING_APPROVAL)
    change = replace(stored, plan_digest="d" * 64)
    event = GlassBroken(
        change=change.id,
        resource="/x",
        revision=change.revision,
        plan_digest=change.plan_digest,
        policy_digest="p" * 64,
        groups=("security",),
        quorum=1,
        given=0,
        own=False,
        review_due=NOW.isoformat(),
        incident="INC-1",
        reason="it burns",
    )
    async with archives.opened.archive.transaction() as tx:
        assert await tx.verified_approvals(change) == {}
        await tx.record(event, by=ANNA, cause=CAUSE)
    async with archives.opened.archive.transaction() as tx:
        assert len(await tx.verified_approvals(change)) == 1
