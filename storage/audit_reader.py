"""Reading a whole audit trail in order, over a synchronous connection, without ever writing."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import NullPool

from bot.domain.errors import AuditMissingError
from storage.audit_schema import TABLES, prefix, shards_in
from storage.privacy import PLAIN, Privacy, privacy_of, said
from storage.vault import Unread

_CHUNK = 5_000
_PLAIN = """SELECT {body}, leaf_hash FROM {inside}audit_entry
  WHERE shard = :shard AND seq >= :low AND seq < :high ORDER BY seq"""


@contextmanager
def reading(source: str | Connection, privacy: Privacy = PLAIN) -> Iterator[Connection]:
    """Give a connection that only reads: the one given, or a new one to the URL with a stable snapshot.

    Raises:
        AuditMissingError: there is no database, or it cannot be read. Nothing is created.
    """
    try:
        if isinstance(source, Connection):
            yield source
            return
        engine = _engine(source).execution_options(**said(privacy))
        try:
            with engine.connect() as connection:
                if connection.dialect.name == "sqlite":
                    connection.exec_driver_sql("BEGIN")
                yield connection
        finally:
            engine.dispose()
    except (DBAPIError, ArgumentError, NoSuchModuleError) as error:
        raise AuditMissingError(
            "The database cannot be read.", advice="Check its address, its permissions and its disk."
        ) from error


def _engine(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            hide_parameters=True,
            poolclass=NullPool,
            isolation_level="REPEATABLE READ",
        ).execution_options(postgresql_readonly=True)
    path = Path(parsed.database or "").absolute()
    if not path.is_file():
        raise AuditMissingError(
            f"There is no database at {path}.", advice="Check COUNTERSIGN_DATABASE_URL, or run migrate."
        )

    def connect() -> sqlite3.Connection:
        address = f"file:{quote(str(path))}?mode=ro"
        opened = sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)
        opened.text_factory = _lenient  # bytes that are no UTF-8 are a finding, not the end of the search
        return opened

    return create_engine("sqlite://", creator=connect, hide_parameters=True, poolclass=NullPool)


def _lenient(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def raw_bytes(value: object) -> bytes:
    """Return the bytes of a stored text, whatever a stranger put there."""
    text_ = value if isinstance(value, str) else repr(value)
    return text_.encode("utf-8", "surrogateescape")


class AuditReader:
    """The audit tables of every shard, in the order they were written."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._in = prefix(connection.dialect.name)

    def missing_tables(self) -> list[str]:
        """Return the names of the tables that are not there."""
        if self.connection.dialect.name == "sqlite":
            found = self.rows("SELECT name FROM sqlite_schema WHERE type = 'table'")
        else:
            found = self.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'audit'")
        return [table for table in TABLES if table not in {row[0] for row in found}]

    def rows(self, sql: str, **values: Any) -> list[Any]:
        """Return all rows of a query; `{}` stands before each audit table's name."""
        return list(self.connection.execute(text(sql.replace("{}", self._in)), values).all())

    def shards(self) -> list[int]:
        """Return the numbers of the shards that have entries or checkpoints."""
        tables = ("audit_entry", "audit_checkpoint")
        return sorted({row[0] for table in tables for row in self.rows(shards_in(table))})

    def entries(self, shard: int, *, columns: bool, first: int = 0) -> Iterator[list[Any]]:
        """Give chunks of a shard's entries: seq, body, leaf hash, and the searched columns if wanted."""
        after = first - 1
        wanted = ", id, type, ts, change_id, actor_id" if columns else ""
        while chunk := self.rows(
            f"SELECT seq, body, leaf_hash{wanted} FROM {{}}audit_entry"  # noqa: S608 (names of columns)
            " WHERE shard = :shard AND seq > :after ORDER BY seq LIMIT :limit",
            shard=shard,
            after=after,
            limit=_CHUNK,
        ):
            yield chunk
            after = chunk[-1][0]

    def plain(self, shard: int, low: int, high: int) -> list[Any]:
        """Return body as bytes and leaf hash where low <= seq < high, as fast as the driver gives them."""
        on_sqlite = self.connection.dialect.name == "sqlite"
        body = "CAST(body AS BLOB)" if on_sqlite else "body"
        found = self.connection.execute(
            text(_PLAIN.format(body=body, inside=self._in)), {"shard": shard, "low": low, "high": high}
        )
        rows = list(found.cursor.fetchall())  # as the driver gives them: rows of SQLAlchemy take their time
        return rows if on_sqlite else [(body.encode(), bytes(leaf)) for body, leaf in rows]

    def tiles(self, shard: int, low: int, high: int) -> list[Any]:
        """Return hashes and root of the lowest tiles, low <= idx < high."""
        return self.rows(
            "SELECT hashes, root FROM {}audit_tile WHERE shard = :shard AND level = 0"
            " AND idx >= :low AND idx < :high ORDER BY idx",
            shard=shard,
            low=low,
            high=high,
        )

    def checkpoints(self, shard: int, low: int, high: int) -> dict[int, str]:
        """Return the notes of checkpoints with low < size <= high, by size."""
        found = self.rows(
            "SELECT size, note FROM {}audit_checkpoint"
            " WHERE shard = :shard AND size > :low AND size <= :high",
            shard=shard,
            low=low,
            high=high,
        )
        return {row[0]: row[1] for row in found}

    def cosignatures(self, shard: int, after: int) -> list[Any]:
        """Return size, signer and line of the cosignatures over sizes > after, with the note of that size or None."""
        return self.rows(
            "SELECT c.size, c.signer, c.line, k.note FROM {}audit_cosignature c LEFT JOIN {}audit_checkpoint k"
            " ON k.shard = c.shard AND k.size = c.size"
            " WHERE c.shard = :shard AND c.size > :after ORDER BY c.size, c.signer",
            shard=shard,
            after=after,
        )

    def cosigners(self, shard: int, after: int) -> Iterator[tuple[int, int, str]]:
        """Give seq, size and name for each cosignature over a size > after that an entry says was kept."""
        rows = self.rows(
            "SELECT seq, body FROM {}audit_entry WHERE shard = :shard AND type = 'checkpoint.anchored'"
            " AND seq >= :after ORDER BY seq",
            shard=shard,
            after=after,
        )
        for seq, body in rows:
            try:
                said = json.loads(raw_bytes(body))["data"]
                size, names = int(said["size"]), said.get("cosigned", [])
                yield from [(seq, size, str(name)) for name in names if size > after]
            except (ValueError, KeyError, TypeError, AttributeError):  # the walk finds what is malformed
                continue

    def head(self, shard: int) -> tuple[int, str]:
        """Return the newest checkpoint's size and note."""
        found = self.rows(
            "SELECT size, note FROM {}audit_checkpoint WHERE shard = :shard ORDER BY size DESC LIMIT 1",
            shard=shard,
        )
        return (found[0][0], found[0][1]) if found else (0, "")

    def tile(self, shard: int, level: int, idx: int) -> tuple[bytes, bytes] | None:
        """Return a tile's hashes and root."""
        found = self.rows(
            "SELECT hashes, root FROM {}audit_tile WHERE shard = :shard AND level = :level AND idx = :idx",
            shard=shard,
            level=level,
            idx=idx,
        )
        return (bytes(found[0][0]), bytes(found[0][1])) if found else None

    def tile_count(self, shard: int) -> int:
        """Return how many tiles are stored."""
        sql = "SELECT count(*) FROM {}audit_tile WHERE shard = :shard"
        return int(self.rows(sql, shard=shard)[0][0])

    def disclosures(self, shard: int, low: int, high: int) -> list[tuple[int, str, str | Unread]]:
        """Return seq, path and disclosure where low <= seq <= high; why, in the place of one that cannot be read."""
        privacy = privacy_of(self.connection)
        found = self.rows(
            "SELECT seq, path, disclosure FROM {}audit_disclosure"
            " WHERE shard = :shard AND seq >= :low AND seq <= :high ORDER BY seq, path",
            shard=shard,
            low=low,
            high=high,
        )
        return [(seq, path, privacy.read(stored, (shard, seq, path))) for seq, path, stored in found]

    def evidence(self) -> Iterator[tuple[str, bytes]]:
        """Give the digest and the bytes of every piece of evidence."""
        after = ""
        while found := self.rows(
            "SELECT sha256, body FROM {}evidence_blob WHERE sha256 > :after ORDER BY sha256 LIMIT 50",
            after=after,
        ):
            for digest, body in found:
                yield digest, bytes(body)
            after = found[-1][0]
