"""The audit trail's five figures, on a long trail beside a short one: append, verify, proofs, cold start, search."""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from sqlalchemy import text

from bench.append import ORIGIN, append, opened_archive
from bench.audit_build import long_trail
from bench.measure import Row, Watch, interleaved
from bot.domain.note import Signer
from bot.ports.trail import TrailQuery
from handlers.clock import WallClock
from storage.audit_search import TrailRows
from storage.audit_verify import verify_log
from storage.database import Database
from storage.ledger import Ledger
from storage.ledger_proofs import TreeReader
from storage.ledger_sql import AuditRows

SHORT = 1_000
PASSES = 3
ROUNDS = 100
_CHUNK = 2_048
_CLOCK = WallClock()


@dataclass(frozen=True)
class Trail:
    """An SQLite file with a trail of some size."""

    path: Path
    entries: int
    signer: Signer
    database: Database

    @property
    def url(self) -> str:
        """Return the address of the file."""
        return f"sqlite:///{self.path}"

    async def prove(self, index: int) -> None:
        """Make an inclusion proof, from tiles nobody has read before."""
        async with self.database.read() as connection:
            await TreeReader(AuditRows(connection, 0), self.entries).inclusion(index)

    async def compare(self, old: int) -> None:
        """Make a consistency proof, the same way."""
        async with self.database.read() as connection:
            await TreeReader(AuditRows(connection, 0), self.entries).consistency(old)

    async def one_row(self) -> None:
        """Read one row."""
        async with self.database.read() as connection:
            await connection.execute(text("SELECT leaf_hash FROM audit_entry WHERE shard = 0 AND seq = 17"))

    async def start(self) -> None:
        """Let a new process find out where the log stands, and prove it."""
        ledger = Ledger(signer=self.signer, origin=ORIGIN, writer={})
        async with self.database.begin() as connection:
            await ledger.append(connection, [], now=_CLOCK.now())

    async def search(self, query: TrailQuery) -> None:
        """Read one page."""
        async with self.database.read() as connection:
            page = await TrailRows(connection).search_trail(query)
        if len(page.entries) != query.limit:
            raise RuntimeError(f"a page of {len(page.entries)}: {query}")


async def audit(entries: int) -> Sequence[Row]:
    """Return the five figures, those of reading on SQLite."""
    rows = list(await append())
    with TemporaryDirectory(prefix="countersign-bench-") as folder:
        async with AsyncExitStack() as stack:
            long, short = [await _trail(stack, Path(folder), size) for size in (entries, SHORT)]
            rows += _verified(long)
            rows += await _proved(long)
            rows += await _started(long, short)
            rows += await _searched(long, short)
    return rows


async def _trail(stack: AsyncExitStack, folder: Path, entries: int) -> Trail:
    path = folder / f"{entries}.db"
    signer = Signer.parse(Signer.generate(ORIGIN)[0])
    await long_trail(str(path), signer, entries)
    opened = await stack.enter_async_context(opened_archive(f"sqlite:///{path}", signer))
    return Trail(path, entries, signer, opened.database)


def _verified(long: Trail) -> Sequence[Row]:
    ours, floor = Watch(), Watch()
    for _ in range(PASSES):
        with ours.timing():
            report = verify_log(long.url, [long.signer.vkey])
        if not report.ok or report.size != long.entries:
            raise RuntimeError(f"the trail does not hold: {report.findings[:3]}")
        floor.times.append(_hashing(long.path))
    return (
        Row(f"fast verify, {long.entries:,} entries", ours.times, floor.times, "bare SHA-256 of the bodies"),
    )


def _hashing(path: Path) -> float:
    """Return how long SHA-256 of every body takes, in milliseconds, without the time to read them."""
    spent = 0.0
    with sqlite3.connect(path) as database:
        found = database.execute("SELECT CAST(body AS BLOB) FROM audit_entry ORDER BY shard, seq")
        while bodies := [row[0] for row in found.fetchmany(_CHUNK)]:
            started = perf_counter()
            for body in bodies:
                sha256(body).digest()
            spent += perf_counter() - started
    return spent * 1000


async def _proved(long: Trail) -> Sequence[Row]:
    numbers = count(1)

    def index() -> int:
        return next(numbers) * 7_919_317 % (long.entries - 1) + 1

    included, compared, floor = await interleaved(
        ROUNDS, lambda: long.prove(index()), lambda: long.compare(index()), long.one_row
    )
    return (
        Row(f"inclusion proof, {long.entries:,} entries", included, floor, "read one row"),
        Row(f"consistency proof, {long.entries:,} entries", compared, floor, "read one row"),
    )


async def _started(long: Trail, short: Trail) -> Sequence[Row]:
    ours, floor = await interleaved(ROUNDS, long.start, short.start)
    return (Row(f"cold start, {long.entries:,} entries", ours, floor, f"{SHORT:,} entries"),)


async def _searched(long: Trail, short: Trail) -> Sequence[Row]:
    asked = [await _queries(each) for each in (long, short)]
    rows = []
    for name in asked[0]:
        ours, floor = await interleaved(
            ROUNDS,
            *(
                partial(trail.search, queries[name])
                for trail, queries in zip((long, short), asked, strict=True)
            ),
        )
        rows.append(Row(f"search page: {name}, {long.entries:,} entries", ours, floor, f"{SHORT:,} entries"))
    return rows


async def _queries(trail: Trail) -> Mapping[str, TrailQuery]:
    """Return what is searched; each fills its page in a short trail too."""
    middle = trail.entries // 2
    async with trail.database.read() as connection:
        sql = f"SELECT ts FROM audit_entry WHERE shard = 0 AND seq = {middle}"
        until = datetime.fromisoformat(str((await connection.execute(text(sql))).scalar()))
    since = until - timedelta(seconds=60)
    return {
        "newest": TrailQuery(limit=10),
        "from the middle": TrailQuery(after=f"0.{middle}", limit=10),
        "one actor": TrailQuery(actor="U0000003", limit=10),
        "one type": TrailQuery(type="change.approved", limit=10),
        "types `change.`": TrailQuery(type="change.", limit=10),
        "one resource": TrailQuery(resource="/subscriptions/S/resourceGroups/G/deployments/D7", limit=10),
        "one change": TrailQuery(change="CHG-100040", limit=10),
        "a minute long ago": TrailQuery(since=since, until=until, limit=10),
        "an actor's `change.` until then": TrailQuery(actor="U0000003", type="change.", until=until, limit=2),
    }
