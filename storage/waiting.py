"""How long to wait for a database that somebody else holds: who answers a person waits less than a job does."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from math import ceil
from time import monotonic
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncEngine

MOST_SECONDS = 10.0
MOMENT_SECONDS = 2.0  # less than Slack waits for us
_LEAST_SECONDS = 0.05
_BUSY = "busy_timeout"
_until: ContextVar[float | None] = ContextVar("until", default=None)


@contextmanager
def in_a_hurry(seconds: float = MOMENT_SECONDS) -> Iterator[None]:
    """Let all transactions inside together wait for others until so many seconds from now, and no longer."""
    token = _until.set(monotonic() + seconds)
    try:
        yield
    finally:
        _until.reset(token)


def patience() -> float:
    """Return for how many seconds one may wait now; at the end of a hurry a last short moment."""
    until = _until.get()
    return MOST_SECONDS if until is None else min(MOST_SECONDS, max(until - monotonic(), _LEAST_SECONDS))


def busy_timeout(seconds: float) -> dict[str, int]:
    """Return the option of a connection that waits so long, in tenths of a second, to begin on SQLite."""
    return {_BUSY: max(ceil(seconds * 10), 1) * 100}


def on_sqlite(engine: AsyncEngine, pragmas: Sequence[str], begin: str) -> None:
    """Prepare every connection of an engine, and say how its transactions begin."""
    usual = busy_timeout(MOST_SECONDS)[_BUSY]

    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself: we say how
        cursor = connection.cursor()
        for pragma in (*pragmas, f"PRAGMA busy_timeout={usual}"):
            cursor.execute(pragma)
        cursor.close()

    def start(connection: Connection) -> None:
        wanted = connection.get_execution_options().get(_BUSY, usual)
        if connection.info.get(_BUSY, usual) != wanted:
            connection.exec_driver_sql(f"PRAGMA busy_timeout={wanted}")
            connection.info[_BUSY] = wanted
        connection.exec_driver_sql(begin)

    event.listen(engine.sync_engine, "connect", prepare)
    event.listen(engine.sync_engine, "begin", start)
