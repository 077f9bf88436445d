"""Erasing personal and free texts: the rows go, an entry says which and why, and no proof changes.

Where texts are sealed, who erases a person destroys their data key as well: then no backup has a text that opens.
"""

import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.errors import ConflictError, InvalidInputError, NotFoundError
from bot.domain.events import people_of
from bot.domain.json import Json
from storage.audit_schema import prefix
from storage.keeper import Keeper
from storage.privacy import privacy_of, third
from storage.vault import SEALED_LIKE, Vault

_MOST_IN_ONE_ENTRY = 250
_OF_PERSON = """SELECT d.shard, d.seq, d.path, {of_d}, e.type
  FROM {}audit_disclosure d JOIN {}audit_entry e ON e.shard = d.shard AND e.seq = d.seq
  WHERE e.actor_id = :person OR {of_d} IN :names OR EXISTS(SELECT 1 FROM {}audit_disclosure a
    WHERE a.shard = d.shard AND a.seq = d.seq AND a.path = '/actor.id' AND {of_a} IN :names)
  ORDER BY d.shard, d.seq, d.path"""
_SEALED = "SELECT shard, seq, path FROM {}audit_disclosure WHERE disclosure LIKE :sealed LIMIT 1"
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
    """Erase every text in the entries of one actor, their ids, and their id where others' entries commit to it.

    Raises:
        NotFoundError: there is none.
        InvalidInputError: texts are sealed, and the key that tells whose they are was not given.
    """
    keys = _DataKeys(privacy_of(keeper.database.engine).vault, person)
    async with _secure(keeper, keys) as connection:
        await _demand_vault(connection, keys.vault)
        found = await _of_person(connection, person)
        if not found:
            raise NotFoundError(
                f"No entry of {person} discloses a text.",
                advice="Give the id as entries have it, U… in Slack. What others wrote goes by --seq and --path.",
            )
        await _erase(keeper, connection, found, basis)
        keys.set_aside()  # the append has locked the trail: nobody seals with them any more
    return found


@dataclass
class _DataKeys:
    """A person's data keys in an erasure: aside before the commit, destroyed after it, else put back."""

    vault: Vault | None
    person: str
    aside: bool = False

    def set_aside(self) -> None:
        if self.vault is not None:
            self.aside = True
            self.vault.set_aside(self.person)

    def ended(self, *, committed: bool) -> None:
        if self.vault is not None and self.aside:
            end = self.vault.destroy if committed else self.vault.put_back
            end(self.person)


@asynccontextmanager
async def _secure(keeper: Keeper, keys: _DataKeys | None = None) -> AsyncIterator[AsyncConnection]:
    """Give the one transaction, and leave no copy behind in the file when it is through."""
    committed = False
    try:
        async with keeper.act() as connection:
            if connection.dialect.name == "sqlite":
                await connection.exec_driver_sql("PRAGMA secure_delete=ON")
            yield connection
        committed = True
    finally:
        if keys is not None:
            keys.ended(committed=committed)
    database = keeper.database.engine.url.database
    if keeper.database.dialect == "sqlite" and database:
        _empty_the_log(Path(database))


async def _demand_vault(connection: AsyncConnection, vault: Vault | None) -> None:
    if vault is None and await _found(connection, _SEALED, sealed=SEALED_LIKE):
        raise InvalidInputError(
            "The texts of this trail are sealed, and only their key tells whose they are.",
            advice="Nothing was erased. Set COUNTERSIGN_PRIVACY_KEY and [privacy] keys as the app has them.",
        )


async def _of_person(connection: AsyncConnection, person: str) -> list[Text]:
    """Return where texts of a person are: not the ids of others that their entries name."""
    dialect, names = connection.dialect.name, privacy_of(connection).names(person)
    sql = _OF_PERSON.replace("{of_d}", third(dialect, "d.")).replace("{of_a}", third(dialect, "a."))
    statement = text(_inside(connection, sql)).bindparams(bindparam("names", expanding=True))
    rows = (await connection.execute(statement, {"person": person, "names": names})).all()
    return [
        Text(shard, seq, path)
        for shard, seq, path, about, kind in rows
        if about in names or path.partition(".")[0] not in people_of(kind)
    ]


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
