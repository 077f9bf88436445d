"""Alerts of Azure Monitor, and the episodes of trouble that the watch finds."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

SIGNS = (
    *("abnormal_latency", "capacity_pressure", "content_filter_spike", "deployment_failures"),
    *("failed_operations", "query_errors", "quota_exhaustion", "restore_gaps"),
)


def upgrade() -> None:
    op.create_table(
        "alert",
        sa.Column("number", sa.Integer, primary_key=True),
        *_texts("alert_id", "condition", "rule", "severity", "at", "resources", "deployment", "figure"),
        *_texts("correlation", "targets"),
        sa.Column("incident", sa.Integer, nullable=False),
        _one_of("condition", "Fired", "Resolved"),
        sqlite_autoincrement=True,
    )
    op.create_index("ux_alert_heard", "alert", ["alert_id", "condition"], unique=True)
    op.create_table(
        "episode",
        sa.Column("number", sa.Integer, primary_key=True),
        *_texts("sign", "target", "began_at", "seen_at", "words", "figures"),
        sa.Column("looks", sa.Integer, nullable=False),
        sa.Column("fired_at", sa.Text, nullable=True),
        sa.Column("ended_at", sa.Text, nullable=True),
        sa.Column("incident", sa.Integer, nullable=False),
        *_texts("channel", "ts"),
        _one_of("sign", *SIGNS),
        sqlite_autoincrement=True,
    )
    lasts = sa.text("ended_at IS NULL")
    op.create_index(
        "ux_episode_lasts",
        "episode",
        ["sign", "target"],
        unique=True,
        sqlite_where=lasts,
        postgresql_where=lasts,
    )


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _one_of(name: str, *words: str) -> sa.CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return sa.CheckConstraint(f"{name} IN ({listed})", name=f"ck_{name}_known")
