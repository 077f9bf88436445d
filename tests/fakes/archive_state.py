"""What the archive in memory holds, and how values look after a trip through a database."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from bot.domain.alert import Alert
from bot.domain.anchoring import AnchorState
from bot.domain.baseline import Baseline, DriftException
from bot.domain.change import Change, Request, Vote
from bot.domain.comment import Comment
from bot.domain.effect import Effect, Question
from bot.domain.episode import Episode
from bot.domain.event import AuditEvent
from bot.domain.freeze import ChatFreeze
from bot.domain.incident import Consent, Incident, IncidentSnapshot, TimelineEntry
from bot.domain.notice import Notice
from bot.domain.operation import Plan, plan_from_json
from bot.domain.people import Actor, Standing
from bot.domain.permission import Permissions
from bot.domain.revision import Revision
from bot.domain.sighting import Sighting, Unexplained
from bot.ports.archive import Cause

SETTABLE = frozenset(
    {
        *("tier", "quorum", "plan", "plan_digest", "evidence", "evidence_at", "submitted_at", "expires_at"),
        *("window_ends_at", "executed_at", "apply_asked_by", "rollback_asked_by", "decided_by", "note"),
        *("outcome", "card_ts", "view_id", "channel", "broke_glass_by", "review_due_at", "reviewed_by"),
    }
)


@dataclass(frozen=True)
class Entry:
    """One audit entry as it was recorded."""

    event: AuditEvent
    by: Actor
    cause: Cause
    place: int

    @property
    def tag(self) -> str:
        """Return the event's tag."""
        return self.event.tag

    @property
    def id(self) -> str:
        """Return the entry's id."""
        return f"E{self.place}"


@dataclass
class State:
    """Every row there is. A transaction works on a copy."""

    changes: dict[int, Change] = field(default_factory=dict)
    votes: dict[tuple[int, int, str], Vote] = field(default_factory=dict)
    effects: dict[tuple[int, int, str], Effect] = field(default_factory=dict)
    jobs: dict[tuple[str, str], datetime | None] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    questions: dict[int, Question] = field(default_factory=dict)
    evidence: dict[str, bytes] = field(default_factory=dict)
    standings: dict[str, Standing] = field(default_factory=dict)
    groups: dict[str, tuple[frozenset[str], datetime]] = field(default_factory=dict)
    receipts: dict[str, str] = field(default_factory=dict)
    baselines: list[Baseline] = field(default_factory=list)
    exceptions: list[DriftException] = field(default_factory=list)
    sightings: dict[str, Sighting] = field(default_factory=dict)
    unexplained: dict[int, Unexplained] = field(default_factory=dict)
    permissions: dict[str, Permissions] = field(default_factory=dict)
    dues: dict[str, datetime] = field(default_factory=dict)
    notices: dict[tuple[str, str, str], Notice] = field(default_factory=dict)
    comments: list[Comment] = field(default_factory=list)
    revisions: dict[tuple[int, int], Revision] = field(default_factory=dict)
    freezes: dict[int, ChatFreeze] = field(default_factory=dict)
    anchors: dict[str, AnchorState] = field(default_factory=dict)
    incidents: dict[int, Incident] = field(default_factory=dict)
    snapshots: dict[tuple[int, int], IncidentSnapshot] = field(default_factory=dict)
    timeline: dict[tuple[int, int], TimelineEntry] = field(default_factory=dict)
    links: list[tuple[int, int]] = field(default_factory=list)
    consents: list[Consent] = field(default_factory=list)
    alerts: dict[int, Alert] = field(default_factory=dict)
    episodes: dict[int, Episode] = field(default_factory=dict)
    numbers: int = 0

    def copy(self) -> "State":
        """Return a copy whose changes nobody sees; the values themselves are frozen."""
        return State(**{name: _copied(value) for name, value in vars(self).items()})


def _copied(value: Any) -> Any:
    return value.copy() if isinstance(value, dict | list) else value


def checked(columns: Mapping[str, Any]) -> dict[str, Any]:
    """Return columns as a database gives them back: JSON is JSON, unknown ones are refused."""
    unknown = set(columns) - SETTABLE
    if unknown:
        raise TypeError(f"not columns of a change that may be set: {', '.join(sorted(unknown))}")
    return {name: _stored(value) for name, value in columns.items()}


def stored_request(request: Request) -> Request:
    """Return a request as a database gives it back; it refuses what a person must give."""
    for name in ("owner", "ticket", "reason", "expected_cost", "validation_signal", "rollback_plan"):
        if not getattr(request, name).strip():
            raise ValueError(f"{name} must not be empty")
    return replace(request, asked=through_json(request.asked))


def through_json(value: Any) -> Any:
    """Return a value as JSON brings it back."""
    return json.loads(json.dumps(value))


def _stored(value: Any) -> Any:
    if isinstance(value, Plan):
        return plan_from_json(through_json(value.as_json()))
    return through_json(value) if isinstance(value, Mapping) else value
