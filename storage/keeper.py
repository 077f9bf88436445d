"""Whoever keeps the trail from the command line: the database opened for one act, alone on SQLite."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.anchoring import checkpoint_in
from bot.domain.entry import NewEntry, new_ulid
from bot.domain.errors import AuditMissingError, ConflictError, CountersignError
from bot.domain.json import Json
from bot.domain.note import Signer, Verifier
from bot.ports.clock import Clock
from storage.database import Database, ProcessLock, open_engine, sqlite_path
from storage.engine import ledger_of, schema_state
from storage.high_water import HighWater, Mark
from storage.ledger import Ledger
from storage.ledger_sql import AuditRows
from storage.open import Place, expect_mark, water_of

_LOG = structlog.get_logger("keeper")


@dataclass(frozen=True)
class Keeper:
    """The trail, the keys that may be used, who uses them, and why; how far the trail was, where that is kept."""

    database: Database
    ledger: Ledger
    signers: Sequence[Signer]
    clock: Clock
    by: str
    reason: str = ""
    mark: Mark | None = None
    water: HighWater | None = None

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
        """Give the one transaction in which everything happens, or nothing; then keep how far the trail is."""
        async with self.database.begin() as connection:
            yield connection
            mark = None if self.water is None else await _end_of(connection)
        self.ledger.committed(connection)
        if mark is not None and self.water is not None:
            try:
                self.water.write(mark)
            except CountersignError as error:  # it is committed: nothing is taken back
                _LOG.warning("high_water.not_kept", why=str(error))


async def _end_of(connection: AsyncConnection) -> Mark | None:
    """Return how far the newest shard is in this transaction; None where its head cannot be read."""
    shards = await AuditRows(connection, 0).shards()
    rows = AuditRows(connection, shards[-1] if shards else 0)
    size, note = await rows.head()
    head, last = checkpoint_in(note), await rows.leaf_hashes(size - 1, size)
    return None if head is None or not last else Mark(head.origin, rows.shard, size, last[0], head.root)


@asynccontextmanager
async def keeping(  # noqa: PLR0913 (who, what and why of an act)
    place: str | Place,
    signers: Sequence[Signer],
    *,
    vkeys: Sequence[str],
    clock: Clock,
    by: str,
    reason: str,
    build: str,
) -> AsyncIterator[Keeper]:
    """Open a trail that is there and of this version, alone where it is a file.

    Raises:
        ConflictError: another process has the SQLite file, or the database is of another version.
        AuditMissingError: there is no trail.
    """
    place = Place(place) if isinstance(place, str) else place
    url, path = place.url, sqlite_path(place.url)
    state = await schema_state(url)
    if state == "missing":
        raise AuditMissingError("This database holds no audit trail.", advice="Run `countersign migrate`.")
    if state != "current":
        raise ConflictError(
            f"The database is {state} of this program.",
            advice="Run `countersign migrate`, or the newer program.",
        )
    lock = None if path is None else ProcessLock(path)
    if lock is not None:
        lock.take()
    database, water = Database(open_engine(url, place.privacy)), water_of(path, place.high_water)
    try:
        ledger = ledger_of(signers, "", vkeys=vkeys, clock=clock, build=build)
        yield Keeper(database, ledger, signers, clock, by, reason, expect_mark(ledger, water), water)
    finally:
        await database.close()
        if water is not None:
            water.close()
        if lock is not None:
            lock.release()
