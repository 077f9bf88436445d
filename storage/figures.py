"""Figures of the archive as it is now: grouped counts, for whoever watches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Column, func, select

from bot.domain.anchoring import contradicted
from bot.domain.change import ChangeState, Choice
from bot.domain.effect import Phase
from bot.domain.pairs import SINCE, frequent_pairs
from storage.anchor_rows import AnchorRows
from storage.database import Database
from storage.decision_rows import DecisionRows
from storage.queries import Queries
from storage.tables import CHANGE, EFFECT, VOTE

_OVER = (Phase.DONE, Phase.FAILED)


@dataclass(frozen=True)
class Figures:
    """How many changes are in each state, votes say what, steps on Azure ended how, reviews of glass are late.

    `pairs`: how many pairs of accounts often approve each other. `anchor_ages`: for how many seconds the oldest entry
    has waited for each kind of anchor; `anchors_against`: how many anchors prove the trail wrong.
    """

    changes: Mapping[str, int]
    decisions: Mapping[str, int]
    executions: Mapping[str, int]
    unreviewed: int | None = None
    pairs: int | None = None
    anchor_ages: Mapping[str, float] = field(default_factory=dict)
    anchors_against: int | None = None


async def read_figures(database: Database, now: datetime, anchors: Sequence[str] = ()) -> Figures:
    """Return the figures of now; nothing is written.

    Raises:
        AuditBusyError: the database does not answer.
    """
    async with database.read() as connection:
        queries = DecisionRows(connection)
        changes = await _grouped(queries, CHANGE.c.state)
        decisions = await _grouped(queries, VOTE.c.choice)
        executions = await _grouped(queries, EFFECT.c.phase)
        unreviewed = await _unreviewed(queries, now)
        given = await queries.approvals_since(now - SINCE)
        states = await AnchorRows(connection).anchor_states(anchors)
    return Figures(
        {str(state): changes.get(state, 0) for state in ChangeState},
        {str(choice): decisions.get(choice, 0) for choice in Choice},
        {str(phase): executions.get(phase, 0) for phase in _OVER},
        unreviewed,
        len(frequent_pairs(given, {})),
        {state.kind: state.age(now).total_seconds() for state in states},
        len(contradicted(states)) if anchors else None,
    )


async def _unreviewed(queries: Queries, now: datetime) -> int:
    late = (CHANGE.c.broke_glass_by != "", CHANGE.c.reviewed_by == "", CHANGE.c.review_due_at <= now)
    row = await queries.one(select(func.count().label("count")).select_from(CHANGE).where(*late))
    return 0 if row is None else int(row["count"])


async def _grouped(queries: Queries, by: Column[str]) -> Mapping[str, int]:
    rows = await queries.all(select(by.label("name"), func.count().label("count")).group_by(by))
    return {str(row["name"]): int(row["count"]) for row in rows}
