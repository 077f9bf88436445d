"""Group commit: small works that come at the same time share one transaction and its one durable write."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.errors import AuditBusyError

A = TypeVar("A")
T = TypeVar("T")
Many = Callable[[AsyncConnection, Sequence[A]], Awaitable[Sequence[T]]]
Begin = Callable[[], AbstractAsyncContextManager[AsyncConnection]]
MOST_TOGETHER = 128


@dataclass
class _Waiting:
    many: Many[Any, Any]
    item: Any
    outcome: asyncio.Future[Any]
    result: Any = None
    error: Exception | None = None

    def tell(self) -> None:
        """Hand the result back, if somebody still waits for it."""
        if self.outcome.done():
            return
        if self.error is not None:
            self.outcome.set_exception(self.error)
        else:
            self.outcome.set_result(self.result)


class GroupCommit:
    """Gathers works while others write, and does those of one kind in one go, all kinds in one transaction.

    Nobody is told before the commit. One who stops waiting harms nobody: work that has not begun is left out.
    """

    def __init__(self, begin: Begin) -> None:
        self._begin = begin
        self._waiting: list[_Waiting] = []
        self._running: asyncio.Task[None] | None = None

    async def run(self, many: Many[A, T], item: A) -> T:
        """Return what `many` made of this item and others like it, once it is durable.

        `many` gives a result for each item, in order. It may be run again, for one item alone, when it refused
        them together.

        Raises:
            AuditBusyError: the transaction was not taken; none of its works was.
        """
        mine = _Waiting(many, item, asyncio.get_running_loop().create_future())
        self._waiting.append(mine)
        if self._running is None:
            self._running = asyncio.create_task(self._run_all())
        found: T = await mine.outcome
        return found

    async def ended(self) -> None:
        """Wait until what runs has ended: a connection in the middle of a work must not be left behind."""
        if self._running is not None:
            await asyncio.wait([self._running])

    async def _run_all(self) -> None:
        try:
            while self._waiting:
                await self._run_some()
        finally:
            self._running = None
            for each in self._waiting:
                each.outcome.cancel()

    async def _run_some(self) -> None:
        group: list[_Waiting] = []
        try:
            async with self._begin() as connection:
                group = self._taken(MOST_TOGETHER)  # those too who came while others wrote
                for alike in _by_kind(group):
                    await _perform(connection, alike)
        except Exception as error:
            group = group or self._taken(len(self._waiting))
            for each in group:
                each.error = error
        except asyncio.CancelledError:
            for each in group:
                each.outcome.cancel()
            raise
        for each in group:
            each.tell()

    def _taken(self, most: int) -> list[_Waiting]:
        group, self._waiting = self._waiting[:most], self._waiting[most:]
        return [each for each in group if not each.outcome.done()]


def _by_kind(group: Sequence[_Waiting]) -> Sequence[Sequence[_Waiting]]:
    kinds: dict[Many[Any, Any], list[_Waiting]] = {}
    for each in group:
        kinds.setdefault(each.many, []).append(each)
    return list(kinds.values())


async def _perform(connection: AsyncConnection, alike: Sequence[_Waiting]) -> None:
    """Do works of one kind behind a savepoint: what is refused takes nobody else's work back.

    Trouble of the database itself ends the whole group: SQLite may have taken back everything by then.
    """
    try:
        async with connection.begin_nested():
            results = await alike[0].many(connection, [each.item for each in alike])
    except Exception as error:
        if isinstance(error, DBAPIError | AuditBusyError) and not isinstance(error, IntegrityError):
            raise
        if len(alike) == 1:
            alike[0].error = error
            return
        for each in alike:
            await _perform(connection, [each])
    else:
        for each, result in zip(alike, results, strict=True):
            each.result = result
