"""How Alembic runs a step: on the connection `storage.engine` hands over, inside its transaction."""

from alembic import context

from storage.migrations.compare import is_ours
from storage.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    include_object=is_ours,
)
with context.begin_transaction():
    context.run_migrations()
