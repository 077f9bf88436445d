"""Erasing personal and free texts: the rows go, an entry says which and why, and no proof changes."""

import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.errors import ConflictError, InvalidInputError, NotFoundError
from bot.domain.json import Json
from storage.audit_schema import prefix
from storage.keeper import Keeper

_MOST_IN_ONE_ENTRY = 250
_OF_PERSON = (
    "SELECT d.shard, d.seq, d.path FROM {}audit_disclosure d JOIN {}audit_entry e"
    " ON e.shard = d.shard AND e.seq = d.seq WHERE e.actor_id = :person ORDER BY d.shard, d.seq, d.path"
)
_AT = "SELECT shard, seq, path FROM {}audit_disclosure WHERE seq = :seq AND path = :path ORDER BY shard"
_DELETE = "DELETE FROM {}audit_disclosure WHERE shard = :shard AND seq = :seq AND path = :path"


@dataclass(frozen=True)
class Text:
    """Where a text that can be erased stands."""

    shard: int
    seq: int
    path: str

    def as_json(self) -> dict[str, Json]:
        """Return it as entries and the command say it."""
        return dict(vars(self))


async def erase_text(
    keeper: Keeper, seq: int, path: str, basis: str, shard: int | None = None
) -> Sequence[Text]:
    """Erase one text.

    Raises:
        NotFoundError: there is none: never was, or no longer.
        InvalidInputError: the number is one in several shards, and none was named.
    """
    async with _secure(keeper) as connection:
        found = await _found(connection, _AT, seq=seq, path=path)
        found = [each for each in found if shard in (None, each.shard)]
        if not found:
            raise NotFoundError(
                f"Entry {seq} discloses no text at {path!r}.",
                advice="It was erased before, or stands elsewhere: `countersign audit export` has `_sd` at each one.",
            )
        if len(found) > 1:
            raise InvalidInputError(
                f"Entry {seq} is one in the shards {', '.join(str(each.shard) for each in found)}.",
                advice="Nothing was erased. Add --shard.",
            )
        await _erase(keeper, connection, found, basis)
    return found


async def erase_person(keeper: Keeper, person: str, basis: str) -> Sequence[Text]:
    """Erase every text in the entries of one actor.

    Raises:
        NotFoundError: there is none.
    """
    async with _secure(keeper) as connection:
        found = await _found(connection, _OF_PERSON, person=person)
        if not found:
            raise NotFoundError(
                f"No entry of {person} discloses a text.",
                advice="Give the id as entries have it, U… in Slack. What others wrote goes by --seq and --path.",
            )
        await _erase(keeper, connection, found, basis)
    return found


@asynccontextmanager
async def _secure(keeper: Keeper) -> AsyncIterator[AsyncConnection]:
    """Give the one transaction, and leave no copy behind in the file when it is through."""
    async with keeper.act() as connection:
        if connection.dialect.name == "sqlite":
            await connection.exec_driver_sql("PRAGMA secure_delete=ON")
        yield connection
    database = keeper.database.engine.url.database
    if keeper.database.dialect == "sqlite" and database:
        _empty_the_log(Path(database))


async def _erase(keeper: Keeper, connection: AsyncConnection, found: Sequence[Text], basis: str) -> None:
    for each in found:
        await connection.execute(text(_inside(connection, _DELETE)), vars(each))
    for low in range(0, len(found), _MOST_IN_ONE_ENTRY):
        erased: list[Json] = [each.as_json() for each in found[low : low + _MOST_IN_ONE_ENTRY]]
        said = keeper.entry("privacy.erased", {"erased": erased, "basis": basis})
        await keeper.ledger.append(connection, [said], now=keeper.now)


async def _found(connection: AsyncConnection, sql: str, **values: object) -> list[Text]:
    rows = await connection.execute(text(_inside(connection, sql)), values)
    return [Text(*row) for row in rows]


def _inside(connection: AsyncConnection, sql: str) -> str:
    return sql.replace("{}", prefix(connection.dialect.name))


def _empty_the_log(database: Path) -> None:
    """Move what is in the write-ahead log into the file, and leave the log without a byte.

    Raises:
        ConflictError: somebody still reads what was erased.
    """
    with closing(sqlite3.connect(database)) as connection:
        busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    if busy:
        raise ConflictError(
            f"The texts are erased and recorded, but a copy remains in {database.name}-wal while something reads.",
            advice=f"Stop what reads, then run `sqlite3 {database} 'PRAGMA wal_checkpoint(TRUNCATE)'`.",
        )
