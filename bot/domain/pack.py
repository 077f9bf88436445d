"""An evidence pack: one look in four parts, with digests and the proof that it is in the audit trail."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.entry import EntryProof
from bot.domain.evidence import Evidence, SectionResult
from bot.domain.json import Json

FORMAT = "countersign.evidencepack/1"
PARTS: Mapping[str, tuple[str, ...]] = {
    "Security": ("scope", "posture", "access", "content_filter", "safety", "changes"),
    "Reliability": (
        "configuration",
        "siblings",
        "model",
        "lineage",
        "health",
        "requests",
        "logs",
        "age",
        "retirement",
    ),
    "Cost": ("cost", "quota", "tokens"),
    "Performance": ("traffic", "latency", "ptu"),
}


@dataclass(frozen=True)
class Pack:
    """A snapshot, the entry that recorded it, and what it was made for (a change or an incident, or nothing)."""

    evidence: Evidence
    proof: EntryProof
    vkey: str
    about: str = ""

    @property
    def parts(self) -> dict[str, tuple[SectionResult, ...]]:
        """Return the sections of each part, in reading order."""
        by_key = {section.key: section for section in self.evidence.sections}
        return {name: tuple(by_key[key] for key in keys if key in by_key) for name, keys in PARTS.items()}

    def as_json(self) -> dict[str, Json]:
        """Return the pack as its JSON file holds it; `snapshot` is the canonical text whose SHA-256 is recorded."""
        return {
            "format": FORMAT,
            "alias": self.evidence.alias,
            "arm_id": self.evidence.ref.key,
            "taken_at": self.evidence.taken_at.isoformat(),
            "about": self.about,
            "parts": {name: [section.key for section in found] for name, found in self.parts.items()},
            "snapshot": self.evidence.body.decode(),
            "sha256": self.evidence.digest,
            "proof": self.proof.as_json(),
            "vkey_hint": self.vkey,
        }
