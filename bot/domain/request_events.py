"""Audit events of looking, asking and deciding."""

from dataclasses import dataclass
from typing import ClassVar

from bot.domain.event import AuditEvent
from bot.domain.people import headcount


@dataclass(frozen=True, kw_only=True)
class EvidenceRead(AuditEvent):
    tag: ClassVar[str] = "evidence.read"
    command: str
    alias: str
    evidence: str = ""

    def sentence(self) -> str:
        return f"read {self.command} of {self.alias}"


@dataclass(frozen=True, kw_only=True)
class EvidenceSnapshot(AuditEvent):
    tag: ClassVar[str] = "evidence.snapshot"
    alias: str
    evidence: str

    def sentence(self) -> str:
        return f"took the snapshot EV-{self.evidence[:12]} of {self.alias}"


@dataclass(frozen=True, kw_only=True)
class ChangeRequested(AuditEvent):
    tag: ClassVar[str] = "change.requested"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"reason", "rollback_plan"})
    PEOPLE: ClassVar[frozenset[str]] = frozenset({"owner"})
    revision: int
    kind: str
    owner: str
    ticket: str
    expected_cost: str
    validation_signal: str
    reason: str
    rollback_plan: str
    rollback_trigger: str = ""

    def sentence(self) -> str:
        return f"requested {self.change}: {self.kind}, owner <@{self.owner}>, ticket {self.ticket}"


@dataclass(frozen=True, kw_only=True)
class ChangePlanned(AuditEvent):
    tag: ClassVar[str] = "change.planned"
    revision: int
    plan_digest: str
    tier: str
    evidence: str

    def sentence(self) -> str:
        return f"planned {self.change} revision {self.revision} ({self.tier}), plan {self.plan_digest[:12]}"


@dataclass(frozen=True, kw_only=True)
class PolicyEvaluated(AuditEvent):
    tag: ClassVar[str] = "policy.evaluated"
    PEOPLE: ClassVar[frozenset[str]] = frozenset({"eligible"})
    revision: int
    environment: str
    tier: str
    quorum: int
    groups: tuple[str, ...]
    eligible: tuple[str, ...]
    policy_digest: str
    because: tuple[str, ...] = ()
    template: str = ""

    def sentence(self) -> str:
        return f"found that {self.change} needs {self.quorum} of {headcount(len(self.eligible))}"


@dataclass(frozen=True, kw_only=True)
class ChangeApproved(AuditEvent):
    tag: ClassVar[str] = "change.approved"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"reason"})
    PEOPLE: ClassVar[frozenset[str]] = frozenset({"behalf"})
    revision: int
    plan_digest: str
    policy_digest: str
    groups: tuple[str, ...]
    counted: int
    quorum: int
    reason: str = ""
    behalf: tuple[str, ...] = ()

    def sentence(self) -> str:
        said = f"approved {self.change} revision {self.revision} ({self.counted} of {self.quorum})"
        return f"{said} for {', '.join(f'<@{user}>' for user in self.behalf)}" if self.behalf else said


@dataclass(frozen=True, kw_only=True)
class ApprovalWithdrawn(AuditEvent):
    """An approver took an approval back; `reopened`: the change was approved and waits again."""

    tag: ClassVar[str] = "change.approval_withdrawn"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"reason"})
    PEOPLE: ClassVar[frozenset[str]] = frozenset({"approver"})
    revision: int
    plan_digest: str
    approver: str
    counted: int
    quorum: int
    reopened: bool
    reason: str

    def sentence(self) -> str:
        then = "; it waits for approval again" if self.reopened else ""
        return f"took their approval of {self.change} revision {self.revision} back{then}"


@dataclass(frozen=True, kw_only=True)
class ChangeRejected(AuditEvent):
    tag: ClassVar[str] = "change.rejected"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"reason"})
    revision: int
    plan_digest: str
    reason: str

    def sentence(self) -> str:
        return f"rejected {self.change}"


@dataclass(frozen=True, kw_only=True)
class ChangesRequested(AuditEvent):
    tag: ClassVar[str] = "change.changes_requested"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"reason"})
    revision: int
    reason: str

    def sentence(self) -> str:
        return f"asked for changes to {self.change}"


@dataclass(frozen=True, kw_only=True)
class ChangeRefused(AuditEvent):
    """Someone tried what policy does not allow them, or what the change's state does not."""

    tag: ClassVar[str] = "change.refused"
    attempt: str
    why: str

    def sentence(self) -> str:
        return f"was refused to {self.attempt} {self.change}: {self.why}"


@dataclass(frozen=True, kw_only=True)
class ChangeWithdrawn(AuditEvent):
    tag: ClassVar[str] = "change.withdrawn"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"reason"})
    reason: str = ""

    def sentence(self) -> str:
        return f"withdrew {self.change}"


@dataclass(frozen=True, kw_only=True)
class ChangeExpired(AuditEvent):
    tag: ClassVar[str] = "change.expired"
    expired_at: str

    def sentence(self) -> str:
        return f"let {self.change} expire"


@dataclass(frozen=True, kw_only=True)
class ChangeSuperseded(AuditEvent):
    tag: ClassVar[str] = "change.superseded"
    moved: tuple[str, ...]
    why: str

    def sentence(self) -> str:
        return f"stopped {self.change}: {self.why}"
