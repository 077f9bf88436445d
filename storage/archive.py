"""The archive: one door to the database, implementing `bot.ports.archive`."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.effect import Question
from bot.domain.errors import CountersignError
from bot.domain.people import Standing
from bot.ports.archive import Look
from bot.ports.clock import Clock
from storage.database import Database
from storage.deliveries import answer, claim, forget_questions, give_back, keep_questions
from storage.high_water import HighWater, Mark
from storage.jobs import Jobs
from storage.kept_rows import KeptRows
from storage.ledger import Ledger
from storage.transaction import SqlTransaction

_LOG = structlog.get_logger("countersign.archive")


class SqlArchive:
    """State, entries and jobs in one SQL database."""

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        jobs: Jobs,
        clock: Clock,
        high_water: HighWater | None = None,
    ) -> None:
        self._high_water = high_water
        self._marking = asyncio.Lock()
        self._database = database
        self._ledger = ledger
        self._jobs = jobs
        self._clock = clock

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[SqlTransaction]:
        """Open a transaction; it commits at the end of the block, or not at all."""
        try:
            async with self._database.begin() as connection:
                transaction = self._on(connection)
                yield transaction
                await transaction.finish()
        except (Exception, asyncio.CancelledError):
            self._ledger.forget()
            raise
        mark = self._ledger.committed(connection)
        if transaction.has_jobs:
            self._jobs.wake()
        if mark is not None and self._high_water is not None:
            await self._keep(mark, self._high_water)

    async def _keep(self, mark: Mark, high_water: HighWater) -> None:
        """Write down in the second place how far the trail is. It is committed: a failure here takes nothing back."""
        try:
            async with self._marking:
                await asyncio.to_thread(high_water.write, mark)
        except CountersignError as error:
            _LOG.warning("high_water.not_kept", why=str(error))

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Look]:
        """Look at what is committed now; nothing can be written, and no writer is waited for."""
        async with self._database.read() as connection:
            yield self._on(connection)

    async def ask(self, question: Question, kind: str) -> int:
        """Store a question and the job of this kind that answers it; return its number."""
        number = await self._database.together(self._ask, (question, kind))
        self._jobs.wake()
        return number

    async def forget_question(self, number: int) -> None:
        """Delete an answered question with its response_url."""
        await self._database.together(forget_questions, number)

    async def people(self, users: Iterable[str]) -> Mapping[str, Standing]:
        """Return the last observations of these people, user groups as group ids; without those never seen."""
        return await self._database.look(_people, frozenset(users))

    async def usergroups(self) -> Mapping[str, tuple[frozenset[str], datetime]]:
        """Return the last observation of every user group, and its time."""
        return await self._database.look(_usergroups, None)

    async def receive(self, key: str, now: datetime) -> str | None:
        """Claim a delivery's key: None when it is new (go on), else the stored answer (empty: still at it).

        A claim that was never answered within three seconds is free again: its process is gone.
        """
        return await self._database.together(claim, (key, now))

    async def release(self, key: str) -> None:
        """Give an unanswered claim back, so that the delivery may come again."""
        await self._database.together(give_back, key)

    async def answered(self, key: str, said: str) -> None:
        """Store the answer given to a delivery."""
        await self._database.together(answer, (key, said))

    async def _ask(self, connection: AsyncConnection, asked: Sequence[tuple[Question, str]]) -> list[int]:
        numbers = await keep_questions(connection, [question for question, _ in asked])
        now = self._clock.now()
        jobs = [(kind, f"{kind}:Q-{number}", now) for number, (_, kind) in zip(numbers, asked, strict=True)]
        await self._jobs.enqueue_all(connection, jobs)
        return numbers

    def _on(self, connection: AsyncConnection) -> SqlTransaction:
        return SqlTransaction(connection, ledger=self._ledger, jobs=self._jobs, clock=self._clock)


async def _people(
    connection: AsyncConnection, asked: Sequence[frozenset[str]]
) -> list[Mapping[str, Standing]]:
    found = await KeptRows(connection).standings(frozenset().union(*asked))
    return [{user: found[user] for user in users if user in found} for users in asked]


async def _usergroups(
    connection: AsyncConnection, asked: Sequence[None]
) -> list[Mapping[str, tuple[frozenset[str], datetime]]]:
    found = await KeptRows(connection).usergroups()
    return [found for _ in asked]
