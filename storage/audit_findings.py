"""What a verification finds: stable codes, and the report they are collected in."""

from base64 import b64encode
from collections import Counter
from dataclasses import dataclass, field

from bot.domain.json import Json

# A code never changes its meaning. C: leaves and links, M: signed checkpoints, S: meaning and schema, A: anchors,
# K: keys.
CODES = {
    "C1": "the body does not have the stored leaf hash",
    "C2": "the link to the entry before is wrong",
    "C3": "entries are missing",
    "C4": "a change's own chain is wrong",
    "C5": "the body is of another place or log",
    "M1": "a checkpoint is not signed by a known key, or is malformed",
    "M2": "a checkpoint is of another log",
    "M3": "a checkpoint is stored under another size",
    "M4": "a signed root is not the root of the entries",
    "M5": "entries are not signed",
    "M6": "more was signed or anchored than there is",
    "M7": "a tile is not what the entries give",
    "M8": "a shard does not follow the one before it",
    "M9": "a cosignature does not verify, or is gone",
    "S1": "a body is not canonical",
    "S2": "an id is used twice",
    "S3": "a searched column does not say what the body says",
    "S4": "a disclosure does not fit its commitment",
    "S5": "the schema is not the one that was installed",
    "S6": "time goes back without a clock.skew entry before",
    "S7": "a body is malformed",
    "S8": "the log does not begin with log.opened",
    "S9": "stored evidence does not have its digest",
    "A1": "an anchor is not signed by a known key, or cannot be read",
    "A2": "an anchor holds more entries than there are: the log was rolled back",
    "A3": "the entries do not have the anchored root: the log was rewritten or forked",
    "A4": "two anchors of one size disagree",
    "A5": "an anchor was edited, or what was anchored is gone",
    "K1": "a key signed outside its range of sizes",
    "K2": "a rotation is not signed by the old key and the new one",
    "K3": "a revoked key was used",
}
INFORMATION = frozenset({"S6"})
_SHOWN_PER_CODE = 10


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, with its stable code and the entry it is about, if any."""

    code: str
    seq: int | None
    message: str


@dataclass(frozen=True)
class VerifyReport:
    """The outcome: `size`, `root` and `checkpoint` describe the newest shard as its entries are.

    `withheld`: texts that are committed to and no longer there; `erased`: those of them that an entry says so of;
    `sealed`: texts under a key that was not given, not looked at.
    `earlier`: how many entries each shard before the newest has, oldest first; verified just as well.
    `cosigned`: how many signatures of witnesses and second keys were verified; `unchecked`: of keys nobody gave.
    """

    ok: bool
    size: int
    root: bytes
    checkpoint: str
    findings: tuple[Finding, ...]
    withheld: int = 0
    erased: int = 0
    earlier: tuple[int, ...] = ()
    cosigned: int = 0
    unchecked: int = 0
    sealed: int = 0

    def as_json(self) -> dict[str, Json]:
        """Return the report as `audit verify --json` prints it; what is withheld only where something is."""
        withheld: dict[str, Json] = (
            {"withheld": self.withheld, "erased": self.erased} if self.withheld else {}
        )
        sealed: dict[str, Json] = {"sealed": self.sealed} if self.sealed else {}
        earlier: dict[str, Json] = {"earlier": list(self.earlier)} if self.earlier else {}
        by_others: dict[str, Json] = {"cosigned": self.cosigned, "unchecked": self.unchecked}
        return (
            withheld
            | sealed
            | earlier
            | (by_others if self.cosigned or self.unchecked else {})
            | {
                "ok": self.ok,
                "size": self.size,
                "root": b64encode(self.root).decode(),
                "checkpoint": self.checkpoint,
                "findings": [
                    {"code": each.code, "seq": each.seq, "message": each.message} for each in self.findings
                ],
            }
        )


@dataclass
class Findings:
    """Findings as they come in; of each code the first ten are kept and the others counted."""

    _found: list[Finding] = field(default_factory=list)
    _counts: Counter[str] = field(default_factory=Counter)

    def add(self, code: str, seq: int | None, detail: str = "") -> None:
        """Note one finding."""
        self._counts[code] += 1
        if self._counts[code] <= _SHOWN_PER_CODE:
            self._found.append(Finding(code, seq, CODES[code] + (f": {detail}" if detail else "")))

    def all(self) -> tuple[Finding, ...]:
        """Return everything found, in order, with a line for each code that was found too often."""
        more = [
            Finding(code, None, f"{CODES[code]}: {count - _SHOWN_PER_CODE} more")
            for code, count in self._counts.items()
            if count > _SHOWN_PER_CODE
        ]
        return (*self._found, *more)
