"""Changes, votes and observations read without ever writing, beside a running app too."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from urllib.parse import quote

from sqlalchemy import event, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from bot.domain.change import Change
from bot.domain.errors import NotFoundError
from storage.anchor_rows import AnchorRows
from storage.audit_search import TrailRows
from storage.database import database_url, sqlite_path
from storage.decision_rows import DecisionRows
from storage.kept_rows import KeptRows
from storage.privacy import PLAIN, Privacy, said
from storage.rows import change_of
from storage.tables import CHANGE


class PastRows(DecisionRows, KeptRows, TrailRows, AnchorRows):
    """What the database holds now, for questions that decide nothing."""

    async def change(self, number: int) -> Change:
        """Return a change as it is; raise NotFoundError."""
        row = await self.one(select(CHANGE).where(CHANGE.c.number == number))
        if row is None:
            raise NotFoundError(f"There is no CHG-{number}.", advice="Check its number and the database.")
        return change_of(row)

    async def submitted(self) -> Sequence[Change]:
        """Return every change that people were asked about, oldest first."""
        asked = select(CHANGE).where(CHANGE.c.plan_digest != "").order_by(CHANGE.c.number)
        return [change_of(row) for row in await self.all(asked)]


@asynccontextmanager
async def reading_past(url: str, privacy: Privacy = PLAIN) -> AsyncIterator[PastRows]:
    """Give the rows of a database as of one moment; raise as `unwritable`."""
    async with unwritable(url, privacy) as connection:
        yield PastRows(connection)


@asynccontextmanager
async def unwritable(url: str, privacy: Privacy) -> AsyncIterator[AsyncConnection]:
    """Give a connection to a database as of one moment that cannot write.

    Raises:
        NotFoundError: there is no database, or it cannot be read. Nothing is created.
    """
    path = sqlite_path(url)
    if path is not None and not path.is_file():
        raise NotFoundError(
            f"There is no database at {path.absolute()}.", advice="Check COUNTERSIGN_DATABASE_URL."
        )
    engine = _engine(url).execution_options(**said(privacy))
    try:
        async with engine.connect() as connection:
            yield connection
            await connection.rollback()
    except DBAPIError as error:
        raise NotFoundError(
            "The database cannot be read.",
            advice="Check its address and permissions, or run `countersign migrate`.",
        ) from error
    finally:
        await engine.dispose()


def _engine(url: str) -> AsyncEngine:
    path = sqlite_path(url)
    if path is None:
        engine = create_async_engine(
            database_url(url), hide_parameters=True, poolclass=NullPool, isolation_level="REPEATABLE READ"
        )
        return engine.execution_options(postgresql_readonly=True)
    address = f"sqlite+aiosqlite:///file:{quote(str(path.absolute()))}?mode=ro&uri=true"
    engine = create_async_engine(address, hide_parameters=True, poolclass=NullPool)
    event.listen(engine.sync_engine, "connect", _begin_nothing)
    event.listen(engine.sync_engine, "begin", _begin)
    return engine


def _begin_nothing(connection: object, _record: object) -> None:
    connection.isolation_level = None  # type: ignore[attr-defined]


def _begin(connection: object) -> None:
    connection.exec_driver_sql("BEGIN")  # type: ignore[attr-defined]
