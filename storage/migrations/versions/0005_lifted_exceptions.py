"""Exceptions of drift can be lifted before they lapse: by whom and when."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    for name in ("lifted_at", "lifted_by"):
        op.add_column("drift_exception", sa.Column(name, sa.Text, nullable=True))
