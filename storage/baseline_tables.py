"""The tables of baselines and of exceptions of drift."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, Text
from sqlmodel import Field

from bot.domain.baseline import Kept
from storage.columns import UtcTime
from storage.table_base import Row, given, one_of


class BaselineRow(Row, table=True):
    """A baseline that is kept for ever: a trigger refuses to change or delete one."""

    __tablename__ = "baseline"
    __table_args__ = (
        one_of("kind", Kept),
        CheckConstraint("length(sha256) = 64", name="ck_baseline_digest"),
        Index("ix_baseline_of", "arm_id", "number"),
        {"sqlite_autoincrement": True},
    )

    number: int | None = Field(default=None, primary_key=True)
    arm_id: str = Field(sa_type=Text)
    target: str = Field(sa_type=Text)
    at: datetime = Field(sa_type=UtcTime)
    kind: str = Field(sa_type=Text)
    by: str = Field(sa_type=Text)
    sha256: str = Field(sa_type=Text)
    change: str = Field(sa_type=Text)


class DriftExceptionRow(Row, table=True):
    """A field that may differ until a time, or until somebody lifts the exception."""

    __tablename__ = "drift_exception"
    __table_args__ = (
        given("owner"),
        given("reason"),
        Index("ix_drift_exception_of", "arm_id", "number"),
        {"sqlite_autoincrement": True},
    )

    number: int | None = Field(default=None, primary_key=True)
    arm_id: str = Field(sa_type=Text)
    target: str = Field(sa_type=Text)
    field: str = Field(sa_type=Text)
    owner: str = Field(sa_type=Text)
    until: datetime = Field(sa_type=UtcTime)
    reason: str = Field(sa_type=Text)
    by: str = Field(sa_type=Text)
    at: datetime = Field(sa_type=UtcTime)
    lifted_at: datetime | None = Field(sa_type=UtcTime)
    lifted_by: str | None = Field(sa_type=Text, nullable=True)
