"""The catalogue of attacks on the trail: what one attack is, and the stage each is played on."""

import json
import re
import shutil
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg.sql import SQL, Identifier

from bot.domain.merkle import leaf_hash
from storage.audit_findings import VerifyReport
from storage.audit_verify import verify_log
from storage.engine import open_engine
from storage.privacy import PLAIN, Privacy
from tests.contracts.audit_forge import unguarded, written
from tests.contracts.audit_house import House, entry, ledger_of

SQLITE, POSTGRES = "sqlite", "postgresql"
BOTH = (SQLITE, POSTGRES)
APP_ROLE = "countersign_app"
# What a guard says. Anything else (a misspelt table) is a mistake of the test and not a refusal.
_POSTGRES_REFUSALS = frozenset({"42501", "23001", "23505", "23514", "428C9"})
_SQLITE_REFUSALS = ("append-only", "UNIQUE constraint", "CHECK constraint", "generated column")


@dataclass(frozen=True)
class Place:
    """A database that is a copy of the template: its address, its address for the app role, and its server's."""

    dialect: str
    url: str
    app_url: str
    server: str
    folder: Path
    skey: str
    vkey: str


@dataclass
class Stage:
    """A trail of eleven entries, and everything that one needs to attack it."""

    place: Place
    house: House
    vkeys: list[str] = field(default_factory=list)
    privacy: Privacy = PLAIN

    @property
    def dialect(self) -> str:
        """Return `sqlite` or `postgresql`."""
        return self.place.dialect

    @property
    def file(self) -> Path:
        """Return the SQLite file."""
        return Path(self.place.url.removeprefix("sqlite:///"))

    def verified(self) -> VerifyReport:
        """Return the deep report on the trail as it lies there now."""
        trusted = [self.place.vkey, *self.vkeys]
        return verify_log(self.place.url, trusted, deep=True, privacy=self.privacy)

    async def stored(self) -> tuple[list[str], list[bytes]]:
        """Return the bodies and leaf hashes, in order."""
        rows = await self.house.rows("SELECT body, leaf_hash FROM {}audit_entry ORDER BY seq")
        return [row[0] for row in rows], [bytes(row[1]) for row in rows]

    async def forged_approval(self) -> tuple[str, bytes]:
        """Return an approval that nobody gave, as it would stand at the end of the trail, and its leaf hash."""
        bodies, leaves = await self.stored()
        documents = [json.loads(each) for each in bodies]
        own = [at for at, each in enumerate(documents) if each["subject"].get("change") == "CHG-1"]
        subject = {"change": "CHG-1", "n": len(own), "prev": leaves[own[-1]].hex()}
        forged = documents[-1] | {
            "seq": len(bodies),
            "prev": leaves[-1].hex(),
            "id": entry().id,
            "type": "change.approved",
            "subject": subject,
        }
        body = written(forged)
        return body, leaf_hash(body.encode())

    def insertion(self, seq: int, body: str, leaf: bytes, verb: str = "INSERT", then: str = "") -> str:
        """Return the statement that inserts an entry, as somebody would type it."""
        quoted = body.replace("'", "''")
        binary = f"x'{leaf.hex()}'" if self.dialect == SQLITE else f"'\\x{leaf.hex()}'::bytea"
        into = f"{self.house.inside}audit_entry(shard, seq, body, leaf_hash)"
        return f"{verb} INTO {into} VALUES (0, {seq}, '{quoted}', {binary}) {then}"

    def named(self, statement: str) -> str:
        """Return a statement with the tables' names as this database has them (a body may hold `{}` too)."""
        return re.sub(r"\{\}(?=audit_|ux_|ix_)", self.house.inside, statement)

    async def alter(self, *statements: str) -> None:
        """Run statements as the owner of the database in one transaction, guards up."""
        async with self.house.engine.begin() as connection:
            for each in statements:
                await connection.exec_driver_sql(self.named(each))

    @asynccontextmanager
    async def backed_up(self) -> AsyncIterator[None]:
        """Make a backup, and put it in the place of the database after the block."""
        await self.house.engine.dispose()
        copy = self._copy(self.place.url, "backup")
        yield
        await self.house.engine.dispose()
        self._copy(copy, "")

    def _copy(self, url: str, name: str) -> str:
        """Copy a database beside this one, or over it; return the copy's address."""
        if self.dialect == SQLITE:
            target = self.file.with_name(name) if name else self.file
            shutil.copy(url.removeprefix("sqlite:///"), target)
            return f"sqlite:///{target}"
        own = self.place.url.partition("?")[0].rpartition("/")[2]
        source, made = (own, f"{own}_{name}") if name else (url, own)
        with psycopg.connect(self.place.server, autocommit=True) as admin:
            admin.execute(SQL("DROP DATABASE IF EXISTS {}").format(Identifier(made)))
            admin.execute(SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(made), Identifier(source)))
            if not name:
                admin.execute(SQL("DROP DATABASE {}").format(Identifier(source)))
        return made

    async def tamper(self, *statements: str) -> None:
        """Run statements with every guard down, and put them up again."""
        async with self.house.engine.begin() as connection:

            async def run() -> None:
                for each in statements:
                    await connection.exec_driver_sql(self.named(each))

            await unguarded(connection, run)

    def is_refused(self, statements: Sequence[str]) -> bool:
        """Return whether the app role is refused these statements, tried over a connection of its own."""
        made = [self.named(each) for each in statements]
        return self._on_sqlite(made) if self.dialect == SQLITE else self._on_postgres(made)

    def _on_sqlite(self, statements: Sequence[str]) -> bool:
        client = sqlite3.connect(self.file, isolation_level=None)  # any client: none of our pragmas
        try:
            client.execute("BEGIN IMMEDIATE")
            for each in statements:
                client.execute(each)
            client.execute("COMMIT")
        except sqlite3.Error as error:
            if not any(words in str(error) for words in _SQLITE_REFUSALS):
                raise
            return True
        finally:
            client.close()
        return False

    def _on_postgres(self, statements: Sequence[str]) -> bool:
        try:
            with psycopg.connect(self.place.app_url) as client:
                for each in statements:
                    client.execute(each.encode())
        except psycopg.Error as error:
            if error.sqlstate not in _POSTGRES_REFUSALS:
                raise
            return True
        return False


Work = Callable[[Stage], Awaitable[str | None]]
Tried = str | Callable[[Stage], Awaitable[str]]


@dataclass(frozen=True)
class Attack:
    """One way of doing what a line of the catalogue says.

    `tried` is what the app role tries (statements, `;;` between them), `refused` the databases whose guards refuse
    it; `work` is what a forger with every right does then, and `found` the codes that verifying finds, exactly. What
    the guards let pass needs no forger. Work on something else than the database returns the codes of what checks
    that. `before`: what must be there to be attacked. `older` and `newer` are the codes with an anchor of size 9 and
    with one of size 11, the newest. `stops`: with which words the next append is refused. `says`: more for the page.
    """

    number: int
    name: str
    work: Work
    found: str = ""
    tried: Tried = ""
    before: Work | None = None
    refused: tuple[str, ...] = BOTH
    on: tuple[str, ...] = BOTH
    older: str | None = None
    newer: str | None = None
    stops: str = ""
    says: str = ""

    def __str__(self) -> str:
        """Return how a test names it."""
        return f"{self.number:02}-{self.name}"

    async def statements(self, stage: Stage) -> list[str]:
        """Return what the app role tries."""
        tried = self.tried if isinstance(self.tried, str) else await self.tried(stage)
        return [each for each in tried.split(";;") if each]


def codes(report: VerifyReport) -> str:
    """Return the codes found, once each, in order."""
    return " ".join(sorted({each.code for each in report.findings}))


async def nothing(_: Stage) -> None:
    """Leave the trail as the app role left it."""


@asynccontextmanager
async def stage_of(place: Place) -> AsyncIterator[Stage]:
    """Open a stage on a database."""
    engine = open_engine(place.url)
    try:
        yield Stage(
            place, House(engine, place.url, place.skey, place.vkey, ledger_of(place.skey), minutes=60)
        )
    finally:
        await engine.dispose()
