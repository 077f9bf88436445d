"""What is kept for later in a transaction: questions, snapshots, and what the directory said."""

from datetime import datetime
from hashlib import sha256

from sqlalchemy import delete, select

from bot.domain.effect import Question
from bot.domain.errors import ConflictError
from bot.domain.people import Standing
from storage.ledger_values import timestamp
from storage.queries import Queries
from storage.rows import question_columns, question_of, standing_of
from storage.tables import GROUP, PERSON, QUESTION, evidence_blob


class KeptRows(Queries):
    """The part of a transaction that holds questions, snapshots and observations."""

    async def add_question(self, question: Question) -> int:
        """Store a question and return its number."""
        row = await self.one(
            self.insert(QUESTION).values(question_columns(question)).returning(QUESTION.c.number)
        )
        if row is None:
            raise ConflictError("The database did not keep the question.", advice="Ask again.")
        return int(row["number"])

    async def question(self, number: int) -> Question | None:
        """Return a stored question, None when it was answered and forgotten."""
        row = await self.one(select(QUESTION).where(QUESTION.c.number == number))
        return None if row is None else question_of(row)

    async def forget_question(self, number: int) -> None:
        """Delete an answered question with its response_url."""
        await self._connection.execute(delete(QUESTION).where(QUESTION.c.number == number))

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

    async def standing(self, user: str) -> Standing | None:
        """Return the last observation of a person, user groups as group ids; None when there is none."""
        row = await self.one(select(PERSON).where(PERSON.c.user == user))
        if row is None:
            return None
        groups = await self.all(select(GROUP.c.usergroup, GROUP.c.users))
        return standing_of(row, frozenset(each["usergroup"] for each in groups if user in each["users"]))

    async def group_members(self, usergroup: str) -> tuple[frozenset[str], datetime] | None:
        """Return the last observation of a user group and its time."""
        row = await self.one(select(GROUP).where(GROUP.c.usergroup == usergroup))
        return None if row is None else (row["users"], row["observed_at"])
