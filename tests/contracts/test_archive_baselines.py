"""Baselines and exceptions of drift in the archive, the same on SQLite and PostgreSQL."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest

from bot.domain.baseline import Baseline, DriftException, Kept
from bot.domain.errors import CountersignError
from tests.contracts.fixtures_storage import NOW, Archives, opened_archives, stored_change
from tests.contracts.test_archive_records import effect

ARM = "/subscriptions/S/Deployments/Triage"
BASELINE = Baseline(0, ARM, "triage", NOW, Kept.HAND, "U0ANNA", sha256(b"{}").hexdigest(), "CHG-1")
EXCEPTION = DriftException(
    0, ARM, "triage", "sku.capacity", "U0OTTO", NOW + timedelta(days=9), "a trial", "U0ANNA", NOW
)


@pytest.fixture
async def archives(database_url: str) -> AsyncIterator[Archives]:
    """Give an open archive on each kind of database."""
    async with opened_archives(database_url) as opened:
        yield opened


async def test_baselines_come_back_newest_first_as_they_were_kept(archives: Archives) -> None:
    async with archives.opened.archive.transaction() as tx:
        kept = [await tx.add_baseline(replace(BASELINE, kind=kind)) for kind in Kept]
        await tx.add_baseline(replace(BASELINE, arm_id="/another"))
    async with archives.opened.archive.transaction() as tx:
        found = await tx.baselines(ARM.upper(), 3)
    assert [each.id for each in kept] == ["BL-1", "BL-2", "BL-3", "BL-4"]
    assert list(found) == kept[:0:-1]
    assert found[0] == replace(BASELINE, number=4, arm_id=ARM.lower(), kind=list(Kept)[-1])


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE baseline SET at = 'x'",
        "DELETE FROM baseline",
        "DELETE FROM baseline WHERE number = 1",
    ],
)
async def test_a_baseline_can_be_neither_changed_nor_lost(archives: Archives, statement: str) -> None:
    async with archives.opened.archive.transaction() as tx:
        await tx.add_baseline(BASELINE)
    with pytest.raises(CountersignError) as refused:
        await archives.execute(statement)
    assert "append-only: baseline" in str(refused.value.__cause__)
    assert len(await archives.rows("SELECT * FROM baseline")) == 1


async def test_nothing_takes_the_place_of_a_baseline(archives: Archives) -> None:
    async with archives.opened.archive.transaction() as tx:
        await tx.add_baseline(BASELINE)
    columns = "number, arm_id, target, at, kind, by, sha256, change"
    copy = f"SELECT {columns.replace('target', repr('other'))} FROM baseline"
    statement = f"INSERT OR REPLACE INTO baseline({columns}) {copy}"
    if archives.opened.database.dialect == "postgresql":
        statement = "TRUNCATE baseline"
    with pytest.raises(CountersignError):
        await archives.execute(statement)
    assert await archives.rows("SELECT target FROM baseline") == [("triage",)]


async def test_a_baseline_without_a_whole_digest_is_refused(archives: Archives) -> None:
    with pytest.raises(CountersignError):
        async with archives.opened.archive.transaction() as tx:
            await tx.add_baseline(replace(BASELINE, sha256="short"))
    assert await archives.rows("SELECT * FROM baseline") == []


async def test_exceptions_come_back_newest_first(archives: Archives) -> None:
    async with archives.opened.archive.transaction() as tx:
        for owner in ("U0OTTO", "U0BOB"):
            await tx.add_exception(replace(EXCEPTION, owner=owner))
    async with archives.opened.archive.transaction() as tx:
        found = await tx.exceptions(ARM)
        assert await tx.exceptions("/another") == []
    assert [(each.number, each.owner) for each in found] == [(2, "U0BOB"), (1, "U0OTTO")]
    assert found[1] == replace(EXCEPTION, number=1, arm_id=ARM.lower())


async def test_an_exception_is_lifted_once_and_says_by_whom(archives: Archives) -> None:
    async with archives.opened.archive.transaction() as tx:
        kept = [await tx.add_exception(EXCEPTION) for _ in range(2)]
        assert await tx.lift_exception(kept[0], by="U0OTTO", at=NOW)
        assert not await tx.lift_exception(kept[0], by="U0BOB", at=NOW + timedelta(hours=1))
    async with archives.opened.archive.transaction() as tx:
        found = await tx.exceptions(ARM)
    assert [(each.lifted_by, each.lifted_at) for each in found] == [("", None), ("U0OTTO", NOW)]


@pytest.mark.parametrize("bare", [replace(EXCEPTION, owner=" "), replace(EXCEPTION, reason="")])
async def test_an_exception_needs_an_owner_and_a_reason(archives: Archives, bare: DriftException) -> None:
    with pytest.raises(CountersignError):
        async with archives.opened.archive.transaction() as tx:
            await tx.add_exception(bare)


async def test_what_was_sent_to_a_deployment_is_found(archives: Archives) -> None:
    change = await stored_change(archives.opened)
    async with archives.opened.archive.transaction() as tx:
        await tx.journal(effect(change), expected="")
    async with archives.opened.archive.transaction() as tx:
        assert await tx.effects_on(change.arm_id.upper()) == [effect(change)]
        assert await tx.effects_on("/another") == []
