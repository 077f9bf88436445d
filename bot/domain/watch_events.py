"""Audit events of the watch over what happens in Azure without a change."""

from dataclasses import dataclass
from typing import ClassVar

from bot.domain.event import AuditEvent


@dataclass(frozen=True, kw_only=True)
class WriteUnexplained(AuditEvent):
    """A write of a target that no change explains; `caller` is an Entra object id, empty while nobody knows."""

    tag: ClassVar[str] = "write.unexplained"
    PEOPLE: ClassVar[frozenset[str]] = frozenset({"caller"})
    alias: str
    at: str
    fields: tuple[str, ...]
    caller: str
    operation: str
    correlation: str
    freeze: str

    def sentence(self) -> str:
        what = ", ".join(self.fields) or "nothing that can still be seen"
        return f"found a write of {self.alias} that no change explains; it moved {what}"


@dataclass(frozen=True, kw_only=True)
class WriteAttributed(AuditEvent):
    """The activity log has named who made a write that was found by its traces."""

    tag: ClassVar[str] = "write.attributed"
    PEOPLE: ClassVar[frozenset[str]] = frozenset({"caller"})
    alias: str
    at: str
    caller: str
    operation: str
    correlation: str

    def sentence(self) -> str:
        return f"learned who made the write of {self.alias} that no change explains"
