"""The tables of incidents."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Text
from sqlmodel import Field

from bot.domain.incident import ChannelState, IncidentSource, IncidentState, Severity
from storage.columns import CanonicalJson, Names, UtcTime
from storage.table_base import Row, given, one_of


class IncidentRow(Row, table=True):
    """An incident as it stands."""

    __tablename__ = "incident"
    __table_args__ = (
        given("title"),
        one_of("severity", Severity),
        one_of("state", IncidentState),
        one_of("source", IncidentSource),
        one_of("channel_state", ChannelState),
        Index("ix_incident_snapshot", "state", "next_snapshot_at"),
        Index("ix_incident_update", "state", "next_update_at"),
        Index("ix_incident_channel", "channel"),
        {"sqlite_autoincrement": True},
    )

    number: int | None = Field(default=None, primary_key=True)
    title: str = Field(sa_type=Text)
    severity: str = Field(sa_type=Text)
    targets: frozenset[str] = Field(sa_type=Names)
    declared_by: str = Field(sa_type=Text)
    declared_at: datetime = Field(sa_type=UtcTime)
    began_at: datetime = Field(sa_type=UtcTime)
    source: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    lead: str = Field(sa_type=Text)
    roles: Any = Field(sa_type=CanonicalJson, nullable=False)
    drill: bool
    origin: str = Field(sa_type=Text)
    channel: str = Field(sa_type=Text)
    channel_name: str = Field(sa_type=Text)
    channel_state: str = Field(sa_type=Text)
    is_own_channel: bool
    card_ts: str = Field(sa_type=Text)
    severity_at: datetime | None = Field(sa_type=UtcTime)
    lead_at: datetime | None = Field(sa_type=UtcTime)
    first_snapshot_at: datetime | None = Field(sa_type=UtcTime)
    next_snapshot_at: datetime | None = Field(sa_type=UtcTime)
    next_update_at: datetime | None = Field(sa_type=UtcTime)
    snoozed_until: datetime | None = Field(sa_type=UtcTime)
    nudges: int
    resolved_by: str = Field(sa_type=Text)
    resolved_at: datetime | None = Field(sa_type=UtcTime)
    resolution: str = Field(sa_type=Text)
    version: int


class IncidentSnapshotRow(Row, table=True):
    """A snapshot that is wanted, or taken."""

    __tablename__ = "incident_snapshot"
    __table_args__ = (Index("ux_incident_snapshot_occasion", "incident", "occasion", unique=True),)

    incident: int = Field(primary_key=True, foreign_key="incident.number")
    n: int = Field(primary_key=True)
    occasion: str = Field(sa_type=Text)
    wanted_at: datetime = Field(sa_type=UtcTime)
    sha256: str = Field(sa_type=Text)
    taken_at: datetime | None = Field(sa_type=UtcTime)
    summary: str = Field(sa_type=Text)
    ts: str = Field(sa_type=Text)


class TimelineRow(Row, table=True):
    """Something that happened in an incident; `key` is why it is written down once."""

    __tablename__ = "incident_entry"
    __table_args__ = (Index("ux_incident_entry_key", "incident", "key", unique=True),)

    incident: int = Field(primary_key=True, foreign_key="incident.number")
    n: int = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcTime)
    by: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    words: str = Field(sa_type=Text)
    key: str = Field(sa_type=Text)
    source_channel: str = Field(sa_type=Text)
    source_ts: str = Field(sa_type=Text)
    sha256: str = Field(sa_type=Text)
    files: Any = Field(sa_type=CanonicalJson, nullable=False)
    ts: str = Field(sa_type=Text)


class IncidentChangeRow(Row, table=True):
    """A change that belongs to an incident."""

    __tablename__ = "incident_change"

    incident: int = Field(primary_key=True, foreign_key="incident.number")
    change: int = Field(primary_key=True, foreign_key="change.number")
    by: str = Field(sa_type=Text)
    at: datetime = Field(sa_type=UtcTime)


class ConsentRow(Row, table=True):
    """The lead's consent to one revision and plan of a change."""

    __tablename__ = "incident_consent"

    incident: int = Field(primary_key=True, foreign_key="incident.number")
    change: int = Field(primary_key=True, foreign_key="change.number")
    revision: int = Field(primary_key=True)
    plan_digest: str = Field(primary_key=True, sa_type=Text)
    by: str = Field(primary_key=True, sa_type=Text)
    at: datetime = Field(sa_type=UtcTime)
