"""What an append asks of the database and leaves in it: two journeys on PostgreSQL, five statements on SQLite."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from storage.ledger_driver import Insertion, Statement, performed, silently_dropped
from storage.ledger_sql import HEAD, LOCK, LOCK_KEY, AuditRows, Row, Tile, demand_isolation

_LAST = "SELECT seq, leaf_hash, ts FROM {}audit_entry WHERE shard = :shard ORDER BY seq DESC LIMIT 1"
_OF_CHANGE = "FROM {}audit_entry WHERE change_id = wanted.value ORDER BY shard DESC, seq DESC LIMIT 1"
_LISTED = {
    "sqlite": "(SELECT value FROM json_each(:ids))",
    "postgresql": "(SELECT json_array_elements_text(CAST(:ids AS json)))",
}
_CHANGES = {
    "sqlite": f"""json_each(:changes) AS wanted CROSS JOIN {{}}audit_entry AS found
  WHERE (found.shard, found.seq) = (SELECT shard, seq {_OF_CHANGE})""",
    "postgresql": f"""json_array_elements_text(CAST(:changes AS json)) AS wanted(value)
  CROSS JOIN LATERAL (SELECT shard, seq, body, leaf_hash {_OF_CHANGE}) AS found""",
}
_STANDING = {
    dialect: f"""SELECT 'last', '', 0, seq, ts, leaf_hash FROM ({_LAST}) AS last
UNION ALL SELECT 'head', '', 0, size, note, NULL FROM ({HEAD}) AS head
UNION ALL SELECT 'newest', '', 0, coalesce(max(shard), -1), '', NULL FROM {{}}audit_checkpoint
UNION ALL SELECT 'id', id, shard, seq, body, leaf_hash FROM {{}}audit_entry WHERE id IN {_LISTED[dialect]}
UNION ALL SELECT 'change', wanted.value, found.shard, found.seq, found.body, found.leaf_hash
FROM {_CHANGES[dialect]}"""  # noqa: S608 (made of constants)
    for dialect in _LISTED
}
_READ_BACK = f"""SELECT seq, body, leaf_hash FROM {{}}audit_entry WHERE shard = :shard AND seq >= :low
UNION ALL SELECT size, note, NULL FROM ({HEAD}) AS head"""  # noqa: S608 (made of constants)
_MOST_ROWS = 1_000


@dataclass
class Standing:
    """Where the log stands: its end, its signed head, the newest shard, and what it has of what is to be appended."""

    size: int = 0
    last: bytes = b""
    ts: str = ""
    head: tuple[int, str] = (0, "")
    newest: int = -1
    ids: dict[str, Row] = field(default_factory=dict)
    changes: dict[str, Row] = field(default_factory=dict)

    def take(self, found: Sequence[Any]) -> None:
        """Take one row of the answer."""
        what, key, shard, number, said, leaf = found
        if what == "last":
            self.size, self.last, self.ts = number + 1, bytes(leaf), said
        elif what == "head":
            self.head = (number, said)
        elif what == "newest":
            self.newest = number
        else:
            self.__dict__[f"{what}s"][key] = Row(shard, number, said, bytes(leaf))


async def locked(rows: AuditRows, ids: Iterable[str], changes: Iterable[str]) -> Standing:
    """Let no other writer in, and return where the log stands, what it has of these ids, and the changes' ends.

    Raises:
        AuditRefusedError: the transaction would see a stale log.
    """
    dialect = rows.connection.dialect.name
    asked = {"shard": rows.shard, "ids": json.dumps(list(ids)), "changes": json.dumps(list(changes))}
    lock = [Statement(LOCK, {"key": LOCK_KEY})] if dialect == "postgresql" else []
    *isolation, found = await performed(rows.connection, [*lock, Statement(_STANDING[dialect], asked)])
    for each in isolation:
        demand_isolation(each)
    standing = Standing()
    for each in found:
        standing.take(each)
    return standing


@dataclass
class Written:
    """What a batch leaves in the database."""

    entries: list[Row] = field(default_factory=list)
    disclosures: list[Mapping[str, Any]] = field(default_factory=list)
    tiles: list[Tile] = field(default_factory=list)

    async def store(self, rows: AuditRows, size: int, note: str) -> None:
        """Write it all with its checkpoint, and see that it is really there, as it was given.

        Raises:
            LedgerBrokenError: it is not.
        """
        work = list(self._insertions(rows.shard, size, note))
        back = Statement(_READ_BACK, {"shard": rows.shard, "low": self.entries[0].seq})
        (found,) = await performed(rows.connection, [*work, back])
        if [(number, said) for number, said, leaf in found if leaf is None] != [(size, note)]:
            raise silently_dropped("audit_checkpoint")
        entries = sorted((number, said, bytes(leaf)) for number, said, leaf in found if leaf is not None)
        if entries != [(row.seq, row.body, row.leaf_hash) for row in self.entries]:
            raise silently_dropped("audit_entry")

    def _insertions(self, shard: int, size: int, note: str) -> Iterable[Insertion]:
        yield from _split("audit_entry", [vars(row) for row in self.entries])
        yield from _split("audit_disclosure", [{"shard": shard, **each} for each in self.disclosures])
        yield from _split("audit_tile", [{"shard": shard, **vars(tile)} for tile in self.tiles])
        yield Insertion("audit_checkpoint", [{"shard": shard, "size": size, "note": note}])


def _split(table: str, rows: Sequence[Mapping[str, Any]]) -> Iterable[Insertion]:
    """Give as many insertions as it takes: a statement holds only so many values."""
    for low in range(0, len(rows), _MOST_ROWS):
        yield Insertion(table, rows[low : low + _MOST_ROWS])
