"""The archive: one door to the database, implementing `bot.ports.archive`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from bot.ports.clock import Clock
from storage.database import Database
from storage.jobs import Jobs
from storage.ledger import Ledger
from storage.queries import Queries
from storage.tables import RECEIPT
from storage.transaction import SqlTransaction

_UNANSWERED = timedelta(seconds=3)


class SqlArchive:
    """State, entries and jobs in one SQL database."""

    def __init__(self, database: Database, ledger: Ledger, jobs: Jobs, clock: Clock) -> None:
        self._database = database
        self._ledger = ledger
        self._jobs = jobs
        self._clock = clock

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[SqlTransaction]:
        """Open a transaction; it commits at the end of the block, or not at all."""
        try:
            async with self._database.begin() as connection:
                transaction = SqlTransaction(
                    connection, ledger=self._ledger, jobs=self._jobs, clock=self._clock
                )
                yield transaction
                await transaction.finish()
        except (Exception, asyncio.CancelledError):
            self._ledger.forget()
            raise
        self._ledger.committed(connection)
        if transaction.has_jobs:
            self._jobs.wake()

    async def receive(self, key: str, now: datetime) -> str | None:
        """Claim a delivery's key: None when it is new (go on), else the stored answer (empty: still at it).

        A claim that was never answered within three seconds is free again: its process is gone.
        """
        async with self._database.begin() as connection:
            queries = Queries(connection)
            statement = queries.insert(RECEIPT).values(key=key, at=now, answer="")
            if await queries.changed(statement.on_conflict_do_nothing(index_elements=["key"])):
                return None
            mine = (RECEIPT.c.key == key, RECEIPT.c.answer == "", RECEIPT.c.at < now - _UNANSWERED)
            if await queries.changed(update(RECEIPT).where(*mine).values(at=now)):
                return None
            row = await queries.one(select(RECEIPT.c.answer).where(RECEIPT.c.key == key))
            return "" if row is None else str(row["answer"])

    async def release(self, key: str) -> None:
        """Give an unanswered claim back, so that the delivery may come again."""
        async with self._database.begin() as connection:
            await connection.execute(delete(RECEIPT).where(RECEIPT.c.key == key, RECEIPT.c.answer == ""))

    async def answered(self, key: str, answer: str) -> None:
        """Store the answer given to a delivery."""
        async with self._database.begin() as connection:
            await connection.execute(update(RECEIPT).where(RECEIPT.c.key == key).values(answer=answer))
