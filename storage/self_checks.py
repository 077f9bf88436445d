"""What must hold before a process changes anything: a database that keeps what it was given, a trail that is ours."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.entry import NewEntry, new_ulid
from bot.domain.errors import AuditRefusedError, LedgerBrokenError
from bot.domain.json import Json
from bot.ports.clock import Clock
from storage.audit_schema import schema_drift
from storage.open import OpenArchive

# Asked, and the answers that keep what was committed; on Postgres the last is asked in any case.
_SQLITE = (("PRAGMA synchronous", {"2", "3"}), ("PRAGMA journal_mode", {"wal"}))
_LASTING = (("SHOW fsync", {"on"}), ("SHOW synchronous_commit", {"on", "remote_apply"}))
_POSTGRES = (("SHOW transaction_isolation", {"read committed"}),)


async def demand_sound(opened: OpenArchive, *, lasting: bool) -> None:
    """Return if this process may write; `lasting`: what is committed must survive a crash of Postgres.

    Raises:
        AuditRefusedError: the database does not keep what it is given, or lets writers see a stale log.
        LedgerBrokenError: the audit tables are not as they were installed, or the newest checkpoint is not ours.
    """
    async with opened.database.begin() as connection:
        asked = _SQLITE if opened.database.dialect == "sqlite" else _POSTGRES + (_LASTING if lasting else ())
        for question, good in asked:
            await _demand(connection, question, good)
        drift = await connection.run_sync(schema_drift)
        if drift:
            raise LedgerBrokenError(
                f"The audit tables are not as they were installed: {drift[0]}.",
                advice="Stop all changes, find out who altered them, and run `countersign audit verify`.",
            )
        await opened.ledger.check(connection)


async def say(opened: OpenArchive, type: str, clock: Clock, **data: Json) -> None:
    """Append what became of this process: `writer.started` or `writer.stopped`."""
    actor: dict[str, Json] = {"kind": "system", "id": "serve", "auth": "process"}
    entry = NewEntry(id=new_ulid(clock.now()), type=type, actor=actor, data=data)
    async with opened.database.begin() as connection:
        await opened.ledger.append(connection, [entry], now=clock.now())
    opened.ledger.committed(connection)


async def _demand(connection: AsyncConnection, question: str, good: set[str]) -> None:
    answer = str((await connection.execute(text(question))).scalar())
    if answer not in good:
        setting = question.split()[1]
        raise AuditRefusedError(
            f"The database runs with {setting} = {answer}, so what it has taken could be lost or be seen late.",
            advice=f"Nothing was started. Set {setting} to {' or '.join(sorted(good))}.",
        )
