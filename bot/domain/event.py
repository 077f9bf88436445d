"""What every audit event has: its tag, what it holds, and the sentence a person reads.

A tag never changes meaning. Fields named in `PRIVATE` are free or personal text: the trail holds a salted commitment
of them, and the text itself lives where it can be erased. Fields named in `PEOPLE` hold ids of people.
"""

from dataclasses import dataclass, fields
from typing import ClassVar

from bot.domain.json import Json


@dataclass(frozen=True, kw_only=True)
class AuditEvent:
    """What every event has: the change it is about (may be empty) and the Azure resource (may be empty)."""

    tag: ClassVar[str]
    PRIVATE: ClassVar[frozenset[str]] = frozenset()
    PEOPLE: ClassVar[frozenset[str]] = frozenset()

    change: str = ""
    resource: str = ""

    def data(self) -> dict[str, Json]:
        """Return what the entry says in clear, keyed by field name."""
        hidden = {"change", "resource", "evidence"} | self.PRIVATE
        return {item.name: getattr(self, item.name) for item in fields(self) if item.name not in hidden}

    def private(self) -> dict[str, str]:
        """Return the texts of which the trail holds only a commitment."""
        return {name: str(getattr(self, name)) for name in self.PRIVATE if getattr(self, name)}

    def sentence(self) -> str:
        """Return the event as one sentence without its actor: `approved CHG-1`."""
        raise NotImplementedError
