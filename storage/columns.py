"""Column types that read the same on SQLite and Postgres: times, canonical JSON, sets of names."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Dialect, Text, TypeDecorator

from bot.domain.json import canonical


class UtcTime(TypeDecorator[datetime]):
    """An aware UTC time as ISO 8601 text of fixed width: text order is time order on both databases."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        """Return the text of the time; refuse a time that does not say its zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored time must be aware")
        return value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        """Return the time, aware, UTC."""
        return None if value is None else datetime.fromisoformat(value)


class CanonicalJson(TypeDecorator[Any]):
    """JSON as its canonical text, so that equal documents are equal text and can be compared in SQL."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any | None, dialect: Dialect) -> str | None:
        """Return the canonical text."""
        return None if value is None else canonical(value).decode()

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Any | None:
        """Return the document."""
        return None if value is None else json.loads(value)


class Names(TypeDecorator[frozenset[str]]):
    """A set of names as a sorted canonical JSON list."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Iterable[str] | None, dialect: Dialect) -> str | None:
        """Return the sorted list as text."""
        return None if value is None else canonical(sorted(value)).decode()

    def process_result_value(self, value: Any | None, dialect: Dialect) -> frozenset[str] | None:
        """Return the set."""
        return None if value is None else frozenset(json.loads(value))
