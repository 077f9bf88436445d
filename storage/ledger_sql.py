"""The audit tables read and written through one connection, on SQLite and PostgreSQL alike."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from sqlalchemy import bindparam, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.errors import AuditBusyError, AuditRefusedError, LedgerBrokenError
from storage.audit_schema import prefix, shards_in
from storage.ledger_driver import Statement, performed, silently_dropped
from storage.privacy import privacy_of
from storage.vault import Unread

_MOST_SEQS = 500
LOCK_KEY = 0x436F756E746572  # the letters "Counter"
LOCK = """SELECT set_config('lock_timeout', '2s', true), set_config('statement_timeout', '5s', true),
  pg_advisory_xact_lock(:key), current_setting('transaction_isolation')"""
_FULL = (
    "SELECT #, idx, hashes FROM {}audit_tile WHERE shard = :shard AND level = :level# AND idx = :low# / 256"
)
_ROOTS = """SELECT #, idx, root FROM {}audit_tile WHERE shard = :shard AND level = :level# - 1
  AND idx >= :low# AND idx < :high#"""
_LEAVES = "SELECT #, seq, leaf_hash FROM {}audit_entry WHERE shard = :shard AND seq >= :low# AND seq < :high#"
HEAD = "SELECT size, note FROM {}audit_checkpoint WHERE shard = :shard ORDER BY size DESC LIMIT 1"


@dataclass(frozen=True)
class Row:
    """One row of audit_entry as stored."""

    shard: int
    seq: int
    body: str
    leaf_hash: bytes


@dataclass(frozen=True)
class Tile:
    """256 hashes of one level, and the root over them."""

    level: int
    idx: int
    hashes: bytes
    root: bytes


@dataclass(frozen=True)
class Anchored:
    """Where the checkpoint of a size was published outside the log."""

    size: int
    kind: str
    ref: str


@dataclass(frozen=True)
class Hashes:
    """The hashes from `low` up to but not including `high` of a level, of a stored tile where `full`."""

    level: int
    low: int
    high: int
    full: bool

    def sql(self, n: int) -> str:
        """Return what selects them by `:level`, `:low` and `:high`, each row with this number and its place."""
        if self.full:
            return _FULL.replace("#", str(n))
        return (_ROOTS if self.level else _LEAVES).replace("#", str(n))


class AuditRows:
    """The audit tables, seen through the caller's connection and transaction."""

    def __init__(self, connection: AsyncConnection, shard: int) -> None:
        self.connection = connection
        self.shard = shard
        self._in = prefix(connection.dialect.name)

    async def lock(self) -> None:
        """Let no other writer in until the transaction ends; SQLite's caller has begun immediately.

        Raises:
            AuditRefusedError: the transaction would see a stale log.
        """
        if self.connection.dialect.name != "postgresql":
            return
        demand_isolation(await self._rows(LOCK, key=LOCK_KEY))

    async def head(self) -> tuple[int, str]:
        """Return the newest checkpoint's size and note; 0 and nothing for an empty log."""
        rows = await self._rows(HEAD)
        return (rows[0][0], rows[0][1]) if rows else (0, "")

    async def note(self, size: int) -> str:
        """Return the signed note of one size; nothing where no commit left the log at it."""
        rows = await self._rows(
            "SELECT note FROM {}audit_checkpoint WHERE shard = :shard AND size = :size", size=size
        )
        return str(rows[0][0]) if rows else ""

    async def cosignatures(self, size: int) -> str:
        """Return the lines that other keys signed over the note of one size, by their names."""
        rows = await self._rows(
            "SELECT line FROM {}audit_cosignature WHERE shard = :shard AND size = :size ORDER BY signer",
            size=size,
        )
        return "".join(row[0] for row in rows)

    async def cosigned_size(self) -> int:
        """Return the newest size that another key signed, 0 where there is none."""
        rows = await self._rows("SELECT max(size) FROM {}audit_cosignature WHERE shard = :shard")
        return int(rows[0][0] or 0)

    async def anchors(self, up_to: int) -> list[Anchored]:
        """Return where the newest anchored size that is at most `up_to` was published, by kind."""
        rows = await self._rows(
            "SELECT size, kind, ref FROM {}audit_anchor WHERE shard = :shard AND size ="
            " (SELECT max(size) FROM {}audit_anchor WHERE shard = :shard AND size <= :up_to) ORDER BY kind",
            up_to=up_to,
        )
        return [Anchored(*row) for row in rows]

    async def shards(self) -> Sequence[int]:
        """Return the numbers of the shards that hold entries, lowest first."""
        return [row[0] for row in await self._rows(shards_in("audit_entry"))]

    async def leaf_hashes(self, low: int, high: int) -> list[bytes]:
        """Return the stored leaf hashes of the entries from `low` up to but not including `high`."""
        rows = await self._rows(
            "SELECT leaf_hash FROM {}audit_entry WHERE shard = :shard AND seq >= :low AND seq < :high"
            " ORDER BY seq",
            low=low,
            high=high,
        )
        return [bytes(row[0]) for row in rows]

    async def tile_roots(self, level: int, low: int, high: int) -> list[bytes]:
        """Return the roots of a level's tiles from `low` up to but not including `high`."""
        rows = await self._rows(
            "SELECT root FROM {}audit_tile WHERE shard = :shard AND level = :level"
            " AND idx >= :low AND idx < :high ORDER BY idx",
            level=level,
            low=low,
            high=high,
        )
        return [bytes(row[0]) for row in rows]

    async def hashes(self, wanted: Sequence[Hashes]) -> list[bytes]:
        """Return the hashes of each, one after the other, read in one journey; fewer where they are missing."""
        arms, values, found = [], {"shard": self.shard}, [b"" for _ in wanted]
        for n, each in enumerate(wanted):
            arms.append(each.sql(n))
            values |= {f"level{n}": each.level, f"low{n}": each.low, f"high{n}": each.high}
        (rows,) = await performed(self.connection, [Statement(" UNION ALL ".join(arms), values)])
        for n, _, hashes in sorted(rows, key=lambda row: row[:2]):
            found[n] += bytes(hashes)
        return found

    async def entries(self, where: str, order: str, **values: Any) -> list[Row]:
        """Return entries of every shard that match a condition, in an order; both are this code's words."""
        sql = f"SELECT shard, seq, body, leaf_hash FROM {{}}audit_entry WHERE {where} ORDER BY {order}"  # noqa: S608
        rows = await self._rows(f"{sql} LIMIT :limit", **{"limit": 1, **values})
        return [Row(row[0], row[1], row[2], bytes(row[3])) for row in rows]

    async def disclosures(self, seqs: Sequence[int]) -> dict[int, dict[str, str]]:
        """Return this shard's disclosures of some entries that can be read, by seq and path.

        Raises:
            LedgerBrokenError: a sealed one was altered.
        """
        sql = f"""SELECT seq, path, disclosure FROM {self._in}audit_disclosure
            WHERE shard = :shard AND seq IN :seqs"""  # noqa: S608 (the name of a table)
        statement = text(sql).bindparams(bindparam("seqs", expanding=True))
        found: dict[int, dict[str, str]] = {seq: {} for seq in seqs}
        privacy = privacy_of(self.connection)
        for low in range(0, len(seqs), _MOST_SEQS):
            values = {"shard": self.shard, "seqs": seqs[low : low + _MOST_SEQS]}
            for seq, path, stored in (await self.connection.execute(statement, values)).all():
                read = privacy.read(stored, (self.shard, seq, path))
                if read is Unread.ALTERED:
                    raise altered(seq, path)
                if isinstance(read, str):
                    found[seq][path] = read
        return found

    async def insert(self, table: str, **values: Any) -> None:
        """Insert one row and see that it went in.

        Raises:
            LedgerBrokenError: the database took the statement and stored nothing.
        """
        values = {"shard": self.shard, **values}
        names = ", ".join(values)
        marks = ", ".join(f":{name}" for name in values)
        sql = f"INSERT INTO {self._in}{table}({names}) VALUES ({marks})"  # noqa: S608 (names of columns)
        result = await self.connection.execute(text(sql), values)
        if result.rowcount != 1:
            raise silently_dropped(table)

    async def _rows(self, sql: str, **values: Any) -> Sequence[Any]:
        values = {"shard": self.shard, **values} if ":shard" in sql else values
        result = await self.connection.execute(text(sql.replace("{}", self._in)), values)
        return result.all()


def altered(seq: int, path: str) -> LedgerBrokenError:
    """Return the error for a text that is not the one that was recorded with an entry."""
    return LedgerBrokenError(
        f"A text kept with entry {seq} is not what was recorded: {path}.",
        advice="Stop all changes and run `countersign audit verify`.",
    )


def demand_isolation(locked: Sequence[Any]) -> None:
    """Return if what LOCK answered is that the next statement sees what others have committed by then.

    Raises:
        AuditRefusedError: it would see a stale log.
    """
    isolation = locked[0][3]
    if isolation != "read committed":
        raise AuditRefusedError(
            f"The database runs at isolation level {isolation}.",
            advice="Use READ COMMITTED, the default of PostgreSQL.",
        )


@contextmanager
def database_trouble() -> Iterator[None]:
    """Turn what the database raises into an error that says whether to try again."""
    try:
        yield
    except (OperationalError, sqlite3.OperationalError, psycopg.OperationalError) as error:
        raise AuditBusyError(
            "The database would not take the audit entry: it is locked, full or read-only.",
            advice="Nothing was done. Try again in a moment; if it stays so, look at the database.",
        ) from error
    except (DBAPIError, sqlite3.Error, psycopg.Error) as error:
        raise AuditRefusedError(
            "The database refused the audit entry.",
            advice="Nothing was done. Run `countersign audit verify`.",
        ) from error
