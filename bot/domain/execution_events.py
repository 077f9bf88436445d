"""Audit events of applying, validating, attesting and rolling back."""

from dataclasses import dataclass
from typing import ClassVar

from bot.domain.event import AuditEvent


@dataclass(frozen=True, kw_only=True)
class ApplyAsked(AuditEvent):
    tag: ClassVar[str] = "change.apply_requested"
    revision: int
    plan_digest: str

    def sentence(self) -> str:
        return f"asked to apply {self.change}"


@dataclass(frozen=True, kw_only=True)
class ChangeScheduled(AuditEvent):
    """An approved change was asked to be applied at its start; everything is checked again then."""

    tag: ClassVar[str] = "change.scheduled"
    revision: int
    plan_digest: str
    start_at: str

    def sentence(self) -> str:
        return f"scheduled {self.change} for {self.start_at}"


@dataclass(frozen=True, kw_only=True)
class ExecutionStarted(AuditEvent):
    tag: ClassVar[str] = "change.execution.started"
    PEOPLE: ClassVar[frozenset[str]] = frozenset({"approvers"})
    revision: int
    plan_digest: str
    approvers: tuple[str, ...]
    approvals: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()

    def sentence(self) -> str:
        by = ", ".join(f"<@{user}>" for user in self.approvers) or "policy"
        then = f", an emergency beside the validation of {', '.join(self.beside)}" if self.beside else ""
        return f"started {self.change}, approved by {by}{then}"


@dataclass(frozen=True, kw_only=True)
class ExecutionFinished(AuditEvent):
    tag: ClassVar[str] = "change.execution.finished"
    plan_digest: str
    operation_id: str
    untouched: int

    def sentence(self) -> str:
        others = "1 other deployment" if self.untouched == 1 else f"{self.untouched} other deployments"
        return f"finished {self.change}; {others} did not move"


@dataclass(frozen=True, kw_only=True)
class ExecutionFailed(AuditEvent):
    tag: ClassVar[str] = "change.execution.failed"
    code: str
    why: str
    written: bool

    def sentence(self) -> str:
        return f"failed {self.change}: {self.why}"


@dataclass(frozen=True, kw_only=True)
class ExecutionUnknown(AuditEvent):
    tag: ClassVar[str] = "change.execution.unknown"
    why: str

    def sentence(self) -> str:
        return f"does not know whether {self.change} was applied: {self.why}"


@dataclass(frozen=True, kw_only=True)
class ChangeReconciled(AuditEvent):
    tag: ClassVar[str] = "change.reconciled"
    applied: bool

    def sentence(self) -> str:
        return f"read Azure back: {self.change} was {'applied' if self.applied else 'not applied'}"


@dataclass(frozen=True, kw_only=True)
class ChangeValidated(AuditEvent):
    """What the validation window said; `evidence` names the figures before and after, usage and cost with them."""

    tag: ClassVar[str] = "change.validated"
    verdict: str
    before: str
    after: str
    signal: str
    evidence: str = ""

    def sentence(self) -> str:
        return f"validated {self.change}: {self.verdict} ({self.signal}: {self.before} → {self.after})"


@dataclass(frozen=True, kw_only=True)
class ChangeAttested(AuditEvent):
    tag: ClassVar[str] = "change.attested"
    verdict: str

    def sentence(self) -> str:
        return f"attested {self.change}"


@dataclass(frozen=True, kw_only=True)
class ChangeClosed(AuditEvent):
    tag: ClassVar[str] = "change.closed"

    def sentence(self) -> str:
        return f"closed {self.change}"


@dataclass(frozen=True, kw_only=True)
class RollbackStarted(AuditEvent):
    tag: ClassVar[str] = "rollback.started"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"reason"})
    PEOPLE: ClassVar[frozenset[str]] = frozenset({"asked_by", "confirmed_by"})
    plan_digest: str
    asked_by: str
    confirmed_by: str = ""
    reason: str = ""

    def sentence(self) -> str:
        return f"started to roll {self.change} back"


@dataclass(frozen=True, kw_only=True)
class RollbackFinished(AuditEvent):
    tag: ClassVar[str] = "rollback.finished"
    operation_id: str

    def sentence(self) -> str:
        return f"rolled {self.change} back"


@dataclass(frozen=True, kw_only=True)
class RollbackFailed(AuditEvent):
    tag: ClassVar[str] = "rollback.failed"
    code: str
    why: str

    def sentence(self) -> str:
        return f"could not roll {self.change} back: {self.why}"
