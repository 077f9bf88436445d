"""Several statements in as few journeys to the database as its driver allows, inside the caller's transaction.

SQLAlchemy makes three or four journeys of a statement on SQLite (a thread has the connection) and one each on
PostgreSQL; an append has five of them and is the hottest path there is, a proof reads half a dozen tiles.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.errors import AuditRefusedError, LedgerBrokenError

_NAMED = re.compile(r"(?<!:):([a-z]\w*)")


@dataclass(frozen=True)
class Statement:
    """SQL with `:name` for each value; `{}` stands before each audit table's name."""

    sql: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Insertion:
    """Rows for one table, all of them with the same columns."""

    table: str
    rows: Sequence[Mapping[str, Any]]

    def demand(self, stored: int) -> None:
        """Return if so many rows are all of them."""
        if stored != len(self.rows):
            raise silently_dropped(self.table)


async def performed(
    connection: AsyncConnection, work: Sequence[Statement | Insertion]
) -> list[Sequence[Any]]:
    """Do it all in order, and return the rows of each statement.

    Raises:
        LedgerBrokenError: the database took an insertion and did not store every row.
        sqlite3.Error, psycopg.Error: the database refused something; the transaction can only be taken back.
        AuditRefusedError: there is no transaction.
    """
    if not connection.in_transaction():
        raise AuditRefusedError(
            "There is no transaction to work in.",
            advice="This is a defect of Countersign; please report it.",
        )
    driver: Any = (await connection.get_raw_connection()).driver_connection
    if connection.dialect.name == "sqlite":
        found = [await _on_sqlite(driver, each) for each in work]
    else:
        found = await _on_postgresql(driver, work)
    return [rows for each, rows in zip(work, found, strict=True) if isinstance(each, Statement)]


async def _on_sqlite(driver: Any, each: Statement | Insertion) -> Sequence[Any]:
    if isinstance(each, Statement):
        return list(await driver.execute_fetchall(each.sql.replace("{}", ""), each.values))
    sql, values = _inserting(each, "?", "")
    stored = list(await driver.execute_fetchall(f"{sql} RETURNING 1", values))
    each.demand(len(stored))
    return stored


async def _on_postgresql(driver: Any, work: Sequence[Statement | Insertion]) -> list[Sequence[Any]]:
    """Send everything before the first answer is read; what stands after an error is not done."""
    cursors = [driver.cursor() for _ in work]
    try:
        async with driver.pipeline():
            for each, cursor in zip(work, cursors, strict=True):
                if isinstance(each, Statement):
                    await cursor.execute(_psycopg(each.sql), each.values)
                else:
                    await cursor.execute(*_inserting(each, "%s", "audit."))
    finally:  # a row swallowed in silence is often the reason of the error after it
        for each, cursor in zip(work, cursors, strict=True):
            if isinstance(each, Insertion) and cursor.rowcount >= 0:
                each.demand(cursor.rowcount)
    return [await cursor.fetchall() if cursor.description else () for cursor in cursors]


def _inserting(each: Insertion, mark: str, inside: str) -> tuple[str, list[Any]]:
    names = ", ".join(each.rows[0])
    marks = f"({', '.join(mark for _ in each.rows[0])})"
    values = [value for row in each.rows for value in row.values()]
    rows = ", ".join(marks for _ in each.rows)
    return f"INSERT INTO {inside}{each.table}({names}) VALUES {rows}", values  # noqa: S608 (names of columns)


@lru_cache(maxsize=64)
def _psycopg(sql: str) -> str:
    """Return the statement as psycopg wants it."""
    return _NAMED.sub(r"%(\1)s", sql.replace("{}", "audit."))


def silently_dropped(table: str) -> LedgerBrokenError:
    """Return the error for a row that the database accepted and did not keep as given."""
    return LedgerBrokenError(
        f"The database did not keep what was written to {table}.",
        advice="Stop all changes, run `countersign audit verify` and look for foreign triggers or rules.",
    )
