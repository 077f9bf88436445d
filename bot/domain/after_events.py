"""Audit events after an apply: a waived attestation, a breached trigger, a rollback that waits for another."""

from dataclasses import dataclass
from typing import ClassVar

from bot.domain.event import AuditEvent


@dataclass(frozen=True, kw_only=True)
class ChangeWaived(AuditEvent):
    """Somebody of the rule's groups let the change end without its owner's attestation."""

    tag: ClassVar[str] = "change.waived"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"reason"})
    PEOPLE: ClassVar[frozenset[str]] = frozenset({"owner"})
    verdict: str
    owner: str
    groups: tuple[str, ...]
    reason: str

    def sentence(self) -> str:
        return f"waived the attestation of {self.change} in the place of <@{self.owner}>"


@dataclass(frozen=True, kw_only=True)
class TriggerBreached(AuditEvent):
    """What was measured while the signal is watched passed what the request named; `automatic`: policy rolls back."""

    tag: ClassVar[str] = "change.trigger_breached"
    trigger: str
    value: str
    measured_at: str
    automatic: bool

    def sentence(self) -> str:
        then = "; the rollback starts by itself" if self.automatic else ""
        return f"saw the rollback trigger of {self.change} breached: {self.value}{then}"


@dataclass(frozen=True, kw_only=True)
class RollbackAsked(AuditEvent):
    """A rollback was asked for that policy wants a second person to confirm."""

    tag: ClassVar[str] = "rollback.requested"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"reason"})
    plan_digest: str
    reason: str = ""

    def sentence(self) -> str:
        return f"asked to roll {self.change} back; one more confirms"
