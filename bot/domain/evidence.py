"""Evidence: facts with their source, gaps with their reason, and the snapshot they form."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.deployment import DeploymentRef
from bot.domain.json import Json, canonical, digest


@dataclass(frozen=True)
class Fact:
    """One thing that was seen: what, how much, by which equivalent `az` command, and when."""

    name: str
    value: str
    unit: str
    az: str
    observed_at: datetime

    @property
    def words(self) -> str:
        """Return the value with its unit, as a person reads it."""
        return f"{self.value} {self.unit}".strip()


@dataclass(frozen=True)
class SectionResult:
    """What a section saw. A gap is a section that could not look, and why; it has no facts."""

    key: str
    title: str
    facts: tuple[Fact, ...] = ()
    gap: str = ""


@dataclass(frozen=True)
class Evidence:
    """A read-only look at one deployment at one time."""

    ref: DeploymentRef
    alias: str
    taken_at: datetime
    sections: tuple[SectionResult, ...]

    def as_json(self) -> dict[str, Json]:
        """Return the snapshot as it is stored: sorted, without the times that change at every look."""
        return {
            "format": "countersign.evidence/1",
            "arm_id": self.ref.key,
            "alias": self.alias,
            "taken_at": self.taken_at.isoformat(),
            "sections": [_section(section) for section in self.sections],
        }

    @property
    def body(self) -> bytes:
        """Return the canonical snapshot, as it is stored."""
        return canonical(self.as_json())

    @property
    def digest(self) -> str:
        """Return the SHA-256 of the canonical snapshot, 64 hex digits; its id is `EV-` and the first 12."""
        return digest(self.as_json())

    @property
    def id(self) -> str:
        """Return the id people see."""
        return evidence_id(self.digest)

    @property
    def gaps(self) -> tuple[SectionResult, ...]:
        """Return the sections that could not look."""
        return tuple(section for section in self.sections if section.gap)


def evidence_id(sha256: str) -> str:
    """Return the id people see for a snapshot's digest."""
    return f"EV-{sha256[:12]}"


def _section(section: SectionResult) -> dict[str, Json]:
    facts: list[Json] = [
        {"name": fact.name, "value": fact.value, "unit": fact.unit, "az": fact.az} for fact in section.facts
    ]
    return {"key": section.key, "title": section.title, "facts": facts, "gap": section.gap}


@dataclass(frozen=True)
class Point:
    """One bucket of a metric: its start and its value, None where Azure had no sample."""

    at: datetime
    value: float | None


@dataclass(frozen=True)
class Series:
    """A metric over time, oldest first, one per value of the dimension it was split by (empty when not split)."""

    metric: str
    dimension: str
    points: tuple[Point, ...]

    @property
    def total(self) -> float:
        """Return the sum of the known buckets."""
        return sum(point.value for point in self.points if point.value is not None)

    @property
    def mean(self) -> float | None:
        """Return the mean of the known buckets, None when there is none."""
        known = [point.value for point in self.points if point.value is not None]
        return sum(known) / len(known) if known else None


@dataclass(frozen=True)
class Window:
    """A span of time, start inclusive, end exclusive."""

    start: datetime
    end: datetime
