"""What is kept for later in a transaction: questions, snapshots, and what the directory said."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from hashlib import sha256

from sqlalchemy import select

from bot.domain.effect import Question
from bot.domain.people import Standing
from storage.ledger_values import timestamp
from storage.queries import Queries
from storage.rows import question_of, standing_of
from storage.table_base import evidence_blob
from storage.tables import GROUP, PERSON, QUESTION


class KeptRows(Queries):
    """The part of a transaction that holds questions, snapshots and observations."""

    async def question(self, number: int) -> Question | None:
        """Return a stored question, None when it was answered and forgotten."""
        row = await self.one(select(QUESTION).where(QUESTION.c.number == number))
        return None if row is None else question_of(row)

    async def keep_evidence(self, body: bytes, *, kind: str, now: datetime) -> str:
        """Store a snapshot under its SHA-256 (once) and return it."""
        name = sha256(body).hexdigest()
        if await self.evidence(name) is None:
            blob = evidence_blob(self._connection.dialect.name)
            values = {"sha256": name, "media": "application/json", "kind": kind, "bytes": len(body)}
            await self._connection.execute(
                self.insert(blob)
                .values({**values, "body": body, "created_at": timestamp(now)})
                .on_conflict_do_nothing(index_elements=["sha256"])
            )
        return name

    async def evidence(self, sha256: str) -> bytes | None:
        """Return a stored snapshot."""
        blob = evidence_blob(self._connection.dialect.name)
        row = await self.one(select(blob.c.body).where(blob.c.sha256 == sha256))
        return None if row is None else bytes(row["body"])

    async def observe(self, standing: Standing) -> None:
        """Remember what the directory said of a person, with the time of observation."""
        values = {column.name: getattr(standing, column.name) for column in PERSON.c}
        statement = self.insert(PERSON).values(values)
        changed = {name: statement.excluded[name] for name in values if name != "user"}
        await self._connection.execute(statement.on_conflict_do_update(index_elements=["user"], set_=changed))

    async def observe_group(self, usergroup: str, users: frozenset[str], now: datetime) -> None:
        """Remember who is in a user group."""
        statement = self.insert(GROUP).values(usergroup=usergroup, users=users, observed_at=now)
        changed = {name: statement.excluded[name] for name in ("users", "observed_at")}
        await self._connection.execute(
            statement.on_conflict_do_update(index_elements=["usergroup"], set_=changed)
        )

    async def standings(self, users: Iterable[str]) -> Mapping[str, Standing]:
        """Return the last observations of people, user groups as group ids; without those never seen."""
        rows = await self.all(select(PERSON).where(PERSON.c.user.in_(sorted(users))))
        groups = await self.usergroups()
        return {
            row["user"]: standing_of(
                row, frozenset(name for name, (members, _) in groups.items() if row["user"] in members)
            )
            for row in rows
        }

    async def usergroups(self) -> Mapping[str, tuple[frozenset[str], datetime]]:
        """Return the last observation of every user group, and its time."""
        return {row["usergroup"]: (row["users"], row["observed_at"]) for row in await self.all(select(GROUP))}
