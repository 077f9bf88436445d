"""Audit events of freezes."""

from dataclasses import dataclass
from typing import ClassVar

from bot.domain.event import AuditEvent


@dataclass(frozen=True, kw_only=True)
class FreezeAdded(AuditEvent):
    tag: ClassVar[str] = "freeze.added"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"reason"})
    freeze: str
    start: str
    end: str
    targets: tuple[str, ...]
    reason: str

    def sentence(self) -> str:
        return f"added the freeze {self.freeze} of {', '.join(self.targets)}, {self.start} to {self.end}"


@dataclass(frozen=True, kw_only=True)
class FreezeLifted(AuditEvent):
    tag: ClassVar[str] = "freeze.lifted"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"reason"})
    freeze: str
    end: str
    reason: str

    def sentence(self) -> str:
        return f"lifted the freeze {self.freeze}, meant until {self.end}"


@dataclass(frozen=True, kw_only=True)
class FreezeOverridden(AuditEvent):
    """Somebody in the override groups of every freeze that holds asked to apply all the same."""

    tag: ClassVar[str] = "freeze.overridden"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"reason"})
    freezes: tuple[str, ...]
    groups: tuple[str, ...]
    revision: int
    reason: str

    def sentence(self) -> str:
        return f"overrode {', '.join(self.freezes)} to apply {self.change}"
