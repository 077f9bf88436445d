"""A snapshot of an incident as it is kept: each target's evidence, findings, writes and course, and what differs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.domain.incident import Incident, IncidentSnapshot
from bot.domain.json import Json, canonical
from bot.domain.signs import Finding, Level

FORMAT = "countersign.incident-snapshot/1"
CALLS = ("Answered", "HTTP 429", "Other errors")
TIME = "Time to response"


@dataclass(frozen=True)
class RecentWrite:
    """A write on a target or its account: when, what, by whom, how it went, and the change that explains it.

    `change` is empty where none does. `by` is a user id, an Entra object id, or empty where nobody knows.
    """

    at: datetime
    what: str
    by: str
    status: str
    change: str = ""
    correlation: str = ""

    def as_json(self) -> dict[str, Json]:
        """Return it as it is kept."""
        return {**vars(self), "at": self.at.isoformat()}


@dataclass(frozen=True)
class Course:
    """Calls by how they ended, and the time to response in ms, in buckets of `step`; None where nothing is known."""

    start: datetime
    step: timedelta
    lines: Mapping[str, tuple[float | None, ...]]

    def as_json(self) -> dict[str, Json]:
        """Return it as it is kept."""
        lines: dict[str, Json] = {
            name: [_round(each) for each in values] for name, values in self.lines.items()
        }
        return {"start": self.start.isoformat(), "step": int(self.step.total_seconds()), "lines": lines}


@dataclass(frozen=True)
class Compared:
    """What differs from an earlier state: which one, its digest, each difference; `gap` says why none is known."""

    to: str = ""
    sha256: str = ""
    differs: tuple[str, ...] = ()
    gap: str = ""

    def as_json(self) -> dict[str, Json]:
        """Return it as it is kept."""
        return {"to": self.to, "sha256": self.sha256, "differs": list(self.differs), "gap": self.gap}


@dataclass(frozen=True)
class TargetSeen:
    """What was seen of one target. `projection` is empty where there is no deployment, None where nobody could look.

    `gaps` are what could not be looked at besides the sections of the evidence, and why.
    """

    alias: str
    arm_id: str
    evidence: Mapping[str, Json] = field(default_factory=dict)
    projection: Mapping[str, Json] | None = None
    findings: tuple[Finding, ...] = ()
    writes: tuple[RecentWrite, ...] = ()
    course: Course | None = None
    gaps: tuple[str, ...] = ()
    since_last: Compared = Compared()
    since_good: Compared = Compared()

    @property
    def unapproved(self) -> tuple[RecentWrite, ...]:
        """Return the writes that no change explains."""
        return tuple(each for each in self.writes if not each.change)

    @property
    def all_gaps(self) -> tuple[str, ...]:
        """Return all that could not be looked at, each with its reason."""
        sections = [
            f"{each.get('title')}: {each.get('gap')}"
            for each in maps_in(self.evidence.get("sections"))
            if each.get("gap")
        ]
        return (*self.gaps, *sections)

    def at_level(self, level: Level) -> tuple[Finding, ...]:
        """Return the findings of one level."""
        return tuple(each for each in self.findings if each.level is level)

    def as_json(self) -> dict[str, Json]:
        """Return it as it is kept."""
        return {
            "alias": self.alias,
            "arm_id": self.arm_id,
            "evidence": self.evidence,
            "projection": self.projection,
            "findings": [each.as_json() for each in self.findings],
            "writes": [each.as_json() for each in self.writes],
            "course": self.course.as_json() if self.course else None,
            "gaps": list(self.gaps),
            "since_last": self.since_last.as_json(),
            "since_good": self.since_good.as_json(),
        }


@dataclass(frozen=True)
class SnapshotSeen:
    """A snapshot: of which incident, why and when it was taken, the one before it, what was seen of each target."""

    incident: str
    n: int
    occasion: str
    began_at: datetime
    taken_at: datetime
    targets: tuple[TargetSeen, ...]
    last: str = ""
    last_at: datetime | None = None

    @property
    def body(self) -> bytes:
        """Return the canonical document, as it is kept under its SHA-256."""
        return canonical(
            {
                "format": FORMAT,
                "incident": self.incident,
                "n": self.n,
                "occasion": self.occasion,
                "began_at": self.began_at.isoformat(),
                "taken_at": self.taken_at.isoformat(),
                "last": self.last,
                "last_at": self.last_at.isoformat() if self.last_at else "",
                "targets": [each.as_json() for each in self.targets],
            }
        )

    @property
    def is_unchanged(self) -> bool:
        """Return whether there is a snapshot before this one, and nothing differs from it."""
        return bool(self.last) and not any(
            each.since_last.differs or each.since_last.gap for each in self.targets
        )

    @property
    def worst(self) -> Finding | None:
        """Return the worst finding of all targets, None where nothing is wrong."""
        bad = [
            each
            for level in (Level.CRITICAL, Level.WATCH)
            for seen in self.targets
            for each in seen.at_level(level)
        ]
        return bad[0] if bad else None

    @property
    def unapproved(self) -> int:
        """Return how many writes no change explains."""
        return sum(len(each.unapproved) for each in self.targets)

    @property
    def summary(self) -> str:
        """Return it in one line."""
        bad = self.worst
        said = [f"{bad.level.value.capitalize()}: {bad.words.rstrip('.')}" if bad else _calm(self.targets)]
        if self.unapproved:
            said.append(
                f"{self.unapproved} of the writes of the last 24 h {_have(self.unapproved)} no approved change"
            )
        if self.is_unchanged:
            said.append(f"nothing changed since {self.last}")
        elif self.last:
            many = sum(len(each.since_last.differs) for each in self.targets)
            said.append(f"{many} difference{'' if many == 1 else 's'} since {self.last}")
        if gaps := sum(len(each.all_gaps) for each in self.targets):
            said.append(f"{gaps} part{'' if gaps == 1 else 's'} could not be looked at")
        return f"{'; '.join(said)}."


def snapshot_of(incident: Incident, snapshot: IncidentSnapshot, at: datetime) -> SnapshotSeen:
    """Return the snapshot to be filled with what is seen."""
    return SnapshotSeen(incident.id, snapshot.n, snapshot.occasion, incident.began_at, at, ())


def _calm(targets: Sequence[TargetSeen]) -> str:
    if not targets:
        return "No target is named, so nothing was looked at"
    unknown = sum(len(each.at_level(Level.UNKNOWN)) for each in targets)
    return f"No trouble is seen, but {unknown} rules could not be judged" if unknown else "No trouble is seen"


def _have(many: int) -> str:
    return "has" if many == 1 else "have"


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def write_key(write: RecentWrite) -> tuple[str, str]:
    """Return what a write is known by: its change and what that did, in the log or not yet; else its id."""
    if write.change:
        return write.change, write.what
    return "", write.correlation or write.at.isoformat()


def maps_in(found: Json) -> list[Mapping[str, Json]]:
    """Return the objects of a list."""
    listed = found if isinstance(found, Sequence) and not isinstance(found, str) else ()
    return [each for each in listed if isinstance(each, Mapping)]
