"""Baselines, which are never lost, and exceptions of drift, which lapse."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

REFUSED = "append-only: baseline"
_POSTGRES = (
    f"""CREATE FUNCTION baseline_refuse() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN RAISE EXCEPTION '{REFUSED}' USING ERRCODE = 'integrity_constraint_violation'; END $$""",
    """CREATE TRIGGER baseline_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON baseline
FOR EACH STATEMENT EXECUTE FUNCTION baseline_refuse()""",
    "ALTER TABLE baseline ENABLE ALWAYS TRIGGER baseline_refuse",
)
_SQLITE = tuple(
    f"CREATE TRIGGER baseline_{verb.lower()} BEFORE {verb} ON baseline BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END"
    for verb in ("UPDATE", "DELETE")
)


def upgrade() -> None:
    op.create_table(
        "baseline",
        sa.Column("number", sa.Integer, primary_key=True),
        *_texts("arm_id", "target", "at", "kind", "by", "sha256", "change"),
        sa.CheckConstraint("kind IN ('apply', 'hand', 'rollback', 'submit')", name="ck_kind_known"),
        sa.CheckConstraint("length(sha256) = 64", name="ck_baseline_digest"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "drift_exception",
        sa.Column("number", sa.Integer, primary_key=True),
        *_texts("arm_id", "target", "field", "owner", "until", "reason", "by", "at"),
        *(
            sa.CheckConstraint(f"length(trim({name})) > 0", name=f"ck_{name}_given")
            for name in ("owner", "reason")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_baseline_of", "baseline", ["arm_id", "number"])
    op.create_index("ix_drift_exception_of", "drift_exception", ["arm_id", "number"])
    connection = op.get_bind()
    for statement in _POSTGRES if connection.dialect.name == "postgresql" else _SQLITE:
        connection.exec_driver_sql(statement)


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]
