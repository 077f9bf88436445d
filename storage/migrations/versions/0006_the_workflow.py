"""Schedules, emergencies, freezes of the chat, comments, notices, what the detector saw, what the executor may."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    for name in ("start_at", "review_due_at"):
        op.add_column("change", sa.Column(name, sa.Text, nullable=True))
    for name in ("origin", "incident", "template", "broke_glass_by", "reviewed_by", "rollback_trigger"):
        op.add_column("change", sa.Column(name, sa.Text, nullable=False, server_default=""))
    op.add_column("person_observation", sa.Column("tz", sa.Text, nullable=False, server_default=""))
    op.add_column(
        "person_observation", sa.Column("tz_offset", sa.Integer, nullable=False, server_default="0")
    )
    op.create_index("ix_change_start", "change", ["state", "start_at"])
    op.create_index("ix_change_review", "change", ["reviewed_by", "review_due_at"])
    _freezes()
    _words()
    _sightings()


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _maybe(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=True) for name in names]


def _keys(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, primary_key=True) for name in names]


def _numbers(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer, primary_key=True, autoincrement=False) for name in names]


def _given(name: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(f"length(trim({name})) > 0", name=f"ck_{name}_given")


def _freezes() -> None:
    op.create_table(
        "freeze",
        sa.Column("number", sa.Integer, primary_key=True),
        *_texts("reason", "start_at", "end_at", "targets", "by", "at", "lifted_by"),
        *_maybe("lifted_at"),
        *_texts("lifted_why"),
        _given("reason"),
        sqlite_autoincrement=True,
    )


def _words() -> None:
    op.create_table(
        "change_comment",
        *_numbers("number", "n"),
        sa.Column("revision", sa.Integer, nullable=False),
        *_texts("person", "at", "words"),
        _given("words"),
        sa.ForeignKeyConstraint(["number"], ["change.number"]),
    )
    op.create_table(
        "change_revision",
        *_numbers("number", "revision"),
        *_texts("at", "request", "plan"),
        sa.ForeignKeyConstraint(["number"], ["change.number"]),
    )
    op.create_table(
        "notice",
        *_keys("about"),
        *_keys("person", "kind"),
        sa.Column("times", sa.Integer, nullable=False),
        *_texts("last_at", "channel", "ts"),
    )


def _sightings() -> None:
    op.create_table("sighting", *_keys("arm_id"), *_texts("target", "state", "since", "seen_at"))
    op.create_table(
        "unexplained",
        sa.Column("number", sa.Integer, primary_key=True),
        *_texts("key", "arm_id", "target", "at", "seen_at", "caller", "operation", "correlation", "fields"),
        *_texts("channel", "ts"),
        sqlite_autoincrement=True,
    )
    op.create_index("ux_unexplained_key", "unexplained", ["key"], unique=True)
    op.create_table("permission_observation", *_keys("account"), *_texts("allowed", "observed_at"))
    op.create_table("due", *_keys("name"), *_texts("at"))
    op.create_index("ix_due_at", "due", ["at"])
