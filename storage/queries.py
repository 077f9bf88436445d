"""What the parts of a transaction share: the connection, and reading one row or all of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Executable
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

Insert = postgresql.Insert | sqlite.Insert


class Queries:
    """One connection inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def one(self, statement: Executable) -> Mapping[str, Any] | None:
        """Return the first row, None when there is none."""
        row = (await self._connection.execute(statement)).mappings().first()
        return None if row is None else dict(row)

    async def all(self, statement: Executable) -> Sequence[Mapping[str, Any]]:
        """Return every row."""
        return [dict(row) for row in (await self._connection.execute(statement)).mappings()]

    async def changed(self, statement: Executable) -> bool:
        """Return whether the statement touched exactly one row."""
        kept = {"preserve_rowcount": True}  # else an INSERT on Postgres says -1
        return (await self._connection.execute(statement, execution_options=kept)).rowcount == 1

    def insert(self, into: Any) -> Insert:
        """Return an INSERT that knows ON CONFLICT in this database's dialect."""
        if self._connection.dialect.name == "postgresql":
            return postgresql.insert(into)
        return sqlite.insert(into)
