"""A forger with every right on the database: takes the guards down, rewrites, puts them up again."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.merkle import leaf_hash, root
from bot.domain.note import Checkpoint, Signer
from storage.audit_schema import TABLES
from tests.contracts.audit_house import House


def written(document: dict[str, Any]) -> str:
    """Return the document as the trail writes it."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


@dataclass
class Forge:
    """The trail's rows in memory, to be changed at will; `stored` writes them back."""

    bodies: list[str]
    leaves: list[bytes]
    checkpoints: dict[int, str]
    seqs: list[int] = field(default_factory=list)

    def edit(self, seq: int, change: Callable[[dict[str, Any]], object]) -> None:
        """Change one body."""
        document = json.loads(self.bodies[seq])
        change(document)
        self.bodies[seq] = written(document)

    def fix_leaf(self, seq: int) -> None:
        """Make a stored leaf hash fit the body."""
        self.leaves[seq] = leaf_hash(self.bodies[seq].encode())

    def renumber(self) -> None:
        """Number the rows without gaps."""
        self.seqs = list(range(len(self.bodies)))

    def rehash(self, first: int = 0) -> None:
        """Make every number, link and leaf hash from `first` on fit again, as someone without the key can."""
        for seq in range(first, len(self.bodies)):
            prev = self.leaves[seq - 1].hex() if seq else "0" * 64
            self.edit(seq, lambda document, seq=seq, prev=prev: document.update(seq=seq, prev=prev))  # type: ignore[misc]
            self.fix_leaf(seq)
        self.renumber()

    def resign(self, signer: Signer, origin: str = "", sizes: tuple[int, ...] = ()) -> None:
        """Sign every checkpoint (or those of some sizes) anew over what is there now."""
        for size in sizes or tuple(self.checkpoints):
            if size <= len(self.leaves):
                note = signer.sign(Checkpoint(origin or signer.name, size, root(self.leaves[:size])).text())
                self.checkpoints[size] = note


async def forged(house: House, attack: Callable[[Forge], object]) -> None:
    """Let the attack change the rows, and write them back with all guards up again."""
    async with house.engine.begin() as connection:
        rows = (
            await connection.execute(
                text(f"SELECT seq, body, leaf_hash FROM {house.inside}audit_entry ORDER BY seq")
            )
        ).all()
        notes = (
            await connection.execute(text(f"SELECT size, note FROM {house.inside}audit_checkpoint"))
        ).all()
        forge = Forge(
            [row[1] for row in rows],
            [bytes(row[2]) for row in rows],
            {row[0]: row[1] for row in notes},
            [row[0] for row in rows],
        )
        attack(forge)
        await unguarded(connection, lambda: _store(connection, house.inside, forge))


async def tampered(house: House, *statements: str, **values: object) -> None:
    """Run statements with the guards down, and put them up again."""
    async with house.engine.begin() as connection:

        async def run() -> None:
            for each in statements:
                await connection.execute(text(each.replace("{}", house.inside)), values)

        await unguarded(connection, run)


async def unguarded(connection: AsyncConnection, work: Callable[[], Any]) -> None:
    """Do the work without triggers, and leave the schema as it was."""
    if connection.dialect.name == "sqlite":
        triggers = (
            await connection.execute(text("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'"))
        ).all()
        for name, _ in triggers:
            await connection.exec_driver_sql(f"DROP TRIGGER {name}")
        await work()
        for _, sql in triggers:
            await connection.exec_driver_sql(sql)
        return
    triggers = (
        await connection.execute(
            text(
                "SELECT tgrelid::regclass::text, tgname FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid"
                " WHERE NOT tgisinternal AND relnamespace = 'audit'::regnamespace"
            )
        )
    ).all()
    for table in TABLES:
        await connection.exec_driver_sql(f"ALTER TABLE audit.{table} DISABLE TRIGGER USER")
    await work()
    for table, name in triggers:
        await connection.exec_driver_sql(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")


async def _store(connection: AsyncConnection, inside: str, forge: Forge) -> None:
    await connection.execute(text(f"DELETE FROM {inside}audit_entry"))
    await connection.execute(text(f"DELETE FROM {inside}audit_checkpoint"))
    for seq, body, leaf in zip(forge.seqs, forge.bodies, forge.leaves, strict=True):
        await connection.execute(
            text(
                f"INSERT INTO {inside}audit_entry(shard, seq, body, leaf_hash) VALUES (0, :seq, :body, :leaf)"
            ),
            {"seq": seq, "body": body, "leaf": leaf},
        )
    for size, note in forge.checkpoints.items():
        await connection.execute(
            text(f"INSERT INTO {inside}audit_checkpoint(shard, size, note) VALUES (0, :size, :note)"),
            {"size": size, "note": note},
        )
