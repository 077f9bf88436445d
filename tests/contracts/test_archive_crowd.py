"""Many at once at the archive: small writes share a commit, looks wait for nobody and cannot write."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event, insert, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.effect import Question
from bot.domain.errors import AuditBusyError, ConflictError, InvalidInputError
from storage.tables import RECEIPT
from tests.contracts.fixtures_storage import NOW, Archives, opened_archives

QUESTION = Question(0, "show", ("triage",), "U0ANNA", "T1", "C1", NOW, "ref-1")
CROWD = 60


@pytest.fixture
async def archives(database_url: str) -> AsyncIterator[Archives]:
    """Give an open archive on each kind of database."""
    async with opened_archives(database_url) as opened:
        yield opened


@pytest.fixture
async def file(sqlite_url: str) -> AsyncIterator[Archives]:
    """Give an open archive on SQLite, where writers come one after the other."""
    async with opened_archives(sqlite_url) as opened:
        yield opened


def commits(archives: Archives) -> list[object]:
    """Return a list that grows by one for each commit of a writer from now on."""
    seen: list[object] = []
    event.listen(archives.opened.database.engine.sync_engine, "commit", seen.append)
    return seen


async def put(connection: AsyncConnection, keys: Sequence[str]) -> list[str]:
    """Insert receipts; a key that is there already is refused by the database."""
    for key in keys:
        await connection.execute(insert(RECEIPT).values(key=key, at=NOW, answer=""))
    return list(keys)


async def kept(archives: Archives) -> set[str]:
    """Return the keys of every receipt."""
    return {row[0] for row in await archives.rows("SELECT key FROM receipt")}


async def test_each_of_a_crowd_gets_its_own_answer(archives: Archives) -> None:
    archive = archives.opened.archive
    asked = [replace(QUESTION, ref=f"ref-{each}", user=f"U{each}") for each in range(CROWD)]
    claims = await asyncio.gather(*(archive.receive(f"k{each}", NOW) for each in range(CROWD)))
    numbers = await asyncio.gather(*(archive.ask(each, "snapshot") for each in asked))
    await asyncio.gather(*(archive.answered(f"k{each}", f"said {each}") for each in range(CROWD)))
    assert claims == [None] * CROWD
    assert len(set(numbers)) == CROWD
    async with archive.reading() as look:
        for number, question in zip(numbers, asked, strict=True):
            assert await look.question(number) == replace(question, number=number)
    assert await archive.receive("k7", NOW) == "said 7"
    assert (await archives.opened.runner.counts())["waiting"] == CROWD


async def test_one_delivery_that_comes_many_times_at_once_is_claimed_once(archives: Archives) -> None:
    archive = archives.opened.archive
    claims = await asyncio.gather(*(archive.receive(f"k{each % 3}", NOW) for each in range(CROWD)))
    assert claims.count(None) == 3
    assert claims.count("") == CROWD - 3
    await archive.release("k1")
    again = await asyncio.gather(*(archive.receive("k1", NOW) for _ in range(3)))
    assert sorted(again, key=str) == ["", "", None]


async def test_a_claim_that_was_left_unanswered_is_taken_over_once_by_a_crowd(archives: Archives) -> None:
    archive = archives.opened.archive
    await archive.receive("k", NOW)
    later = NOW + timedelta(seconds=4)
    claims = await asyncio.gather(*(archive.receive("k", later) for _ in range(5)))
    assert claims.count(None) == 1


async def test_a_crowd_is_few_commits(file: Archives) -> None:
    seen = commits(file)
    await asyncio.gather(*(file.opened.archive.receive(f"k{each}", NOW) for each in range(CROWD)))
    assert len(seen) <= 2


async def test_nobody_is_told_before_the_commit(file: Archives) -> None:
    archive = file.opened.archive
    async with file.opened.database.begin():
        waiting = asyncio.create_task(archive.receive("k", NOW))
        await asyncio.sleep(0.1)
        assert not waiting.done()
    assert await waiting is None
    assert await kept(file) == {"k"}


async def test_what_one_is_refused_takes_nobody_elses_work_back(file: Archives) -> None:
    database = file.opened.database
    await file.opened.archive.receive("taken", NOW)
    keys = ["a", "taken", "b"]
    found = await asyncio.gather(*(database.together(put, key) for key in keys), return_exceptions=True)
    assert [type(each) for each in found] == [str, InvalidInputError, str]
    assert await kept(file) == {"taken", "a", "b"}


async def test_when_the_commit_does_not_come_nobody_is_told_that_it_did(file: Archives) -> None:
    async def undone(connection: AsyncConnection, items: Sequence[None]) -> list[None]:
        raise AuditBusyError("The disk is full.")

    archive, database = file.opened.archive, file.opened.database
    found = await asyncio.gather(
        archive.receive("k", NOW), database.together(undone, None), return_exceptions=True
    )
    assert [type(each) for each in found] == [AuditBusyError, AuditBusyError]
    assert await kept(file) == set()
    assert await archive.receive("k", NOW) is None


async def test_one_who_stops_waiting_harms_nobody_and_leaves_nothing(file: Archives) -> None:
    archive = file.opened.archive
    async with file.opened.database.begin():
        first, gone, last = (asyncio.create_task(archive.receive(key, NOW)) for key in ("a", "gone", "b"))
        await asyncio.sleep(0.05)
        gone.cancel()
        await asyncio.sleep(0)
    assert list(await asyncio.gather(first, last)) == [None, None]
    assert gone.cancelled()
    assert await kept(file) == {"a", "b"}


async def test_who_comes_when_the_database_is_closed_is_refused(archives: Archives) -> None:
    await archives.opened.database.close()
    for late in (archives.opened.archive.receive("k", NOW), archives.opened.archive.usergroups()):
        with pytest.raises(ConflictError):
            await late


async def test_a_look_sees_what_is_committed_and_nothing_else(archives: Archives) -> None:
    database = archives.opened.database
    async with database.begin() as writer:
        await writer.execute(insert(RECEIPT).values(key="k", at=NOW, answer=""))
        async with asyncio.timeout(2), database.read() as reader:
            assert (await reader.execute(text("SELECT count(*) FROM receipt"))).scalar_one() == 0
    async with database.read() as reader:
        assert (await reader.execute(text("SELECT count(*) FROM receipt"))).scalar_one() == 1


async def test_a_look_cannot_write_and_the_next_writer_can(archives: Archives) -> None:
    database = archives.opened.database
    with pytest.raises((AuditBusyError, DBAPIError)):
        async with database.read() as reader:
            await put(reader, ["k"])
    assert await kept(archives) == set()
    assert await archives.opened.archive.receive("k", NOW) is None


async def test_a_crowd_that_looks_is_answered_while_somebody_writes(archives: Archives) -> None:
    archive = archives.opened.archive
    async with archives.opened.database.begin(), asyncio.timeout(5):
        seen = await asyncio.gather(*(archive.people([f"U{each}"]) for each in range(CROWD)))
    assert seen == [{}] * CROWD


async def test_a_crowd_of_one_kind_is_one_statement_and_not_one_for_each(file: Archives) -> None:
    seen: list[str] = []
    engine = file.opened.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", lambda *given: seen.append(given[2]))
    archive = file.opened.archive
    asked = [replace(QUESTION, ref=f"ref-{each}") for each in range(CROWD)]
    await asyncio.gather(*(archive.receive(f"k{each}", NOW) for each in range(CROWD)))
    await asyncio.gather(*(archive.ask(each, "snapshot") for each in asked))
    await asyncio.gather(*(archive.answered(f"k{each}", "said") for each in range(CROWD)))
    written = [each.split(maxsplit=1)[0] for each in seen if each.startswith(("INSERT", "UPDATE"))]
    assert len(written) <= 8, written


async def test_when_the_commit_itself_fails_everybody_hears_of_it(file: Archives) -> None:
    def full(_: object) -> None:
        raise AuditBusyError("The disk is full.")

    archive, engine = file.opened.archive, file.opened.database.engine.sync_engine
    event.listen(engine, "commit", full)
    found = await asyncio.gather(*(archive.receive(each, NOW) for each in "abc"), return_exceptions=True)
    event.remove(engine, "commit", full)
    assert [type(each) for each in found] == [AuditBusyError] * 3
    assert await kept(file) == set()


async def test_closing_waits_for_what_is_under_way(database_url: str) -> None:
    async with opened_archives(database_url) as archives:
        begun, may_end = asyncio.Event(), asyncio.Event()

        async def slow(connection: AsyncConnection, items: Sequence[int]) -> Sequence[int]:
            begun.set()
            await may_end.wait()
            return items

        database = archives.opened.database
        asked = asyncio.create_task(database.look(slow, 1))
        await begun.wait()
        closing = asyncio.create_task(database.close())
        await asyncio.sleep(0.05)
        assert not closing.done()
        may_end.set()
        assert await asked == 1
        await closing
