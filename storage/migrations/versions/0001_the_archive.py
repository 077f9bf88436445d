"""Changes, votes, effects, receipts, questions, observations and jobs."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

REQUIRED = ("owner", "ticket", "reason", "expected_cost", "validation_signal", "rollback_plan")
STATES = (
    *("approved", "awaiting_attestation", "changes_requested", "closed", "draft", "executing", "expired"),
    *("failed", "pending_approval", "rejected", "rolled_back", "rolling_back", "scheduled", "superseded"),
    *("verifying", "withdrawn"),
)
OPEN = "state IN ('executing', 'rolling_back', 'verifying')"


def upgrade() -> None:
    _changes()
    _decisions()
    _deliveries()
    _observations()
    _jobs()


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _maybe(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=True) for name in names]


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, primary_key=True)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False)


def _one_of(name: str, *values: str) -> sa.CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{name} IN ({listed})", name=f"ck_{name}_known")


def _changes() -> None:
    op.create_table(
        "change",
        sa.Column("number", sa.Integer, primary_key=True),
        _number("revision"),
        *_texts("state", "kind", "target", "requester", *REQUIRED, "asked", "impact", "type"),
        *_texts("environment", "account", "arm_id", "channel", "created_at", "tier"),
        _number("quorum"),
        *_maybe("plan"),
        *_texts("plan_digest", "evidence"),
        *_maybe("evidence_at", "submitted_at", "expires_at", "window_ends_at", "executed_at"),
        *_texts("apply_asked_by", "rollback_asked_by", "decided_by", "note", "outcome", "card_ts", "view_id"),
        *(sa.CheckConstraint(f"length(trim({name})) > 0", name=f"ck_{name}_given") for name in REQUIRED),
        _one_of("state", *STATES),
        _one_of("type", "emergency", "normal", "standard"),
        _one_of("tier", "critical", "emergency", "high", "normal", "standard"),
        sa.CheckConstraint("revision >= 1", name="ck_revision_counts"),
        sa.CheckConstraint("quorum >= 0", name="ck_quorum_counts"),
        sqlite_autoincrement=True,
    )
    for name in ("target", "requester", "account"):
        op.create_index(f"ix_change_{name}", "change", [name])
    op.create_index("ix_change_expires", "change", ["state", "expires_at"])
    op.create_index("ix_change_window", "change", ["state", "window_ends_at"])
    _unique_where("ux_change_open_on_account", "change", ["account"], OPEN)


def _unique_where(name: str, table: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, unique=True, sqlite_where=condition, postgresql_where=condition)


def _decisions() -> None:
    op.create_table(
        "vote",
        sa.Column("number", sa.Integer, sa.ForeignKey("change.number"), primary_key=True),
        sa.Column("revision", sa.Integer, primary_key=True),
        _key("person"),
        *_texts("choice", "groups", "plan_digest", "policy_digest", "at", "expires_at", "reason"),
        _one_of("choice", "approve", "reject", "request_changes"),
    )
    op.create_table(
        "effect",
        sa.Column("number", sa.Integer, sa.ForeignKey("change.number"), primary_key=True),
        sa.Column("revision", sa.Integer, primary_key=True),
        _key("step"),
        *_texts("phase", "at"),
        _number("fence"),
        *_texts("correlation", "poll", "operation_id", "why"),
        _one_of("phase", "accepted", "done", "failed", "intended", "unknown"),
    )


def _deliveries() -> None:
    op.create_table("receipt", _key("key"), *_texts("at", "answer"))
    op.create_index("ix_receipt_at", "receipt", ["at"])
    op.create_table(
        "question",
        sa.Column("number", sa.Integer, primary_key=True),
        *_texts("verb", "words", "user", "team", "channel", "asked_at", "ref", "response_url"),
        sa.Column("share", sa.Boolean, nullable=False),
        sqlite_autoincrement=True,
    )


def _observations() -> None:
    op.create_table(
        "person_observation",
        _key("user"),
        sa.Column("full_member", sa.Boolean, nullable=False),
        *_texts("groups", "why_not", "entra_oid"),
        *_maybe("observed_at"),
    )
    op.create_table("group_observation", _key("usergroup"), *_texts("users", "observed_at"))


def _jobs() -> None:
    op.create_table(
        "job",
        sa.Column("id", sa.Integer, primary_key=True),
        *_texts("kind", "key", "run_at"),
        _number("attempts"),
        *_texts("state", "last_error"),
        sa.CheckConstraint("state IN ('waiting', 'running', 'dead')", name="ck_job_state_known"),
        sqlite_autoincrement=True,
    )
    _unique_where("ux_job_waiting", "job", ["kind", "key"], "state = 'waiting'")
    _unique_where("ux_job_running", "job", ["kind", "key"], "state = 'running'")
    op.create_index("ix_job_due", "job", ["state", "run_at"])
