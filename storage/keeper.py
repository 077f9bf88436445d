"""Whoever keeps the trail from the command line: the database opened for one act, alone on SQLite."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.entry import NewEntry, new_ulid
from bot.domain.errors import AuditMissingError, ConflictError
from bot.domain.json import Json
from bot.domain.note import Signer, Verifier
from bot.ports.clock import Clock
from storage.database import Database, ProcessLock, open_engine, sqlite_path
from storage.engine import ledger_of, schema_state
from storage.high_water import Mark
from storage.ledger import Ledger
from storage.open import expect_mark, water_of
from storage.privacy import PLAIN, Privacy


@dataclass(frozen=True)
class Keeper:
    """The trail, the keys that may be used, who uses them, and why."""

    database: Database
    ledger: Ledger
    signers: Sequence[Signer]
    clock: Clock
    by: str
    reason: str = ""
    mark: Mark | None = None

    @property
    def now(self) -> datetime:
        """Return the time."""
        return self.clock.now()

    @property
    def actor(self) -> dict[str, Json]:
        """Return who acts, as entries say it."""
        return {"kind": "operator", "id": self.by, "auth": "process"}

    @property
    def given(self) -> tuple[Verifier, ...]:
        """Return the keys that are trusted."""
        return self.ledger.verifiers

    def entry(self, type: str, data: dict[str, Json]) -> NewEntry:
        """Return an entry of the operator's."""
        why: dict[str, Json] = {"reason": self.reason} if self.reason else {}
        return NewEntry(id=new_ulid(self.now), type=type, actor=self.actor, data=data | why)

    @asynccontextmanager
    async def act(self) -> AsyncIterator[AsyncConnection]:
        """Give the one transaction in which everything happens, or nothing."""
        async with self.database.begin() as connection:
            yield connection
        self.ledger.committed(connection)


@asynccontextmanager
async def keeping(  # noqa: PLR0913 (who, what and why of an act)
    url: str,
    signers: Sequence[Signer],
    *,
    vkeys: Sequence[str],
    clock: Clock,
    by: str,
    reason: str,
    build: str,
    privacy: Privacy = PLAIN,
) -> AsyncIterator[Keeper]:
    """Open a trail that is there and of this version, alone where it is a file.

    Raises:
        ConflictError: another process has the SQLite file, or the database is of another version.
        AuditMissingError: there is no trail.
    """
    state = await schema_state(url)
    if state == "missing":
        raise AuditMissingError("This database holds no audit trail.", advice="Run `countersign migrate`.")
    if state != "current":
        raise ConflictError(
            f"The database is {state} of this program.",
            advice="Run `countersign migrate`, or the newer program.",
        )
    path = sqlite_path(url)
    lock = None if path is None else ProcessLock(path)
    if lock is not None:
        lock.take()
    database = Database(open_engine(url, privacy))
    try:
        ledger = ledger_of(signers, "", vkeys=vkeys, clock=clock, build=build)
        mark = expect_mark(ledger, water_of(path))
        yield Keeper(database, ledger, signers, clock, by, reason, mark)
    finally:
        await database.close()
        if lock is not None:
            lock.release()
