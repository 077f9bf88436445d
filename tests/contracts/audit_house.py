"""A small house around the audit trail for its contracts: a database, a ledger, entries to append."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.domain.entry import NewEntry, Receipt, new_ulid
from bot.domain.json import Json
from bot.domain.note import Signer
from storage.audit_schema import VERSIONS, install_audit, prefix
from storage.engine import open_engine
from storage.ledger import Ledger

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ORIGIN = "countersign.example.test/audit/2026"
WRITER = {"version": "1.0.0", "build": "test", "writer": "01JDA5S3V0000000000000000A"}


def entry(
    kind: str = "change.requested",
    change: str = "CHG-1",
    data: Mapping[str, Json] | None = None,
    disclosures: Mapping[str, str] | None = None,
    id_: str = "",
) -> NewEntry:
    """Return an entry with a fresh id."""
    return NewEntry(
        id=id_ or new_ulid(NOW),
        type=kind,
        actor={"kind": "slack_user", "id": "U1"},
        subject={"change": change} if change else {},
        data=data or {},
        disclosures=disclosures or {},
    )


@dataclass
class House:
    """An installed database and the key of its log."""

    engine: AsyncEngine
    url: str
    skey: str
    vkey: str
    ledger: Ledger
    minutes: int = 0

    @property
    def inside(self) -> str:
        """Return what stands before a table's name."""
        return prefix(self.engine.dialect.name)

    def another_ledger(self) -> Ledger:
        """Return a ledger as a second process would have it."""
        return ledger_of(self.skey)

    async def append(self, *events: NewEntry, ledger: Ledger | None = None) -> Sequence[Receipt]:
        """Append in one transaction, a minute after the last time."""
        self.minutes += 1
        chosen = ledger or self.ledger
        async with self.engine.begin() as connection:
            receipts = await chosen.append(connection, events, now=NOW + timedelta(minutes=self.minutes))
        chosen.committed(connection)
        return receipts

    async def run(self, *statements: str, **values: object) -> None:
        """Run statements in one transaction, as a stranger with a database client would."""
        async with self.engine.begin() as connection:
            for each in statements:
                await connection.execute(text(each.replace("{}", self.inside)), values)

    async def rows(self, sql: str, **values: object) -> Sequence[Any]:
        """Return everything a query finds."""
        async with self.engine.begin() as connection:
            return (await connection.execute(text(sql.replace("{}", self.inside)), values)).all()

    async def scalar(self, sql: str) -> object:
        """Return the first value of a query."""
        async with self.engine.begin() as connection:
            return (await connection.execute(text(sql.replace("{}", self.inside)))).scalar()


def ledger_of(skey: str, shard: int = 0, vkeys: Sequence[str] = ()) -> Ledger:
    """Return a ledger over a signing key."""
    signer = Signer.parse(skey)
    return Ledger(signer=signer, origin=signer.name, shard=shard, vkeys=vkeys, writer=WRITER)


async def installed(engine: AsyncEngine) -> None:
    """Create the audit tables."""
    async with engine.begin() as connection:
        for version in VERSIONS:
            await connection.run_sync(install_audit, version)


@asynccontextmanager
async def open_house(url: str) -> AsyncIterator[House]:
    """Give a house whose log was just opened."""
    engine = open_engine(url)
    try:
        await installed(engine)
        skey, vkey = Signer.generate(ORIGIN)
        house = House(engine, url, skey, vkey, ledger_of(skey))
        async with engine.begin() as connection:
            await house.ledger.open_log(connection, NOW)
        house.ledger.committed(connection)
        yield house
    finally:
        await engine.dispose()
