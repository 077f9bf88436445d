"""Audit events of the glass that is broken in an emergency, and of its review afterwards."""

from dataclasses import dataclass
from typing import ClassVar

from bot.domain.event import AuditEvent


@dataclass(frozen=True, kw_only=True)
class GlassBroken(AuditEvent):
    """An emergency change was approved by one person, without its quorum; `own` when it is their own request."""

    tag: ClassVar[str] = "change.break_glass"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"reason", "incident"})
    revision: int
    plan_digest: str
    policy_digest: str
    groups: tuple[str, ...]
    quorum: int
    given: int
    own: bool
    review_due: str
    incident: str
    reason: str

    def sentence(self) -> str:
        own = ", their own request" if self.own else ""
        return (
            f"broke the glass for {self.change} revision {self.revision}{own}; "
            f"{self.given} of {self.quorum} approvals, to be reviewed by {self.review_due}"
        )


@dataclass(frozen=True, kw_only=True)
class GlassReviewed(AuditEvent):
    tag: ClassVar[str] = "change.break_glass.reviewed"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"note"})
    PEOPLE: ClassVar[frozenset[str]] = frozenset({"broke"})
    revision: int
    verdict: str
    broke: str
    late: bool
    note: str

    def sentence(self) -> str:
        late = ", late" if self.late else ""
        return f"reviewed the glass <@{self.broke}> broke for {self.change}: {self.verdict}{late}"


@dataclass(frozen=True, kw_only=True)
class GlassLapsed(AuditEvent):
    """Nobody reviewed a broken glass in time; said at most once a day."""

    tag: ClassVar[str] = "change.break_glass.lapsed"
    PEOPLE: ClassVar[frozenset[str]] = frozenset({"broke"})
    broke: str
    due: str
    times: int

    def sentence(self) -> str:
        return f"found the glass of {self.change} unreviewed, due {self.due} (said {self.times} times)"
