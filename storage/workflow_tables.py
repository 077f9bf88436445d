"""The tables around a change: freezes of the chat, comments, revisions, notices, and what was seen in Azure."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Text
from sqlmodel import Field

from storage.columns import CanonicalJson, Names, UtcTime
from storage.table_base import Row, given


class FreezeRow(Row, table=True):
    """A freeze that somebody added in chat; only chat lifts it."""

    __tablename__ = "freeze"
    __table_args__ = (given("reason"), {"sqlite_autoincrement": True})

    number: int | None = Field(default=None, primary_key=True)
    reason: str = Field(sa_type=Text)
    start_at: datetime = Field(sa_type=UtcTime)
    end_at: datetime = Field(sa_type=UtcTime)
    targets: frozenset[str] = Field(sa_type=Names)
    by: str = Field(sa_type=Text)
    at: datetime = Field(sa_type=UtcTime)
    lifted_by: str = Field(sa_type=Text)
    lifted_at: datetime | None = Field(sa_type=UtcTime)
    lifted_why: str = Field(sa_type=Text)


class CommentRow(Row, table=True):
    """What somebody said about a change, without deciding it."""

    __tablename__ = "change_comment"
    __table_args__ = (given("words"),)

    number: int = Field(primary_key=True, foreign_key="change.number")
    n: int = Field(primary_key=True)
    revision: int
    person: str = Field(sa_type=Text)
    at: datetime = Field(sa_type=UtcTime)
    words: str = Field(sa_type=Text)


class RevisionRow(Row, table=True):
    """A revision as it was submitted, so that the next can be set beside it."""

    __tablename__ = "change_revision"

    number: int = Field(primary_key=True, foreign_key="change.number")
    revision: int = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcTime)
    request: Any = Field(sa_type=CanonicalJson, nullable=False)
    plan: Any = Field(sa_type=CanonicalJson, nullable=False)


class NoticeRow(Row, table=True):
    """How often a person was told of a thing, when last, and in which message."""

    __tablename__ = "notice"

    about: str = Field(primary_key=True, sa_type=Text)
    person: str = Field(primary_key=True, sa_type=Text)
    kind: str = Field(primary_key=True, sa_type=Text)
    times: int
    last_at: datetime = Field(sa_type=UtcTime)
    channel: str = Field(sa_type=Text)
    ts: str = Field(sa_type=Text)


class SightingRow(Row, table=True):
    """The state a deployment was last seen in, as far as it is explained."""

    __tablename__ = "sighting"

    arm_id: str = Field(primary_key=True, sa_type=Text)
    target: str = Field(sa_type=Text)
    state: Any = Field(sa_type=CanonicalJson, nullable=False)
    since: datetime = Field(sa_type=UtcTime)
    seen_at: datetime = Field(sa_type=UtcTime)


class UnexplainedRow(Row, table=True):
    """A write that no change explains; `key` is why it is reported once."""

    __tablename__ = "unexplained"
    __table_args__ = (Index("ux_unexplained_key", "key", unique=True), {"sqlite_autoincrement": True})

    number: int | None = Field(default=None, primary_key=True)
    key: str = Field(sa_type=Text)
    arm_id: str = Field(sa_type=Text)
    target: str = Field(sa_type=Text)
    at: datetime = Field(sa_type=UtcTime)
    seen_at: datetime = Field(sa_type=UtcTime)
    caller: str = Field(sa_type=Text)
    operation: str = Field(sa_type=Text)
    correlation: str = Field(sa_type=Text)
    fields: Any = Field(sa_type=CanonicalJson, nullable=False)
    channel: str = Field(sa_type=Text)
    ts: str = Field(sa_type=Text)


class PermissionRow(Row, table=True):
    """What the executor's identity was last seen to be allowed on an account."""

    __tablename__ = "permission_observation"

    account: str = Field(primary_key=True, sa_type=Text)
    allowed: frozenset[str] = Field(sa_type=Names)
    observed_at: datetime = Field(sa_type=UtcTime)


class DueRow(Row, table=True):
    """When a look that comes again and again is next due, whichever replica takes it."""

    __tablename__ = "due"
    __table_args__ = (Index("ix_due_at", "at"),)

    name: str = Field(primary_key=True, sa_type=Text)
    at: datetime = Field(sa_type=UtcTime)
