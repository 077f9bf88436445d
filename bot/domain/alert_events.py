"""Audit events of alerts that came from Azure Monitor."""

from dataclasses import dataclass
from typing import ClassVar

from bot.domain.event import AuditEvent


@dataclass(frozen=True, kw_only=True)
class AlertReceived(AuditEvent):
    """An alert came in; `outcome` is `declared`, `joined`, `noted`, `own` (a write of a change) or `unmapped`."""

    tag: ClassVar[str] = "alert.received"
    alert: str
    rule: str
    severity: str
    condition: str
    targets: tuple[str, ...]
    incident: str
    outcome: str

    def sentence(self) -> str:
        about = f" about {', '.join(self.targets)}" if self.targets else " about nothing that is a target"
        led = {
            "declared": f" and declared {self.incident}",
            "joined": f" and added it to {self.incident}",
            "own": f", which is the write of {self.change}",
        }.get(self.outcome, "")
        return f"received the alert {self.rule} ({self.condition.lower()}){about}{led}"
