"""How Alembic runs a step: on the connection `storage.migrate` hands over, inside its transaction."""

from typing import Any

from alembic import context

from storage.tables import METADATA


def include(_object: Any, name: str | None, kind: str, _reflected: object, _other: Any) -> bool:
    """Return whether Alembic may compare it: the trail's and Procrastinate's are not ours to change."""
    return not (kind == "table" and (name or "").startswith(("audit_", "evidence_blob", "procrastinate_")))


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    include_object=include,
)
with context.begin_transaction():
    context.run_migrations()
