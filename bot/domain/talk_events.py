"""Audit events of talking about a change."""

from dataclasses import dataclass
from typing import ClassVar

from bot.domain.event import AuditEvent


@dataclass(frozen=True, kw_only=True)
class ChangeCommented(AuditEvent):
    """Somebody commented; the trail holds a commitment of the text, never the text."""

    tag: ClassVar[str] = "change.commented"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"words"})
    revision: int
    n: int
    words: str

    def sentence(self) -> str:
        return f"commented on {self.change} revision {self.revision} (comment {self.n})"
