"""The archive in memory keeps the promises that the use cases' tests lean on."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.change import ChangeState as S
from bot.domain.change import Choice, Vote
from bot.domain.effect import Effect, Phase
from bot.domain.errors import ConflictError
from tests.fakes.archive import FakeArchive
from tests.fakes.clock import NOON
from tests.fakes.house import BOB, House


async def test_what_raises_leaves_nothing() -> None:
    archive = FakeArchive()
    with pytest.raises(RuntimeError):
        async with archive.transaction() as tx:
            await tx.enqueue("apply", "apply:CHG-1")
            await tx.keep_evidence(b"x", kind="snapshot", now=NOON)
            raise RuntimeError
    assert (archive.state.jobs, archive.state.evidence) == ({}, {})


async def test_a_transaction_inside_a_transaction_is_found_out() -> None:
    archive = FakeArchive()
    async with archive.transaction():
        with pytest.raises(AssertionError):
            async with archive.transaction():
                pass


async def test_moves_and_marks_are_compare_and_set() -> None:
    house = House()
    change = await house.pending()
    async with house.archive.transaction() as tx:
        moved = await tx.move(change, S.APPROVED)
        assert moved is not None
        assert await tx.move(change, S.REJECTED) is None
        assert await tx.mark(moved, note="a") is not None
        assert await tx.mark(moved, note="b") is None
        with pytest.raises(ConflictError):
            await tx.move(moved, S.CLOSED)
        with pytest.raises(TypeError):
            await tx.mark(moved, state=S.CLOSED)


async def test_a_vote_is_one_per_person_and_revision() -> None:
    archive = FakeArchive()
    vote = Vote(1, 1, BOB, Choice.APPROVE, frozenset(), "d", "p", NOON, NOON)
    async with archive.transaction() as tx:
        assert await tx.add_vote(vote)
        assert not await tx.add_vote(replace(vote, choice=Choice.REJECT))
        assert await tx.add_vote(replace(vote, revision=2))


async def test_the_journal_is_compare_and_set_under_a_fence() -> None:
    archive = FakeArchive()
    row = Effect(1, 1, "forward", Phase.INTENDED, NOON, 2, "c")
    async with archive.transaction() as tx:
        assert await tx.journal(row, expected="")
        assert not await tx.journal(row, expected="")
        assert not await tx.journal(row, expected="intended")
        assert not await tx.journal(replace(row, fence=1, phase=Phase.DONE), expected="intended")
        assert await tx.journal(replace(row, fence=3), expected="intended")
        assert not await tx.journal(replace(row, fence=4), expected="accepted")
        assert await tx.journal(replace(row, fence=3, phase=Phase.DONE), expected="intended")


async def test_of_two_jobs_under_one_name_the_earlier_time_counts() -> None:
    archive = FakeArchive()
    async with archive.transaction() as tx:
        await tx.enqueue("poll", "poll:CHG-1", run_at=NOON + timedelta(hours=1))
        await tx.enqueue("poll", "poll:CHG-1", run_at=NOON)
        await tx.enqueue("poll", "poll:CHG-1", run_at=NOON + timedelta(hours=2))
    assert archive.state.jobs == {("poll", "poll:CHG-1"): NOON}


async def test_a_delivery_is_claimed_once_and_an_unanswered_claim_can_be_given_back() -> None:
    archive = FakeArchive()
    assert await archive.receive("k", NOON) is None
    assert await archive.receive("k", NOON) == ""
    await archive.release("k")
    assert await archive.receive("k", NOON) is None
    await archive.answered("k", "yes")
    await archive.release("k")
    assert await archive.receive("k", NOON) == "yes"
