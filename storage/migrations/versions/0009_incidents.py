"""Incidents: what stands, what was seen, what happened, which changes belong to one, what its lead agreed to."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

SEVERITIES = ("SEV1", "SEV2", "SEV3", "SEV4")
SOURCES = ("alert", "channel", "chat", "unapproved", "watch")


def upgrade() -> None:
    _incident()
    _snapshots_and_timeline()
    _changes()


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _maybe(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=True) for name in names]


def _one_of(name: str, *words: str) -> sa.CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return sa.CheckConstraint(f"{name} IN ({listed})", name=f"ck_{name}_known")


def _key(name: str, of: str = "") -> sa.Column[int]:
    refers = [sa.ForeignKey(f"{of}.number")] if of else []
    return sa.Column(name, sa.Integer, *refers, primary_key=True, autoincrement=False)


def _incident() -> None:
    op.create_table(
        "incident",
        sa.Column("number", sa.Integer, primary_key=True),
        *_texts("title", "severity", "targets", "declared_by", "declared_at", "began_at", "source", "state"),
        *_texts("lead", "roles"),
        sa.Column("drill", sa.Boolean, nullable=False),
        *_texts("origin", "channel", "channel_name", "channel_state"),
        sa.Column("is_own_channel", sa.Boolean, nullable=False),
        *_texts("card_ts"),
        *_maybe("severity_at", "lead_at", "first_snapshot_at", "next_snapshot_at", "next_update_at"),
        *_maybe("snoozed_until"),
        sa.Column("nudges", sa.Integer, nullable=False),
        *_texts("resolved_by"),
        *_maybe("resolved_at"),
        *_texts("resolution"),
        sa.Column("version", sa.Integer, nullable=False),
        sa.CheckConstraint("length(trim(title)) > 0", name="ck_title_given"),
        _one_of("severity", *SEVERITIES),
        _one_of("state", "open", "resolved"),
        _one_of("source", *SOURCES),
        _one_of("channel_state", "archived", "gone", "open", "pending"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_incident_snapshot", "incident", ["state", "next_snapshot_at"])
    op.create_index("ix_incident_update", "incident", ["state", "next_update_at"])
    op.create_index("ix_incident_channel", "incident", ["channel"])


def _snapshots_and_timeline() -> None:
    op.create_table(
        "incident_snapshot",
        _key("incident", "incident"),
        _key("n"),
        *_texts("occasion", "wanted_at", "sha256"),
        *_maybe("taken_at"),
        *_texts("summary", "ts"),
    )
    op.create_index(
        "ux_incident_snapshot_occasion", "incident_snapshot", ["incident", "occasion"], unique=True
    )
    op.create_table(
        "incident_entry",
        _key("incident", "incident"),
        _key("n"),
        *_texts("at", "by", "kind", "words", "key", "source_channel", "source_ts", "sha256", "files", "ts"),
    )
    op.create_index("ux_incident_entry_key", "incident_entry", ["incident", "key"], unique=True)


def _changes() -> None:
    op.create_table(
        "incident_change", _key("incident", "incident"), _key("change", "change"), *_texts("by", "at")
    )
    op.create_table(
        "incident_consent",
        _key("incident", "incident"),
        _key("change", "change"),
        _key("revision"),
        sa.Column("plan_digest", sa.Text, primary_key=True),
        sa.Column("by", sa.Text, primary_key=True),
        *_texts("at"),
    )
