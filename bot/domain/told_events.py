"""Which entries of the trail the audit channel hears of in a line, and the line's words."""

from collections.abc import Mapping
from typing import Any

from bot.domain.after_events import ChangeWaived, RollbackAsked
from bot.domain.event import AuditEvent
from bot.domain.execution_events import (
    ChangeClosed,
    ExecutionFailed,
    ExecutionFinished,
    RollbackFailed,
    RollbackFinished,
    RollbackStarted,
)
from bot.domain.freeze_events import FreezeAdded, FreezeLifted, FreezeOverridden
from bot.domain.request_events import (
    ApprovalWithdrawn,
    ChangeApproved,
    ChangeExpired,
    ChangeRejected,
    ChangesRequested,
    ChangeWithdrawn,
)
from bot.domain.watch_events import WriteUnexplained

# A broken glass has messages of its own, for the channel and for everybody who decides.
_TOLD: tuple[type[AuditEvent], ...] = (
    ChangeApproved,
    ApprovalWithdrawn,
    ChangeRejected,
    ChangesRequested,
    ChangeWithdrawn,
    ChangeExpired,
    ChangeWaived,
    ChangeClosed,
    ExecutionFinished,
    ExecutionFailed,
    RollbackAsked,
    RollbackStarted,
    RollbackFinished,
    RollbackFailed,
    FreezeAdded,
    FreezeLifted,
    FreezeOverridden,
    WriteUnexplained,
)
_BY_TAG = {event.tag: event for event in _TOLD}


def is_told(event: AuditEvent) -> bool:
    """Return whether a line about this event goes to the audit channel."""
    return event.tag in _BY_TAG


def told_words(body: Mapping[str, Any]) -> str:
    """Return an entry of the trail as a sentence without its actor; free text is not in it."""
    event, subject = _BY_TAG[body["type"]], body.get("subject", {})
    said: dict[str, Any] = {"change": subject.get("change", ""), "resource": subject.get("resource", "")}
    said |= {name: tuple(value) if isinstance(value, list) else value for name, value in body["data"].items()}
    return event(**{**said, **dict.fromkeys(event.PRIVATE, "")}).sentence()
