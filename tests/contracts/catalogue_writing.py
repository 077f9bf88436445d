"""Attacks 37 to 42 and 51: what happens to the writer, and what the writer is given to write."""

import json
import os
import signal
import sqlite3
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.domain.errors import AuditBusyError, AuditRefusedError
from bot.domain.json import Json
from storage.database import Database
from tests.contracts.audit_house import NOW, entry
from tests.contracts.catalogue import POSTGRES, SQLITE, Attack, Stage
from tests.contracts.crash_house import writers

LATER = NOW + timedelta(hours=2)


async def killed_while_writing(stage: Stage) -> None:
    """Kill a writer in the middle of its work; what it had acknowledged is there."""
    with writers(stage.place.url, stage.place.skey) as said:
        said.go()
        said.heard(20)
        os.kill(said.pids[-1], signal.SIGKILL)
        said.buried()
    bodies, _ = await stage.stored()
    assert set(said.acknowledged) <= {json.loads(each)["id"] for each in bodies}


async def torn(stage: Stage) -> None:
    """Let the end of the write-ahead log be lost, as a disk does that lies about its writes."""
    await stage.house.engine.dispose()
    async with stage.house.engine.connect() as keeps_the_log_open:
        await keeps_the_log_open.rollback()
        await stage.house.append(entry())
        left = (stage.file.read_bytes(), log_of(stage).read_bytes()[:-100])
    await stage.house.engine.dispose()
    left_behind(stage, *left)


def log_of(stage: Stage) -> Path:
    """Return SQLite's write-ahead log."""
    return stage.file.with_name(f"{stage.file.name}-wal")


def left_behind(stage: Stage, main: bytes, log: bytes) -> None:
    """Leave the files as a power cut leaves them."""
    stage.file.with_name(f"{stage.file.name}-shm").unlink(missing_ok=True)
    stage.file.write_bytes(main)
    log_of(stage).write_bytes(log)


async def full(stage: Stage) -> None:
    """Let no page be left for another entry."""
    async with stage.house.engine.connect() as connection:
        transaction = await connection.begin()
        pages = (await connection.execute(text("PRAGMA page_count"))).scalar()
        await connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(AuditBusyError):
            await stage.house.ledger.append(connection, [entry(data={"text": "x" * 60_000})], now=LATER)
        await transaction.rollback()


async def locked(stage: Stage) -> None:
    """Hold the database as another program would that never lets go."""
    database = Database(stage.house.engine)
    async with database.begin() as connection:
        await connection.exec_driver_sql("PRAGMA busy_timeout = 10")
    holder = sqlite3.connect(stage.file, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(AuditBusyError):
        async with database.begin() as connection:
            await stage.house.ledger.append(connection, [entry()], now=LATER)
    holder.close()


async def read_only(stage: Stage) -> None:
    """Let the database take nothing."""
    async with stage.house.engine.begin() as connection:
        await connection.exec_driver_sql("SET TRANSACTION READ ONLY")
        with pytest.raises((AuditBusyError, AuditRefusedError)):
            await stage.house.ledger.append(connection, [entry()], now=LATER)


async def clock_moved(stage: Stage) -> None:
    """Let the clock jump a day ahead and back."""
    for now in (LATER + timedelta(days=1), LATER):
        async with stage.house.engine.begin() as connection:
            await stage.house.ledger.append(connection, [entry()], now=now)
        stage.house.ledger.committed(connection)
    bodies, _ = await stage.stored()
    types = [json.loads(each)["type"] for each in bodies[-3:]]
    assert types == ["change.requested", "clock.skew", "change.requested"]


async def taken_back(stage: Stage) -> None:
    """Take a transaction back after it had been given a number."""
    async with stage.house.engine.connect() as connection:
        transaction = await connection.begin()
        receipts = await stage.house.ledger.append(connection, [entry()], now=LATER)
        await transaction.rollback()
    assert [each.seq for each in receipts] == [each.seq for each in await stage.house.append(entry())]


def nested(levels: int) -> Json:
    """Return objects in objects."""
    return {"a": nested(levels - 1)} if levels else 1


HOSTILE: Mapping[str, Json] = {"long": "x" * 70_000, "deep": nested(40), "number": 2**60}


async def hostile_text(stage: Stage) -> None:
    """Give what no database stores alike: some is made harmless, the rest is refused before anything is done."""
    await stage.house.append(entry(data={"text": "a\x00b\ud800c", "name": "Andre\u0301"}))
    bodies, _ = await stage.stored()
    assert json.loads(bodies[-1])["data"] == {"text": "a\ufffdb\ufffdc", "name": "Andr\u00e9"}
    for key, value in HOSTILE.items():
        with pytest.raises(AuditRefusedError):
            await stage.house.append(entry(data={key: value}))
    assert (await stage.stored())[0] == bodies


async def stale_snapshot(stage: Stage) -> None:
    """Raise the isolation level, so that a writer would see the log as it was before it waited."""
    for level in ("REPEATABLE READ", "SERIALIZABLE"):
        engine = stage.house.engine.execution_options(isolation_level=level)
        async with engine.begin() as connection:
            with pytest.raises(AuditRefusedError, match=level.lower()):
                await stage.house.ledger.append(connection, [entry()], now=LATER)


WRITING = (
    Attack(
        37,
        "kill-the-writer",
        killed_while_writing,
        on=(SQLITE,),
        says="nothing acknowledged is lost; Postgres: tests/contracts/test_audit_crashes.py",
    ),
    Attack(
        38,
        "tear-the-log",
        torn,
        newer="",
        older="",
        on=(SQLITE,),
        says="what is left is an earlier state, whole",
    ),
    Attack(39, "fill-the-disk", full, on=(SQLITE,), says="the append is refused, and so is the change"),
    Attack(39, "lock-the-database", locked, on=(SQLITE,), says="the append is refused, and so is the change"),
    Attack(39, "read-only", read_only, on=(POSTGRES,), says="the append is refused, and so is the change"),
    Attack(40, "move-the-clock", clock_moved, says="an entry clock.skew says so before it goes on"),
    Attack(41, "roll-back", taken_back, says="the number is given again: no gap"),
    Attack(42, "hostile-text", hostile_text, says="made harmless, or refused before anything is done"),
    Attack(51, "raise-the-isolation", stale_snapshot, on=(POSTGRES,), says="every append is refused"),
)
