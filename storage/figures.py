"""Figures of the archive as it is now: grouped counts, for whoever watches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Column, ColumnElement, func, select

from bot.domain.anchoring import contradicted
from bot.domain.change import ChangeState, Choice
from bot.domain.effect import Phase
from bot.domain.incident import IncidentState, Severity
from bot.domain.incident_review import USUAL, usual_times
from bot.domain.pairs import SINCE, frequent_pairs
from bot.ports.incidents import IncidentQuery
from storage.anchor_rows import AnchorRows
from storage.database import Database
from storage.decision_rows import DecisionRows
from storage.incident_rows import IncidentRows
from storage.queries import Queries
from storage.tables import CHANGE, EFFECT, INCIDENT_SNAPSHOT, VOTE

_MOST = 500
_OVER = (Phase.DONE, Phase.FAILED)


@dataclass(frozen=True)
class Figures:
    """How many changes are in each state, votes say what, steps on Azure ended how, reviews of glass are late.

    `pairs`: how many pairs of accounts often approve each other. `anchor_ages`: for how many seconds the oldest entry
    has waited for each kind of anchor; `anchors_against`: how many anchors prove the trail wrong. `incidents`: open
    ones by severity; `incident_seconds`: the median from declaration to each step in 90 days; no drill counts.
    `snapshots_waiting`: snapshots that are wanted and not taken.
    """

    changes: Mapping[str, int]
    decisions: Mapping[str, int]
    executions: Mapping[str, int]
    unreviewed: int | None = None
    pairs: int | None = None
    anchor_ages: Mapping[str, float] = field(default_factory=dict)
    anchors_against: int | None = None
    incidents: Mapping[str, int] = field(default_factory=dict)
    incident_seconds: Mapping[str, float] = field(default_factory=dict)
    snapshots_waiting: int | None = None


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
        rows = IncidentRows(connection)
        opened = await rows.incidents(IncidentQuery(state=IncidentState.OPEN, drills=False, limit=_MOST))
        late = now - USUAL
        past = await rows.incidents(IncidentQuery(declared_since=late, drills=False, limit=_MOST))
        waiting = await _count(queries, INCIDENT_SNAPSHOT.c.taken_at.is_(None))
    return Figures(
        {str(state): changes.get(state, 0) for state in ChangeState},
        {str(choice): decisions.get(choice, 0) for choice in Choice},
        {str(phase): executions.get(phase, 0) for phase in _OVER},
        unreviewed,
        len(frequent_pairs(given, {})),
        {state.kind: state.age(now).total_seconds() for state in states},
        len(contradicted(states)) if anchors else None,
        {str(severity): sum(each.severity is severity for each in opened) for severity in Severity},
        {step: span.total_seconds() for step, span in usual_times(past).items()},
        waiting,
    )


async def _unreviewed(queries: Queries, now: datetime) -> int:
    return await _count(
        queries, CHANGE.c.broke_glass_by != "", CHANGE.c.reviewed_by == "", CHANGE.c.review_due_at <= now
    )


async def _count(queries: Queries, *where: ColumnElement[bool]) -> int:
    """Return how many rows of the one table that the conditions are about fit all of them."""
    row = await queries.one(select(func.count().label("count")).where(*where))
    return 0 if row is None else int(row["count"])


async def _grouped(queries: Queries, by: Column[str]) -> Mapping[str, int]:
    rows = await queries.all(select(by.label("name"), func.count().label("count")).group_by(by))
    return {str(row["name"]): int(row["count"]) for row in rows}
