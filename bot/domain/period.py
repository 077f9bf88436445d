"""What a period of the audit trail holds: how much of what, by whom, on what, and each change with its proof."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class PeriodChange:
    """A change that was touched in the period: what it was, how it ended (empty: open), and whether its proof holds.

    `file` is where its proof pack is, empty where the trail does not prove it; `verdict` says why in a sentence.
    """

    id: str
    kind: str
    target: str
    requester: str
    ended: str
    entries: int
    holds: bool
    verdict: str
    file: str


@dataclass(frozen=True)
class Period:
    """Everything the first page of a period's evidence says."""

    asked: str
    logs: Sequence[str]
    entries: int
    first: str
    last: str
    types: Sequence[tuple[str, int]]
    targets: Sequence[tuple[str, int]]
    people: Sequence[tuple[str, int]]
    changes: Sequence[PeriodChange]
    ok: bool
    size: int
    root: str
    findings: Sequence[str]
    checkpoints: Mapping[str, str]
    vkeys: Sequence[str]


@dataclass
class PeriodCounts:
    """Counts entries as they go by; `aliases` names the targets by their lower-cased ARM ids."""

    aliases: Mapping[str, str] = field(default_factory=dict)
    entries: int = 0
    first: str = ""
    last: str = ""
    types: Counter[str] = field(default_factory=Counter)
    targets: Counter[str] = field(default_factory=Counter)
    people: Counter[str] = field(default_factory=Counter)
    logs: dict[str, None] = field(default_factory=dict)
    changes: dict[str, None] = field(default_factory=dict)

    def add(self, body: Mapping[str, Any]) -> None:
        """Count one entry."""
        at, actor, subject = str(body.get("ts", "")), body.get("actor", {}), body.get("subject", {})
        self.entries += 1
        self.first, self.last = self.first or at, at
        self.types[str(body.get("type", ""))] += 1
        self.logs.setdefault(str(body.get("log", "")))
        if subject.get("resource"):
            self.targets[self.target(str(subject["resource"]))] += 1
        if actor.get("kind") in ("slack_user", "operator"):
            self.people[str(actor.get("id", ""))] += 1
        if subject.get("change"):
            self.changes.setdefault(str(subject["change"]))

    def target(self, resource: str) -> str:
        """Return what people call a resource: its alias, else the last part of its ARM id."""
        return self.aliases.get(resource.lower(), resource.rsplit("/", 1)[-1])


def ranked(counts: Counter[str]) -> list[tuple[str, int]]:
    """Return names with their counts, the most frequent first, equals by name."""
    return sorted(counts.items(), key=lambda each: (-each[1], each[0]))
