"""An evidence pack: one look in four parts, with digests and the proof that it is in the audit trail."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from bot.domain.entry import EntryProof
from bot.domain.evidence import Evidence, SectionResult
from bot.domain.json import Json

FORMAT = "countersign.evidencepack/2"
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
class ChangeRecord:
    """What is on record of a change, as canonical text, and what proves it: its entries, the snapshots it names.

    What people wrote in their own words is not in it: the trail holds commitments of that, and the text itself
    lives where it can be erased.
    """

    id: str
    body: bytes
    entries: tuple[EntryProof, ...]
    kept: Mapping[str, str]

    @property
    def sha256(self) -> str:
        """Return the digest of the record."""
        return sha256(self.body).hexdigest()

    @property
    def document(self) -> dict[str, Json]:
        """Return the record, parsed."""
        document: dict[str, Json] = json.loads(self.body)
        return document

    def as_json(self) -> dict[str, Json]:
        """Return the record as a pack holds it; the entry of the pack names the SHA-256 of `text`."""
        return {
            "id": self.id,
            "text": self.body.decode(),
            "sha256": self.sha256,
            "entries": [each.as_json() for each in self.entries],
            "kept": dict(self.kept),
        }


@dataclass(frozen=True)
class Pack:
    """A snapshot, the entry that recorded it, and the change it was made for, if it was made for one."""

    evidence: Evidence
    proof: EntryProof
    vkey: str
    change: ChangeRecord | None = None

    @property
    def parts(self) -> dict[str, tuple[SectionResult, ...]]:
        """Return the sections of each part, in reading order."""
        by_key = {section.key: section for section in self.evidence.sections}
        return {name: tuple(by_key[key] for key in keys if key in by_key) for name, keys in PARTS.items()}

    def as_json(self) -> dict[str, Json]:
        """Return the pack as its JSON file holds it.

        The entry records the SHA-256 of `snapshot`; in a pack of a change that of the record, which names it.
        """
        return {
            "format": FORMAT,
            "alias": self.evidence.alias,
            "arm_id": self.evidence.ref.key,
            "taken_at": self.evidence.taken_at.isoformat(),
            "change": self.change.as_json() if self.change else None,
            "parts": {name: [section.key for section in found] for name, found in self.parts.items()},
            "snapshot": self.evidence.body.decode(),
            "sha256": self.evidence.digest,
            "proof": self.proof.as_json(),
            "vkey_hint": self.vkey,
        }
