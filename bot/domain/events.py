"""Every audit event there is; timeline, export and proofs read this list."""

from collections.abc import Mapping

from bot.domain.after_events import ChangeWaived, RollbackAsked, TriggerBreached
from bot.domain.alert_events import AlertReceived
from bot.domain.anchor_events import AnchorFailed, AnchorOverridden, CheckpointAnchored
from bot.domain.break_glass_events import GlassBroken, GlassLapsed, GlassReviewed
from bot.domain.drift_events import BaselineRecorded, DriftDetected, DriftExcepted, DriftExceptionLifted
from bot.domain.event import AuditEvent
from bot.domain.execution_events import (
    ApplyAsked,
    ChangeAttested,
    ChangeClosed,
    ChangeReconciled,
    ChangeScheduled,
    ChangeValidated,
    ExecutionFailed,
    ExecutionFinished,
    ExecutionStarted,
    ExecutionUnknown,
    RollbackFailed,
    RollbackFinished,
    RollbackStarted,
)
from bot.domain.freeze_events import FreezeAdded, FreezeLifted, FreezeOverridden
from bot.domain.incident_events import (
    ChangeConsented,
    ChannelChanged,
    IncidentClosed,
    IncidentLinked,
    IncidentNoted,
    IncidentOpened,
    IncidentSnapshotTaken,
    RoleAssigned,
    SeverityChanged,
    StatusUpdated,
)
from bot.domain.json import Json
from bot.domain.request_events import (
    ApprovalWithdrawn,
    ChangeApproved,
    ChangeExpired,
    ChangePlanned,
    ChangeRefused,
    ChangeRejected,
    ChangeRequested,
    ChangesRequested,
    ChangeSuperseded,
    ChangeWithdrawn,
    EvidenceRead,
    EvidenceSnapshot,
    PolicyEvaluated,
)
from bot.domain.talk_events import ChangeCommented
from bot.domain.trail_events import (
    AuthFailed,
    CommandDenied,
    ExportPerformed,
    PermissionDenied,
    ProofPackIssued,
)
from bot.domain.watch_events import TroubleDetected, TroubleEnded, WriteAttributed, WriteUnexplained

EVENT_TYPES: tuple[type[AuditEvent], ...] = (
    EvidenceRead,
    EvidenceSnapshot,
    ChangeRequested,
    ChangePlanned,
    PolicyEvaluated,
    ChangeApproved,
    ApprovalWithdrawn,
    ChangeRejected,
    ChangesRequested,
    ChangeRefused,
    ChangeWithdrawn,
    ChangeExpired,
    ChangeSuperseded,
    ApplyAsked,
    ChangeScheduled,
    ExecutionStarted,
    ExecutionFinished,
    ExecutionFailed,
    ExecutionUnknown,
    ChangeReconciled,
    ChangeValidated,
    ChangeAttested,
    ChangeClosed,
    RollbackStarted,
    RollbackFinished,
    RollbackFailed,
    ChangeWaived,
    TriggerBreached,
    RollbackAsked,
    GlassBroken,
    GlassReviewed,
    GlassLapsed,
    FreezeAdded,
    FreezeLifted,
    FreezeOverridden,
    BaselineRecorded,
    DriftDetected,
    DriftExcepted,
    DriftExceptionLifted,
    WriteUnexplained,
    WriteAttributed,
    TroubleDetected,
    TroubleEnded,
    AlertReceived,
    ChangeCommented,
    CheckpointAnchored,
    AnchorFailed,
    AnchorOverridden,
    ProofPackIssued,
    ExportPerformed,
    CommandDenied,
    PermissionDenied,
    AuthFailed,
    IncidentOpened,
    IncidentSnapshotTaken,
    SeverityChanged,
    RoleAssigned,
    StatusUpdated,
    IncidentNoted,
    IncidentLinked,
    ChangeConsented,
    ChannelChanged,
    IncidentClosed,
)


_PEOPLE = {event.tag: event.PEOPLE for event in EVENT_TYPES}


def people_of(tag: str) -> frozenset[str]:
    """Return which keys of the data of an entry hold ids of people; none where nobody knows its type."""
    return _PEOPLE.get(tag, frozenset())


def plain(data: Mapping[str, Json]) -> dict[str, Json]:
    """Return event data with tuples as lists, as canonical JSON wants it."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in data.items()}
