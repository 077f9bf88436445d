"""The tables of alerts, and of what the watch finds."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Text
from sqlmodel import Field

from bot.domain.alert import AlertCondition
from bot.domain.signs import Sign
from storage.columns import CanonicalJson, Names, UtcTime
from storage.table_base import Row, one_of, unique_where


class AlertRow(Row, table=True):
    """An alert of Azure Monitor, once as it fired and once as it was resolved."""

    __tablename__ = "alert"
    __table_args__ = (
        one_of("condition", AlertCondition),
        Index("ux_alert_heard", "alert_id", "condition", unique=True),
        {"sqlite_autoincrement": True},
    )

    number: int | None = Field(default=None, primary_key=True)
    alert_id: str = Field(sa_type=Text)
    condition: str = Field(sa_type=Text)
    rule: str = Field(sa_type=Text)
    severity: str = Field(sa_type=Text)
    at: datetime = Field(sa_type=UtcTime)
    resources: Any = Field(sa_type=CanonicalJson, nullable=False)
    deployment: str = Field(sa_type=Text)
    figure: str = Field(sa_type=Text)
    correlation: str = Field(sa_type=Text)
    targets: frozenset[str] = Field(sa_type=Names)
    incident: int


class EpisodeRow(Row, table=True):
    """What a rule of the watch found on a target; one of each lasts at a time."""

    __tablename__ = "episode"
    __table_args__ = (
        one_of("sign", Sign),
        unique_where("ux_episode_lasts", "sign", "target", where="ended_at IS NULL"),
        {"sqlite_autoincrement": True},
    )

    number: int | None = Field(default=None, primary_key=True)
    sign: str = Field(sa_type=Text)
    target: str = Field(sa_type=Text)
    began_at: datetime = Field(sa_type=UtcTime)
    seen_at: datetime = Field(sa_type=UtcTime)
    words: str = Field(sa_type=Text)
    figures: Any = Field(sa_type=CanonicalJson, nullable=False)
    looks: int
    fired_at: datetime | None = Field(sa_type=UtcTime)
    ended_at: datetime | None = Field(sa_type=UtcTime)
    incident: int
    channel: str = Field(sa_type=Text)
    ts: str = Field(sa_type=Text)
