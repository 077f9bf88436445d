"""What every table of the archive shares: its metadata, and the checks and keys that many have."""

from collections.abc import Iterable
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, Index, LargeBinary, MetaData, column, table, text
from sqlmodel import SQLModel

METADATA = MetaData()


class Row(SQLModel):
    """What every table shares: the archive's own metadata."""

    metadata: ClassVar[MetaData] = METADATA


def one_of(name: str, values: Iterable[str]) -> CheckConstraint:
    """Return the check that a column holds one of these words."""
    listed = ", ".join(f"'{value}'" for value in sorted(values))
    return CheckConstraint(f"{name} IN ({listed})", name=f"ck_{name}_known")


def unique_where(name: str, *columns: str, where: str) -> Index:
    """Return a unique index over the rows that fit a condition."""
    return Index(name, *columns, unique=True, sqlite_where=text(where), postgresql_where=text(where))


def given(name: str) -> CheckConstraint:
    """Return the check that a text is not blank."""
    return CheckConstraint(f"length(trim({name})) > 0", name=f"ck_{name}_given")


def evidence_blob(dialect: str) -> Any:
    """Return the audit trail's table of snapshots, as this dialect names it."""
    columns = ("sha256", "media", "kind", "bytes", "created_at")
    return table(
        "evidence_blob",
        *(column(name) for name in columns),
        column("body", LargeBinary),
        schema="audit" if dialect == "postgresql" else None,
    )
