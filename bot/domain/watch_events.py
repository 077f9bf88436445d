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


@dataclass(frozen=True, kw_only=True)
class TroubleDetected(AuditEvent):
    """The watch found trouble that holds; `outcome` is `declared`, `joined` or `offered`."""

    tag: ClassVar[str] = "trouble.detected"
    alias: str
    rule: str
    began_at: str
    figures: tuple[str, ...]
    outcome: str
    incident: str

    def sentence(self) -> str:
        led = {"declared": f" and declared {self.incident}", "joined": f" and added it to {self.incident}"}
        return f"found {self.rule.replace('_', ' ')} on {self.alias}{led.get(self.outcome, '')}"


@dataclass(frozen=True, kw_only=True)
class TroubleEnded(AuditEvent):
    """The watch found trouble gone that it had told of."""

    tag: ClassVar[str] = "trouble.ended"
    alias: str
    rule: str

    def sentence(self) -> str:
        return f"found {self.rule.replace('_', ' ')} on {self.alias} to be over"
