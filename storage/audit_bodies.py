"""What bodies must say: canonical, at their place, in their change's chain, and truly disclosed."""

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.domain.commitments import commitments, is_commitment
from bot.domain.errors import ProofError
from bot.domain.json import canonical
from bot.domain.strict_json import strict_object
from storage.audit_findings import Findings
from storage.audit_reader import raw_bytes
from storage.key_chain import GENESIS
from storage.ledger_values import ORIGIN_PREV, commitment_of
from storage.vault import Unread

_TOLERATED = timedelta(seconds=1)


@dataclass
class Chains:
    """Where each change's own chain stands, across shards, and how many texts are no longer there, or sealed."""

    heads: dict[str, tuple[int, str]] = field(default_factory=dict)
    withheld: int = 0
    sealed: int = 0

    def follows(self, subject: dict[str, Any], leaf: bytes) -> bool:
        """Return whether the subject is next in its change's chain, and remember it."""
        change = subject.get("change", "")
        if not change:
            return "n" not in subject and "prev" not in subject
        expected = self.heads.get(change, (0, ORIGIN_PREV))
        given = (subject.get("n"), subject.get("prev"))
        self.heads[change] = (expected[0] + 1, leaf.hex())
        return given == expected


@dataclass
class BodyCheck:
    """Looks into each body of one shard in turn."""

    findings: Findings
    chains: Chains
    log: str = ""
    _time: datetime | None = None
    _commitments: dict[int, dict[str, str]] = field(default_factory=dict)

    def entry(self, row: Any, leaf: bytes) -> None:
        """Check one entry: seq, body, leaf hash, and the searched columns."""
        seq, body = row[0], row[1]
        try:
            document = strict_object(body)
            canonical_body = canonical(document).decode()
            self._typed(seq, document)
            if canonical_body != body or not unicodedata.is_normalized("NFC", body):
                self.findings.add("S1", seq)
            self._placed(seq, document, leaf)
            if tuple(row[3:8]) != _projected(document):
                self.findings.add("S3", seq)
        except (ProofError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            self.findings.add("S7", seq, type(error).__name__)

    def disclosures(self, rows: Sequence[Any]) -> None:
        """Check stored disclosures against the commitments seen since the last call; missing is withheld.

        One whose key was destroyed is withheld too; one whose key is not given here is counted and not looked at.
        """
        self.chains.withheld += sum(len(each) for each in self._commitments.values()) - len(rows)
        for seq, path, disclosure in rows:
            expected = self._commitments.get(seq, {}).get(path)
            self.chains.withheld += disclosure is Unread.GONE
            self.chains.sealed += disclosure is Unread.SHUT
            fits = not isinstance(disclosure, str) or _fits(disclosure, path, expected)
            if expected is None or disclosure is Unread.ALTERED or not fits:
                self.findings.add("S4", seq, path)
        self._commitments.clear()

    def _typed(self, seq: int, document: dict[str, Any]) -> None:
        if seq == 0:
            self.log = document["log"]
            if document["type"] not in GENESIS:
                self.findings.add("S8", 0, document["type"])
        time = datetime.fromisoformat(document["ts"])
        if self._time is not None and time < self._time - _TOLERATED and document["type"] != "clock.skew":
            self.findings.add("S6", seq)
        self._time = time

    def _placed(self, seq: int, document: dict[str, Any], leaf: bytes) -> None:
        if (document["v"], document["seq"], document["log"]) != (1, seq, self.log):
            self.findings.add("C5", seq)
        if not self.chains.follows(document["subject"], leaf):
            self.findings.add("C4", seq, str(document["subject"].get("change", "")))
        if found := commitments(document):
            self._commitments[seq] = found


def _fits(disclosure: str, path: str, expected: str | None) -> bool:
    try:
        named = json.loads(disclosure)[1]
    except (ValueError, LookupError, TypeError):
        return False
    return named == path and commitment_of(raw_bytes(disclosure)) == expected


def _projected(document: dict[str, Any]) -> tuple[Any, ...]:
    subject, actor = document["subject"], document["actor"]
    named = actor.get("id")
    who = canonical(named).decode() if is_commitment(named) else named
    return (document["id"], document["type"], document["ts"], subject.get("change"), who)
