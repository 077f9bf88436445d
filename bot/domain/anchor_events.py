"""Audit events of anchors: what was published outside the database, what failed, and what went on without."""

from dataclasses import dataclass
from typing import ClassVar

from bot.domain.event import AuditEvent


@dataclass(frozen=True, kw_only=True)
class CheckpointAnchored(AuditEvent):
    """A checkpoint was published; `cosigned` names the witnesses and second keys whose signatures were kept."""

    tag: ClassVar[str] = "checkpoint.anchored"
    anchor: str
    size: int
    root: str
    place: str
    cosigned: tuple[str, ...] = ()

    def sentence(self) -> str:
        signed = f"; also signed by {' and '.join(self.cosigned)}" if self.cosigned else ""
        return f"anchored the audit trail at size {self.size} ({self.anchor}{signed})"


@dataclass(frozen=True, kw_only=True)
class AnchorFailed(AuditEvent):
    """An anchor could not be made; with a `finding`, because it holds something else than this log."""

    tag: ClassVar[str] = "anchor.failed"
    anchor: str
    size: int
    why: str
    finding: str = ""

    def sentence(self) -> str:
        found = f" [{self.finding}]" if self.finding else ""
        return f"could not anchor the audit trail at size {self.size} ({self.anchor}){found}: {self.why}"


@dataclass(frozen=True, kw_only=True)
class AnchorOverridden(AuditEvent):
    """A change went on although anchors were overdue: its glass was broken, or it was a rollback."""

    tag: ClassVar[str] = "anchor.overridden"
    anchors: tuple[str, ...]
    minutes: int
    step: str

    def sentence(self) -> str:
        late = ", ".join(self.anchors)
        return (
            f"went on with {self.change} ({self.step}) although {late} lacked entries {self.minutes} min old"
        )
