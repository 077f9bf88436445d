"""Evidence: facts with their source, gaps with their reason, and the snapshot they form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.deployment import DeploymentRef
from bot.domain.json import Json, canonical, digest

DECLARED = "countersign.toml"
GONE = "gone"


@dataclass(frozen=True)
class Fact:
    """One thing that was seen: what, how much, when, and by which equivalent `az` command.

    What no command shows has an empty `az` and says in `source` whose word it is, such as `countersign.toml`.
    """

    name: str
    value: str
    unit: str
    az: str
    observed_at: datetime
    aside: str = ""
    source: str = ""

    @property
    def words(self) -> str:
        """Return the value with its unit and what is said beside it, as a person reads it."""
        beside = f"({self.aside})" if self.aside else ""
        return " ".join(part for part in (self.value, self.unit, beside) if part)


def own(name: str, value: str, at: datetime, source: str, aside: str = "") -> Fact:
    """Return a fact that no `az` command shows, with the place its word is from."""
    return Fact(name, value, "", "", at, aside, source)


@dataclass(frozen=True)
class SectionResult:
    """What a section saw. A gap is a section that could not look, and why; it has no facts.

    `is_missing`: it could not look because what it looks at does not exist.
    """

    key: str
    title: str
    facts: tuple[Fact, ...] = ()
    gap: str = ""
    is_pending: bool = False
    is_missing: bool = False


@dataclass(frozen=True)
class Evidence:
    """A read-only look at one deployment at one time."""

    ref: DeploymentRef
    alias: str
    taken_at: datetime
    sections: tuple[SectionResult, ...]
    asked_by: str = ""
    redacted: int = 0
    strain: str = ""

    def as_json(self) -> dict[str, Json]:
        """Return the snapshot as it is stored: without what changes at every look, such as times and ages."""
        return {
            "format": "countersign.evidence/1",
            "arm_id": self.ref.key,
            "alias": self.alias,
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

    @property
    def gone(self) -> SectionResult | None:
        """Return what is known of a deployment that does not exist, None of one that does."""
        return next((section for section in self.sections if section.key == GONE), None)

    @property
    def is_complete(self) -> bool:
        """Return whether no section is still being looked at."""
        return not any(section.is_pending for section in self.sections)


def evidence_id(sha256: str) -> str:
    """Return the id people see for a snapshot's digest."""
    return f"EV-{sha256[:12]}"


def stored_evidence(document: Mapping[str, Json], ref: DeploymentRef, taken_at: datetime) -> Evidence | None:
    """Return a stored snapshot as it was seen, with the same digest; None when it is of something else.

    What is not stored, such as ages, is left out.
    """
    if document.get("arm_id") != ref.key:
        return None
    sections = tuple(
        SectionResult(
            str(each["key"]),
            str(each["title"]),
            tuple(_stored(fact, taken_at) for fact in _maps(each["facts"])),
            str(each["gap"]),
        )
        for each in _maps(document.get("sections"))
    )
    return Evidence(ref, str(document.get("alias", "")), taken_at, sections)


def _stored(fact: Mapping[str, Json], at: datetime) -> Fact:
    name, value, unit, az, source = (
        str(fact.get(key, "")) for key in ("name", "value", "unit", "az", "source")
    )
    return Fact(name, value, unit, az, at, source=source)


def _maps(found: Json) -> list[Mapping[str, Json]]:
    """Return the objects of a list."""
    listed = found if isinstance(found, Sequence) and not isinstance(found, str) else ()
    return [each for each in listed if isinstance(each, Mapping)]


def changed_since(before: Mapping[str, Json], after: Mapping[str, Json]) -> tuple[str, ...]:
    """Return what a stored snapshot and a later one say differently: `Capacity: 120 → 150`, in reading order."""
    old, new = _facts(before), _facts(after)
    names = [*new, *(name for name in old if name not in new)]
    return tuple(
        f"{name}: {old.get(name, 'not seen')} → {new.get(name, 'not seen')}"
        for name in names
        if old.get(name) != new.get(name)
    )


def _facts(document: Mapping[str, Json]) -> dict[str, str]:
    found: dict[str, str] = {}
    for section in _maps(document.get("sections")):
        for fact in _maps(section.get("facts")):
            said = f"{fact.get('value', '')} {fact.get('unit', '')}".strip()
            found[f"{section.get('title', '')} · {fact.get('name', '')}"] = said
    return found


def _section(section: SectionResult) -> dict[str, Json]:
    facts: list[Json] = [_fact(fact) for fact in section.facts]
    return {"key": section.key, "title": section.title, "facts": facts, "gap": section.gap}


def _fact(fact: Fact) -> dict[str, Json]:
    shown: dict[str, Json] = {"az": fact.az} if fact.az else {"source": fact.source}
    return {"name": fact.name, "value": fact.value, "unit": fact.unit, **shown}


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
