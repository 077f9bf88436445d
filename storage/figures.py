"""Figures of the archive as it is now: grouped counts, for whoever watches."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Column, func, select

from bot.domain.change import ChangeState, Choice
from bot.domain.effect import Phase
from storage.database import Database
from storage.queries import Queries
from storage.tables import CHANGE, EFFECT, VOTE

_OVER = (Phase.DONE, Phase.FAILED)


@dataclass(frozen=True)
class Figures:
    """How many changes are in each state, votes say what, and steps on Azure ended how."""

    changes: Mapping[str, int]
    decisions: Mapping[str, int]
    executions: Mapping[str, int]


async def read_figures(database: Database) -> Figures:
    """Return the figures of now; nothing is written.

    Raises:
        AuditBusyError: the database does not answer.
    """
    async with database.read() as connection:
        queries = Queries(connection)
        changes = await _grouped(queries, CHANGE.c.state)
        decisions = await _grouped(queries, VOTE.c.choice)
        executions = await _grouped(queries, EFFECT.c.phase)
    return Figures(
        {str(state): changes.get(state, 0) for state in ChangeState},
        {str(choice): decisions.get(choice, 0) for choice in Choice},
        {str(phase): executions.get(phase, 0) for phase in _OVER},
    )


async def _grouped(queries: Queries, by: Column[str]) -> Mapping[str, int]:
    rows = await queries.all(select(by.label("name"), func.count().label("count")).group_by(by))
    return {str(row["name"]): int(row["count"]) for row in rows}
