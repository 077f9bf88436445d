"""A post-incident review: what is on record of an incident, how long things took, and what proves it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median

from bot.domain.entry import EntryProof
from bot.domain.incident import Incident, IncidentSnapshot, TimelineEntry
from bot.domain.incident_snapshot import SnapshotSeen
from bot.domain.json import Json
from bot.domain.redaction import redact

FORMAT = "countersign.incident-review/1"
USUAL = timedelta(days=90)  # how far back a median looks
STEPS = ("first_snapshot", "severity", "lead", "resolve")


@dataclass(frozen=True)
class ReviewedSnapshot:
    """A snapshot with what was kept of it; `body` is empty where it was not taken or is not kept any more."""

    row: IncidentSnapshot
    body: bytes = b""
    seen: SnapshotSeen | None = None


@dataclass(frozen=True)
class ReviewedChange:
    """A change that was linked to the incident, its proof pack, and what a stranger's check of that says."""

    id: str
    kind: str
    type: str
    target: str
    state: str
    requester: str
    owner: str
    moved: str
    applied_at: datetime | None
    proof: bytes = b""
    verdict: str = ""
    holds: bool = False

    def as_json(self) -> dict[str, Json]:
        """Return it as the review's JSON file holds it; the proof is a file of its own."""
        told = {name: value for name, value in vars(self).items() if name not in ("proof", "applied_at")}
        return {**told, "applied_at": _time(self.applied_at)}


@dataclass(frozen=True)
class Review:
    """What is on record of an incident. `usual` is the median of other incidents by step, drills apart."""

    incident: Incident
    made_at: datetime
    timeline: tuple[TimelineEntry, ...] = ()
    snapshots: tuple[ReviewedSnapshot, ...] = ()
    changes: tuple[ReviewedChange, ...] = ()
    entries: tuple[EntryProof, ...] = ()
    vkeys: tuple[str, ...] = ()
    usual: Mapping[str, timedelta] = field(default_factory=dict)
    compared: int = 0

    @property
    def times(self) -> dict[str, timedelta | None]:
        """Return how long it took from the declaration to each step; None for what never came."""
        return times_of(self.incident)

    @property
    def last(self) -> SnapshotSeen | None:
        """Return the last snapshot that is kept."""
        return next((each.seen for each in reversed(self.snapshots) if each.seen is not None), None)

    def as_json(self) -> dict[str, Json]:
        """Return the review as its JSON file holds it; people's words are redacted."""
        incident = self.incident
        usual: dict[str, Json] = {name: int(each.total_seconds()) for name, each in self.usual.items()}
        return {
            "format": FORMAT,
            "incident": incident.id,
            "title": redact(incident.title),
            "severity": incident.severity.value,
            "state": incident.state.value,
            "drill": incident.drill,
            "source": incident.source.value,
            "targets": sorted(incident.targets),
            "declared_by": incident.declared_by,
            "lead": incident.lead,
            "roles": dict(incident.roles),
            "origin": incident.origin,
            "channel": incident.channel,
            "channel_name": incident.channel_name,
            "began_at": _time(incident.began_at),
            "declared_at": _time(incident.declared_at),
            "resolved_at": _time(incident.resolved_at),
            "resolved_by": incident.resolved_by,
            "resolution": redact(incident.resolution),
            "made_at": _time(self.made_at),
            "seconds_to": {name: _seconds(each) for name, each in self.times.items()},
            "usual_seconds_to": usual,
            "usual_of": self.compared,
            "timeline": [_entry(each) for each in self.timeline],
            "snapshots": [_snapshot(each) for each in self.snapshots],
            "changes": [each.as_json() for each in self.changes],
            "entries": [each.seq for each in self.entries],
            "vkey_hint": list(self.vkeys),
        }


def times_of(incident: Incident) -> dict[str, timedelta | None]:
    """Return how long it took from the declaration to first snapshot, severity, lead and resolution."""
    steps = (incident.first_snapshot_at, incident.severity_at, incident.lead_at, incident.resolved_at)
    return {
        name: None if at is None else max(at - incident.declared_at, timedelta())
        for name, at in zip(STEPS, steps, strict=True)
    }


def usual_times(incidents: Sequence[Incident]) -> dict[str, timedelta]:
    """Return the median of each step over real incidents that have it; a drill counts nowhere."""
    found: dict[str, list[float]] = {name: [] for name in STEPS}
    for each in incidents:
        if not each.drill:
            for name, span in times_of(each).items():
                found[name] += [span.total_seconds()] if span is not None else []
    return {name: timedelta(seconds=median(spans)) for name, spans in found.items() if spans}


def _entry(entry: TimelineEntry) -> dict[str, Json]:
    return {
        "n": entry.n,
        "at": _time(entry.at),
        "by": entry.by,
        "kind": entry.kind,
        "words": redact(entry.words),
        "sha256": entry.sha256,
        "files": dict(entry.files),
        "source": {"channel": entry.source_channel, "ts": entry.source_ts},
    }


def _snapshot(found: ReviewedSnapshot) -> dict[str, Json]:
    row = found.row
    return {
        "n": row.n,
        "occasion": row.occasion,
        "wanted_at": _time(row.wanted_at),
        "taken_at": _time(row.taken_at),
        "sha256": row.sha256,
        "summary": row.summary,
    }


def _time(at: datetime | None) -> str:
    return at.isoformat() if at is not None else ""


def _seconds(span: timedelta | None) -> int | None:
    return None if span is None else int(span.total_seconds())
