"""One change runs on an account at a time; on each deployment one is open, so an emergency can pass a validation."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.drop_index("ux_change_open_on_account", table_name="change", if_exists=True)
    _unique("ux_change_running_on_account", "account", "state IN ('executing', 'rolling_back')")
    _unique("ux_change_open_on_deployment", "arm_id", "state IN ('executing', 'rolling_back', 'verifying')")


def _unique(name: str, column: str, where: str) -> None:
    condition = sa.text(where)
    op.create_index(
        name,
        "change",
        [column],
        unique=True,
        if_not_exists=True,
        sqlite_where=condition,
        postgresql_where=condition,
    )
