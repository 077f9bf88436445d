"""The audit tables read and written through one connection, on SQLite and PostgreSQL alike."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.errors import AuditBusyError, AuditRefusedError, LedgerBrokenError
from storage.audit_schema import prefix

_LOCK_KEY = 0x436F756E746572  # the letters "Counter"
_LOCK = """SELECT set_config('lock_timeout', '2s', true), set_config('statement_timeout', '5s', true),
  pg_advisory_xact_lock(:key), current_setting('transaction_isolation')"""
_LAST = "SELECT seq, leaf_hash, ts FROM {}audit_entry WHERE shard = :shard ORDER BY seq DESC LIMIT 1"
_HEAD = "SELECT size, note FROM {}audit_checkpoint WHERE shard = :shard ORDER BY size DESC LIMIT 1"
_STANDING = f"""SELECT 'last', '', 0, seq, ts, leaf_hash FROM ({_LAST}) AS last
UNION ALL SELECT 'head', '', 0, size, note, NULL FROM ({_HEAD}) AS head
UNION ALL SELECT 'id', id, shard, seq, body, leaf_hash FROM {{}}audit_entry WHERE id IN """  # noqa: S608 (constants)
_OF_CHANGE = "FROM {}audit_entry WHERE change_id = wanted.value ORDER BY shard DESC, seq DESC LIMIT 1"
_STANDING_ON = {
    "sqlite": f"""{_STANDING}(SELECT value FROM json_each(:ids))
UNION ALL SELECT 'change', wanted.value, found.shard, found.seq, found.body, found.leaf_hash
  FROM json_each(:changes) AS wanted CROSS JOIN audit_entry AS found
  WHERE (found.shard, found.seq) = (SELECT shard, seq {_OF_CHANGE})""",
    "postgresql": f"""{_STANDING}(SELECT json_array_elements_text(CAST(:ids AS json)))
UNION ALL SELECT 'change', wanted.value, found.shard, found.seq, found.body, found.leaf_hash
  FROM json_array_elements_text(CAST(:changes AS json)) AS wanted(value)
  CROSS JOIN LATERAL (SELECT shard, seq, body, leaf_hash {_OF_CHANGE}) AS found""",
}
_READ_BACK = f"""SELECT seq, body, leaf_hash FROM {{}}audit_entry WHERE shard = :shard AND seq >= :low
UNION ALL SELECT size, note, NULL FROM ({_HEAD}) AS head"""  # noqa: S608 (constants)


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


@dataclass
class Standing:
    """Where the log stands: its end, its signed head, and what it holds of the entries about to be appended."""

    size: int = 0
    last: bytes = b""
    ts: str = ""
    head: tuple[int, str] = (0, "")
    ids: dict[str, Row] = field(default_factory=dict)
    changes: dict[str, Row] = field(default_factory=dict)


class AuditRows:
    """The audit tables, seen through the caller's connection and transaction."""

    def __init__(self, connection: AsyncConnection, shard: int) -> None:
        self.connection = connection
        self.shard = shard
        self._in = prefix(connection.dialect.name)

    async def lock(self) -> None:
        """Let no other writer in until the transaction ends; SQLite's caller has begun immediately.

        Raises:
            LedgerBrokenError: the transaction would see a stale log.
        """
        if self.connection.dialect.name != "postgresql":
            return
        isolation = (await self._rows(_LOCK, key=_LOCK_KEY))[0][3]
        if isolation != "read committed":
            raise AuditRefusedError(
                f"The database runs at isolation level {isolation}.",
                advice="Use READ COMMITTED, the default of PostgreSQL.",
            )

    async def standing(self, ids: Iterable[str], changes: Iterable[str]) -> Standing:
        """Return where this shard's log stands, with the entries of these ids and the last ones of these changes."""
        asked = {"ids": json.dumps(list(ids)), "changes": json.dumps(list(changes))}
        standing = Standing()
        for what, key, shard, number, said, leaf in await self._rows(
            _STANDING_ON[self.connection.dialect.name], **asked
        ):
            match what:
                case "last":
                    standing.size, standing.last, standing.ts = number + 1, bytes(leaf), said
                case "head":
                    standing.head = (number, said)
                case "id":
                    standing.ids[key] = Row(shard, number, said, bytes(leaf))
                case _:
                    standing.changes[key] = Row(shard, number, said, bytes(leaf))
        return standing

    async def head(self) -> tuple[int, str]:
        """Return the newest checkpoint's size and note; 0 and nothing for an empty log."""
        rows = await self._rows(_HEAD)
        return (rows[0][0], rows[0][1]) if rows else (0, "")

    async def read_back(self, low: int) -> tuple[list[Row], tuple[int, str]]:
        """Return what is stored now: this shard's entries from `low` on, and the newest checkpoint."""
        entries, head = [], (0, "")
        for number, said, leaf in await self._rows(_READ_BACK, low=low):
            if leaf is None:
                head = (number, said)
            else:
                entries.append(Row(self.shard, number, said, bytes(leaf)))
        return sorted(entries, key=lambda row: row.seq), head

    async def shards(self) -> Sequence[int]:
        """Return the numbers of the shards that hold entries, lowest first."""
        rows = await self._rows("SELECT DISTINCT shard FROM {}audit_entry ORDER BY shard")
        return [row[0] for row in rows]

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

    async def tile_hashes(self, level: int, idx: int) -> bytes | None:
        """Return a full tile's hashes, None when it is not full yet."""
        rows = await self._rows(
            "SELECT hashes FROM {}audit_tile WHERE shard = :shard AND level = :level AND idx = :idx",
            level=level,
            idx=idx,
        )
        return bytes(rows[0][0]) if rows else None

    async def entries(self, where: str, order: str, **values: Any) -> list[Row]:
        """Return entries of every shard that match a condition, in an order; both are this code's words."""
        sql = f"SELECT shard, seq, body, leaf_hash FROM {{}}audit_entry WHERE {where} ORDER BY {order}"  # noqa: S608
        rows = await self._rows(f"{sql} LIMIT :limit", **{"limit": 1, **values})
        return [Row(row[0], row[1], row[2], bytes(row[3])) for row in rows]

    async def disclosures(self, seqs: Sequence[int]) -> dict[int, dict[str, str]]:
        """Return this shard's disclosures of some entries that were not erased, by seq and path."""
        found: dict[int, dict[str, str]] = {}
        for seq in seqs:
            rows = await self._rows(
                "SELECT path, disclosure FROM {}audit_disclosure WHERE shard = :shard AND seq = :seq",
                seq=seq,
            )
            found[seq] = {row[0]: row[1] for row in rows}
        return found

    async def insert(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert rows, all of them with the same columns, and see that every one went in.

        Raises:
            LedgerBrokenError: the database took the statement and stored nothing.
        """
        if not rows:
            return
        values = [{"shard": self.shard, **row} for row in rows]
        names = ", ".join(values[0])
        marks = ", ".join(f":{name}" for name in values[0])
        sql = f"INSERT INTO {{}}{table}({names}) VALUES ({marks})"  # noqa: S608 (names of columns)
        result = await self.connection.execute(_statement(sql, self._in), values)
        if result.rowcount != len(rows):
            raise silently_dropped(table)

    async def _rows(self, sql: str, **values: Any) -> Sequence[Any]:
        values = {"shard": self.shard, **values} if ":shard" in sql else values
        return (await self.connection.execute(_statement(sql, self._in), values)).all()


@lru_cache(maxsize=256)
def _statement(sql: str, inside: str) -> TextClause:
    """Return the statement; the same words are the same object, so that its parsing is done once."""
    return text(sql.replace("{}", inside))


def silently_dropped(table: str) -> LedgerBrokenError:
    """Return the error for a row that the database accepted and did not keep as given."""
    return LedgerBrokenError(
        f"The database did not keep what was written to {table}.",
        advice="Stop all changes, run `countersign audit verify` and look for foreign triggers or rules.",
    )


@contextmanager
def database_trouble() -> Iterator[None]:
    """Turn what the database raises into an error that says whether to try again."""
    try:
        yield
    except OperationalError as error:
        raise AuditBusyError(
            "The database would not take the audit entry: it is locked, full or read-only.",
            advice="Nothing was done. Try again in a moment; if it stays so, look at the database.",
        ) from error
    except DBAPIError as error:
        raise AuditRefusedError(
            "The database refused the audit entry.",
            advice="Nothing was done. Run `countersign audit verify`.",
        ) from error
