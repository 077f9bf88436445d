"""Audit events of incidents. What people wrote about one is private; its number, times and people are not."""

from dataclasses import dataclass
from typing import ClassVar

from bot.domain.event import AuditEvent
from bot.domain.evidence import evidence_id


@dataclass(frozen=True, kw_only=True)
class IncidentOpened(AuditEvent):
    tag: ClassVar[str] = "incident.opened"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"title"})
    PEOPLE: ClassVar[frozenset[str]] = frozenset({"lead"})
    incident: str
    severity: str
    targets: tuple[str, ...]
    lead: str
    source: str
    drill: bool
    origin: str
    title: str

    def sentence(self) -> str:
        what = "the drill" if self.drill else "the incident"
        about = f" on {', '.join(self.targets)}" if self.targets else ""
        return f"declared {what} {self.incident}, {self.severity}{about}"


@dataclass(frozen=True, kw_only=True)
class IncidentSnapshotTaken(AuditEvent):
    """A snapshot was kept; `evidence` is its digest, `occasion` why it was taken."""

    tag: ClassVar[str] = "incident.snapshot"
    incident: str
    n: int
    occasion: str
    evidence: str

    def sentence(self) -> str:
        return (
            f"took the snapshot {self.n} of {self.incident}, {evidence_id(self.evidence)} ({self.occasion})"
        )


@dataclass(frozen=True, kw_only=True)
class SeverityChanged(AuditEvent):
    tag: ClassVar[str] = "incident.severity_changed"
    incident: str
    before: str
    after: str

    def sentence(self) -> str:
        return f"changed the severity of {self.incident} from {self.before} to {self.after}"


@dataclass(frozen=True, kw_only=True)
class RoleAssigned(AuditEvent):
    """Somebody has a role in an incident; `role` is `lead` or what people call it."""

    tag: ClassVar[str] = "incident.role_assigned"
    PEOPLE: ClassVar[frozenset[str]] = frozenset({"person"})
    incident: str
    role: str
    person: str

    def sentence(self) -> str:
        return f"made <@{self.person}> {self.role} of {self.incident}"


@dataclass(frozen=True, kw_only=True)
class StatusUpdated(AuditEvent):
    """A status update; `next_update` is when the next is due, ISO 8601, empty when none is promised."""

    tag: ClassVar[str] = "incident.updated"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"words"})
    incident: str
    next_update: str
    words: str

    def sentence(self) -> str:
        next_ = f", the next is due {self.next_update}" if self.next_update else ""
        return f"gave a status update of {self.incident}{next_}"


@dataclass(frozen=True, kw_only=True)
class IncidentNoted(AuditEvent):
    """Something was added to the timeline; `sha256` is the digest of its text."""

    tag: ClassVar[str] = "incident.noted"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"words"})
    incident: str
    kind: str
    sha256: str
    words: str

    def sentence(self) -> str:
        return f"added a {self.kind} to the timeline of {self.incident}"


@dataclass(frozen=True, kw_only=True)
class IncidentLinked(AuditEvent):
    """A change belongs to an incident."""

    tag: ClassVar[str] = "incident.linked"
    incident: str

    def sentence(self) -> str:
        return f"linked {self.change} to {self.incident}"


@dataclass(frozen=True, kw_only=True)
class ChangeConsented(AuditEvent):
    """The lead of an open incident agrees that this plan runs on one of its targets."""

    tag: ClassVar[str] = "incident.consented"
    incident: str
    revision: int
    plan_digest: str

    def sentence(self) -> str:
        return f"consented to {self.change} while {self.incident} is open"


@dataclass(frozen=True, kw_only=True)
class ChannelChanged(AuditEvent):
    """What became of the incident's channel: `made`, `adopted`, `archived`, `reopened`, `renamed` or `lost`."""

    tag: ClassVar[str] = "incident.channel_changed"
    incident: str
    channel: str
    what: str

    def sentence(self) -> str:
        return f"found the channel of {self.incident} {self.what}"


@dataclass(frozen=True, kw_only=True)
class IncidentClosed(AuditEvent):
    tag: ClassVar[str] = "incident.closed"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"resolution"})
    incident: str
    severity: str
    seconds: int
    drill: bool
    resolution: str

    def sentence(self) -> str:
        return f"resolved {self.incident} ({self.severity}) after {self.seconds // 60} min"
