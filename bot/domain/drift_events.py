"""Audit events of baselines, drift and its exceptions."""

from dataclasses import dataclass
from typing import ClassVar

from bot.domain.event import AuditEvent


@dataclass(frozen=True, kw_only=True)
class BaselineRecorded(AuditEvent):
    tag: ClassVar[str] = "baseline.recorded"
    baseline: str
    alias: str
    kind: str
    evidence: str

    def sentence(self) -> str:
        return f"kept the baseline {self.baseline} of {self.alias} ({self.kind})"


@dataclass(frozen=True, kw_only=True)
class DriftDetected(AuditEvent):
    """What was found to differ, as `source: field`; what an exception silences is only counted."""

    tag: ClassVar[str] = "drift.detected"
    alias: str
    fields: tuple[str, ...]
    silenced: int
    evidence: str

    def sentence(self) -> str:
        return f"found drift of {self.alias}: {', '.join(self.fields)}"


@dataclass(frozen=True, kw_only=True)
class DriftExcepted(AuditEvent):
    tag: ClassVar[str] = "drift.excepted"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"reason"})
    PEOPLE: ClassVar[frozenset[str]] = frozenset({"owner"})
    alias: str
    field: str
    owner: str
    until: str
    reason: str

    def sentence(self) -> str:
        return f"excepted {self.field} of {self.alias} from drift until {self.until}, owner <@{self.owner}>"


@dataclass(frozen=True, kw_only=True)
class DriftExceptionLifted(AuditEvent):
    """An exception ended before its last day: drift reports the field again."""

    tag: ClassVar[str] = "drift.exception_lifted"
    PEOPLE: ClassVar[frozenset[str]] = frozenset({"owner"})
    alias: str
    field: str
    owner: str
    until: str

    def sentence(self) -> str:
        whose = f"owner <@{self.owner}>, meant until {self.until}"
        return f"lifted the exception of {self.field} of {self.alias}, {whose}"
