"""The tables of the archive, but for the audit trail's own.

Checks and unique keys stand here because the database is the last to be asked: what it refuses cannot happen.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, MetaData, Table, Text
from sqlmodel import Field

from bot.domain.change import OPEN_ON_ACCOUNT, RUNNING, ChangeState, ChangeType, Choice, Tier
from bot.domain.effect import Phase
from storage.baseline_tables import BaselineRow, DriftExceptionRow
from storage.columns import CanonicalJson, Names, UtcTime
from storage.incident_tables import (
    ConsentRow,
    IncidentChangeRow,
    IncidentRow,
    IncidentSnapshotRow,
    TimelineRow,
)
from storage.table_base import Row, given, one_of, unique_where
from storage.watch_tables import AlertRow, EpisodeRow
from storage.workflow_tables import (
    CommentRow,
    DueRow,
    FreezeRow,
    NoticeRow,
    PermissionRow,
    RevisionRow,
    SightingRow,
    UnexplainedRow,
)

METADATA: MetaData = Row.metadata
REQUIRED = ("owner", "ticket", "reason", "expected_cost", "validation_signal", "rollback_plan")


def _in(states: Iterable[ChangeState]) -> str:
    return f"state IN ({', '.join(repr(str(state)) for state in sorted(states))})"


class ChangeRow(Row, table=True):
    """A change request at its current revision."""

    __tablename__ = "change"
    __table_args__ = (
        *map(given, REQUIRED),
        one_of("state", ChangeState),
        one_of("type", ChangeType),
        one_of("tier", Tier),
        CheckConstraint("revision >= 1", name="ck_revision_counts"),
        CheckConstraint("quorum >= 0", name="ck_quorum_counts"),
        unique_where("ux_change_running_on_account", "account", where=_in(RUNNING)),
        unique_where("ux_change_open_on_deployment", "arm_id", where=_in(OPEN_ON_ACCOUNT)),
        Index("ix_change_expires", "state", "expires_at"),
        Index("ix_change_window", "state", "window_ends_at"),
        Index("ix_change_start", "state", "start_at"),
        Index("ix_change_review", "reviewed_by", "review_due_at"),
        {"sqlite_autoincrement": True},
    )

    number: int | None = Field(default=None, primary_key=True)
    revision: int
    state: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    target: str = Field(sa_type=Text, index=True)
    requester: str = Field(sa_type=Text, index=True)
    owner: str = Field(sa_type=Text)
    ticket: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)
    expected_cost: str = Field(sa_type=Text)
    validation_signal: str = Field(sa_type=Text)
    rollback_plan: str = Field(sa_type=Text)
    asked: Any = Field(sa_type=CanonicalJson, nullable=False)
    impact: frozenset[str] = Field(sa_type=Names)
    type: str = Field(sa_type=Text)
    environment: str = Field(sa_type=Text)
    account: str = Field(sa_type=Text, index=True)
    arm_id: str = Field(sa_type=Text)
    channel: str = Field(sa_type=Text)
    created_at: datetime = Field(sa_type=UtcTime)
    tier: str = Field(sa_type=Text)
    quorum: int
    plan: Any = Field(sa_type=CanonicalJson, nullable=True)
    plan_digest: str = Field(sa_type=Text)
    evidence: str = Field(sa_type=Text)
    evidence_at: datetime | None = Field(sa_type=UtcTime)
    submitted_at: datetime | None = Field(sa_type=UtcTime)
    expires_at: datetime | None = Field(sa_type=UtcTime)
    window_ends_at: datetime | None = Field(sa_type=UtcTime)
    executed_at: datetime | None = Field(sa_type=UtcTime)
    apply_asked_by: str = Field(sa_type=Text)
    rollback_asked_by: str = Field(sa_type=Text)
    decided_by: str = Field(sa_type=Text)
    note: str = Field(sa_type=Text)
    outcome: Any = Field(sa_type=CanonicalJson, nullable=False)
    card_ts: str = Field(sa_type=Text)
    view_id: str = Field(sa_type=Text)
    start_at: datetime | None = Field(sa_type=UtcTime)
    review_due_at: datetime | None = Field(sa_type=UtcTime)
    origin: str = Field(sa_type=Text, sa_column_kwargs={"server_default": ""})
    incident: str = Field(sa_type=Text, sa_column_kwargs={"server_default": ""})
    template: str = Field(sa_type=Text, sa_column_kwargs={"server_default": ""})
    rollback_trigger: str = Field(sa_type=Text, sa_column_kwargs={"server_default": ""})
    broke_glass_by: str = Field(sa_type=Text, sa_column_kwargs={"server_default": ""})
    reviewed_by: str = Field(sa_type=Text, sa_column_kwargs={"server_default": ""})


class VoteRow(Row, table=True):
    """One person's word on one revision: the primary key is why nobody votes twice."""

    __tablename__ = "vote"
    __table_args__ = (one_of("choice", Choice),)

    number: int = Field(primary_key=True, foreign_key="change.number")
    revision: int = Field(primary_key=True)
    person: str = Field(primary_key=True, sa_type=Text)
    choice: str = Field(sa_type=Text)
    groups: frozenset[str] = Field(sa_type=Names)
    plan_digest: str = Field(sa_type=Text)
    policy_digest: str = Field(sa_type=Text)
    at: datetime = Field(sa_type=UtcTime)
    expires_at: datetime = Field(sa_type=UtcTime)
    reason: str = Field(sa_type=Text)


class EffectRow(Row, table=True):
    """The journal of calls to Azure, one row a step."""

    __tablename__ = "effect"
    __table_args__ = (one_of("phase", Phase),)

    number: int = Field(primary_key=True, foreign_key="change.number")
    revision: int = Field(primary_key=True)
    step: str = Field(primary_key=True, sa_type=Text)
    phase: str = Field(sa_type=Text)
    at: datetime = Field(sa_type=UtcTime)
    fence: int
    correlation: str = Field(sa_type=Text)
    poll: Any = Field(sa_type=CanonicalJson, nullable=False)
    operation_id: str = Field(sa_type=Text)
    why: str = Field(sa_type=Text)


class ReceiptRow(Row, table=True):
    """A delivery that was accepted, and what was answered."""

    __tablename__ = "receipt"

    key: str = Field(primary_key=True, sa_type=Text)
    at: datetime = Field(sa_type=UtcTime, index=True)
    answer: str = Field(sa_type=Text)


class QuestionRow(Row, table=True):
    """A read someone waits for; its number is never used again."""

    __tablename__ = "question"
    __table_args__ = ({"sqlite_autoincrement": True},)

    number: int | None = Field(default=None, primary_key=True)
    verb: str = Field(sa_type=Text)
    words: Any = Field(sa_type=CanonicalJson, nullable=False)
    user: str = Field(sa_type=Text)
    team: str = Field(sa_type=Text)
    channel: str = Field(sa_type=Text)
    asked_at: datetime = Field(sa_type=UtcTime)
    ref: str = Field(sa_type=Text)
    response_url: str = Field(sa_type=Text)
    share: bool


class PersonRow(Row, table=True):
    """What the directory last said of a person."""

    __tablename__ = "person_observation"

    user: str = Field(primary_key=True, sa_type=Text)
    full_member: bool
    groups: frozenset[str] = Field(sa_type=Names)
    observed_at: datetime | None = Field(sa_type=UtcTime)
    why_not: str = Field(sa_type=Text)
    entra_oid: str = Field(sa_type=Text)
    tz: str = Field(sa_type=Text, sa_column_kwargs={"server_default": ""})
    tz_offset: int = Field(sa_column_kwargs={"server_default": "0"})


class GroupRow(Row, table=True):
    """Who was last seen in a user group."""

    __tablename__ = "group_observation"

    usergroup: str = Field(primary_key=True, sa_type=Text)
    users: frozenset[str] = Field(sa_type=Names)
    observed_at: datetime = Field(sa_type=UtcTime)


class JobRow(Row, table=True):
    """A job of the embedded runner; beside Procrastinate, only its dead letters."""

    __tablename__ = "job"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'running', 'dead')", name="ck_job_state_known"),
        unique_where("ux_job_waiting", "kind", "key", where="state = 'waiting'"),
        unique_where("ux_job_running", "kind", "key", where="state = 'running'"),
        Index("ix_job_due", "state", "run_at"),
        {"sqlite_autoincrement": True},
    )

    id: int | None = Field(default=None, primary_key=True)
    kind: str = Field(sa_type=Text)
    key: str = Field(sa_type=Text)
    run_at: datetime = Field(sa_type=UtcTime)
    attempts: int
    state: str = Field(sa_type=Text)
    last_error: str = Field(sa_type=Text)


CHANGE: Table = METADATA.tables["change"]
VOTE: Table = METADATA.tables["vote"]
EFFECT: Table = METADATA.tables["effect"]
RECEIPT: Table = METADATA.tables["receipt"]
QUESTION: Table = METADATA.tables["question"]
PERSON: Table = METADATA.tables["person_observation"]
GROUP: Table = METADATA.tables["group_observation"]
BASELINE: Table = METADATA.tables[str(BaselineRow.__tablename__)]
DRIFT_EXCEPTION: Table = METADATA.tables[str(DriftExceptionRow.__tablename__)]
JOB: Table = METADATA.tables["job"]
FREEZE: Table = METADATA.tables[str(FreezeRow.__tablename__)]
COMMENT: Table = METADATA.tables[str(CommentRow.__tablename__)]
REVISION: Table = METADATA.tables[str(RevisionRow.__tablename__)]
NOTICE: Table = METADATA.tables[str(NoticeRow.__tablename__)]
SIGHTING: Table = METADATA.tables[str(SightingRow.__tablename__)]
UNEXPLAINED: Table = METADATA.tables[str(UnexplainedRow.__tablename__)]
PERMISSION: Table = METADATA.tables[str(PermissionRow.__tablename__)]
DUE: Table = METADATA.tables[str(DueRow.__tablename__)]
INCIDENT: Table = METADATA.tables[str(IncidentRow.__tablename__)]
INCIDENT_SNAPSHOT: Table = METADATA.tables[str(IncidentSnapshotRow.__tablename__)]
INCIDENT_ENTRY: Table = METADATA.tables[str(TimelineRow.__tablename__)]
INCIDENT_CHANGE: Table = METADATA.tables[str(IncidentChangeRow.__tablename__)]
CONSENT: Table = METADATA.tables[str(ConsentRow.__tablename__)]
ALERT: Table = METADATA.tables[str(AlertRow.__tablename__)]
EPISODE: Table = METADATA.tables[str(EpisodeRow.__tablename__)]
