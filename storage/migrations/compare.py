"""What of a database belongs to this history."""

from typing import Any


def is_ours(_object: Any, name: str | None, kind: str, _reflected: object, _other: Any) -> bool:
    """Return whether Alembic may compare it: the trail's tables and Procrastinate's are not ours."""
    return not (kind == "table" and (name or "").startswith(("audit_", "evidence_blob", "procrastinate_")))
