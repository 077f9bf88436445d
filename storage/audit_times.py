"""Where in the audit trail a time lies, by halving: entries stand in the order of time, but for clocks going back."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.audit_schema import prefix
from storage.ledger_values import timestamp

END = 2**53
# A clock may fall behind by up to a second without a clock.skew entry, and again and again.
_MARGIN = timedelta(seconds=60)
_MOST_SKEWS = 50
_SKEWS = """SELECT seq FROM {{}}audit_entry{index} WHERE type = 'clock.skew' AND shard = :shard
  AND seq < :high ORDER BY seq LIMIT :limit"""
_EARLY = "(SELECT ts FROM {}audit_entry WHERE shard = :shard AND seq = (low + high) / 2) < :time"
_HALVING = """WITH RECURSIVE part(low, high) AS (
  SELECT CAST(:low AS BIGINT), CAST(:high AS BIGINT)
  UNION ALL
  SELECT CASE WHEN {early} THEN (low + high) / 2 + 1 ELSE low END,
    CASE WHEN {early} THEN high ELSE (low + high) / 2 END
  FROM part WHERE low < high
) SELECT low FROM part WHERE low >= high""".replace("{early}", _EARLY)


def by_index(dialect: str, index: str) -> str:
    """Return what makes SQLite take an index: it keeps no statistics here and would choose among them by chance."""
    return f" INDEXED BY {index}" if dialect == "sqlite" else ""


async def ranges_of(
    connection: AsyncConnection, shard: int, high: int, since: datetime | None, until: datetime | None
) -> list[tuple[int, int]]:
    """Return ranges of numbers below `high`, newest first, that hold every entry of the time, and some others.

    There is one range, and one more for each time the clock went back across an end of the time.
    """
    if since is None and until is None:
        return [(0, high)]
    times = _Times(connection, shard)
    high = min(high, await times.size())
    pieces = await times.pieces(high)
    if pieces is None:
        return [(0, high)]
    ranges: list[tuple[int, int]] = []
    for first, end in pieces:
        low = first if since is None else await times.first(first, end, since - _MARGIN)
        upto = end if until is None else await times.first(first, end, until + _MARGIN)
        if low < upto and ranges and ranges[-1][1] == low:
            ranges[-1] = (ranges[-1][0], upto)
        elif low < upto:
            ranges.append((low, upto))
    return ranges[::-1]


class _Times:
    """One shard's times."""

    def __init__(self, connection: AsyncConnection, shard: int) -> None:
        self._connection = connection
        self._shard = shard

    async def size(self) -> int:
        """Return how many entries the shard has."""
        rows = await self._rows("SELECT max(seq) + 1 FROM {}audit_entry WHERE shard = :shard")
        return int(rows[0][0] or 0)

    async def pieces(self, high: int) -> list[tuple[int, int]] | None:
        """Return the pieces inside which the clock never went back, None when it did too often."""
        sql = _SKEWS.format(index=by_index(self._connection.dialect.name, "ix_audit_type"))
        rows = await self._rows(sql, high=high, limit=_MOST_SKEWS + 1)
        return list(pairwise([0, *(row[0] for row in rows), high])) if len(rows) <= _MOST_SKEWS else None

    async def first(self, low: int, high: int, time: datetime) -> int:
        """Return the first number in a piece whose entry is not before a time, `high` when there is none."""
        return int((await self._rows(_HALVING, low=low, high=high, time=timestamp(time)))[0][0])

    async def _rows(self, sql: str, **values: Any) -> Any:
        statement = text(sql.replace("{}", prefix(self._connection.dialect.name)))
        return (await self._connection.execute(statement, {"shard": self._shard, **values})).all()
