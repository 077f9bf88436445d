"""A signed log in memory and the packs pressed from it, so that every attack begins with a pack that holds."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.domain.merkle import consistency_proof, inclusion_proof, leaf_hash, root
from bot.domain.note import Checkpoint, Signer
from bot.domain.proof_pack import Bundle, Consistency, Disclosure, PackAnchor, PackEntry, ProofPack
from storage.ledger_values import commitment_of

ORIGIN = "countersign.example.test/audit/2026"
PLAN = "d" * 64
SALT = "AAAAAAAAAAAAAAAAAAAAAA"


def laid_open(path: str, text: str) -> str:
    """Return a disclosure as the trail keeps it."""
    return json.dumps([SALT, path, text], separators=(",", ":"), ensure_ascii=False)


@dataclass
class Press:
    """A log: what is appended is linked and numbered as the ledger does it."""

    origin: str = ORIGIN
    signer: Signer | None = None
    bodies: list[str] = field(default_factory=list)
    seqs: dict[str, list[int]] = field(default_factory=dict)
    disclosures: dict[int, tuple[str, str]] = field(default_factory=dict)
    chain: dict[str, tuple[int, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make a key of its own where none is given."""
        self.key = self.signer or Signer.parse(Signer.generate(self.origin)[0])

    @property
    def leaves(self) -> list[bytes]:
        """Return the leaf hashes of the log."""
        return [leaf_hash(each.encode()) for each in self.bodies]

    def add(self, type_: str, by: str = "U0ALICE", change: str = "CHG-1", **data: Any) -> str:
        """Append an entry and return its leaf hash; `reason` is committed to, and kept apart."""
        seq, actor = len(self.bodies), {"kind": "slack_user", "id": by.partition("/")[0]}
        if "/" in by:
            actor["entra_oid"] = by.partition("/")[2]
        if "reason" in data:
            self.disclosures[seq] = ("reason", laid_open("reason", data["reason"]))
            data["reason"] = {"_sd": commitment_of(self.disclosures[seq][1].encode())}
        n, prev = self.chain.get(change, (0, "0" * 64))
        body = {
            "v": 1,
            "log": self.origin,
            "seq": seq,
            "prev": self.leaves[-1].hex() if seq else "0" * 64,
            "id": "01JDA5S3V0000000000000000A",
            "type": type_,
            "ts": f"2026-11-22T09:{seq % 60:02d}:00.000000Z",
            "actor": actor,
            "subject": {
                "change": change,
                "n": n,
                "prev": prev,
                "resource": "/subscriptions/s/deployments/ft",
            },
            "data": data,
            "evidence": [],
            "req": {"source": "slack", "ref": "01JDA5S3V0000000000000000B"},
            "bot": {"version": "1.0.0", "build": "test", "writer": "01JDA5S3V0000000000000000C"},
        }
        self.bodies.append(json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False))
        self.seqs.setdefault(change, []).append(seq)
        self.chain[change] = (n + 1, self.leaves[-1].hex())
        return self.leaves[-1].hex()

    def fill(self, entries: int) -> None:
        """Append entries of other changes."""
        for each in range(entries):
            self.add("change.requested", change=f"CHG-{1000 + each}", revision=1)

    def note(self, size: int = 0) -> str:
        """Return the signed checkpoint of a size, the newest without one."""
        size = size or len(self.bodies)
        return self.key.sign(Checkpoint(self.origin, size, root(self.leaves[:size])).text())

    def bundle(self, change: str = "CHG-1", since: int = 0) -> Bundle:
        """Return a change's entries with their proofs, and that the log extends what it was at a size."""
        leaves = self.leaves
        seqs = self.seqs.get(change, [])
        older = (
            Consistency(self.note(since), tuple(consistency_proof(since, len(leaves), leaves)))
            if since
            else None
        )
        return Bundle(
            self.note(),
            tuple(PackEntry(seq, self.bodies[seq], tuple(inclusion_proof(seq, leaves))) for seq in seqs),
            tuple(Disclosure(seq, *self.disclosures[seq]) for seq in seqs if seq in self.disclosures),
            older,
        )

    def pack(
        self, ended: str = "change.closed", anchors: Sequence[PackAnchor] = (), since: int = 0
    ) -> dict[str, Any]:
        """Return the pack of CHG-1 as its file holds it."""
        made = ProofPack("CHG-1", ended, (self.bundle(since=since),), tuple(anchors), (self.key.vkey,))
        found: dict[str, Any] = json.loads(json.dumps(made.as_json()))
        return found


def lived(press: Press | None = None, **turns: Mapping[str, Any]) -> Press:
    """Return a log in which CHG-1 lived: twelve entries from request to close, among others.

    `turns` names an entry (`approved`, `started`, …) and what it says otherwise; `by` is who did it.
    """
    press = press or Press()
    press.fill(3)
    said: dict[str, dict[str, Any]] = {name: dict(each) for name, each in turns.items()}

    def add(name: str, type_: str, by: str, **data: Any) -> str:
        other = said.pop(name, {})
        who = other.pop("by", by)
        return press.add(type_, who, **{**data, **other})

    add("snapshot", "evidence.snapshot", "U0ALICE", alias="triage-prod")
    add(
        "requested",
        "change.requested",
        "U0ALICE/0a",
        revision=1,
        kind="scale",
        owner="U0OWNER",
        reason="Busy.",
    )
    add("planned", "change.planned", "U0ALICE/0a", revision=1, plan_digest=PLAN, tier="high")
    add("judged", "policy.evaluated", "U0ALICE/0a", revision=1, quorum=2, groups=["approvers"])
    press.fill(2)
    votes = {"revision": 1, "plan_digest": PLAN, "behalf": [], "groups": ["approvers"], "quorum": 2}
    first = add("approved", "change.approved", "U0BOB/0b", **votes, counted=1, reason="Seen.")
    second = add("second", "change.approved", "U0CAROL/0c", **votes, counted=2, reason="Me too.")
    add("asked", "change.apply_requested", "U0ALICE/0a", revision=1, plan_digest=PLAN)
    add(
        "started",
        "change.execution.started",
        "executor",
        revision=1,
        plan_digest=PLAN,
        approvals=[first, second],
    )
    add("finished", "change.execution.finished", "executor", plan_digest=PLAN, untouched=2)
    add("validated", "change.validated", "timer", verdict="better")
    add("attested", "change.attested", "U0OWNER", verdict="better")
    add("closed", "change.closed", "U0OWNER")
    press.fill(4)
    assert not said, f"no such entry: {', '.join(said)}"
    return press


def keys_of(press: Press) -> list[Any]:
    """Return the keys that somebody trusts who trusts this log."""
    from bot.domain.public_key import PublicKey

    return [PublicKey.parse(press.key.vkey)]
