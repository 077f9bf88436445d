"""Procrastinate's own schema, on Postgres only.

A later Procrastinate that changes its schema comes with a step here that applies its migration.
"""

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        connection.execution_options(no_parameters=True).exec_driver_sql(SchemaManager.get_schema())
