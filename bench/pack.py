"""Proof packs: building one of twelve entries in a trail of 20,000, and checking it."""

import json
import sys
from collections.abc import Sequence
from hashlib import sha256
from tempfile import TemporaryDirectory

from bench.append import appended, event, opened_archive
from bench.measure import Row, Watch
from bot.domain.entry import NewEntry, new_ulid
from bot.domain.json import Json, canonical
from bot.domain.note import Verifier
from bot.domain.proof_check import check_pack
from bot.domain.public_key import PublicKey
from handlers.clock import WallClock
from storage.open import OpenArchive
from storage.proof_packs import proof_pack

ENTRIES, BATCH, ROUNDS = 20_000, 400, 30
MOST_BYTES, MOST_MILLISECONDS = 32 * 1024, 50.0
PLAN = "d" * 64
_CLOCK = WallClock()


async def pack() -> Sequence[Row]:
    """Return the time of building and of checking; stop when the pack is too large or does not hold."""
    built, checked, floor = Watch(), Watch(), Watch()
    with TemporaryDirectory(prefix="countersign-bench-") as folder:
        async with opened_archive(f"sqlite:///{folder}/bench.db") as opened:
            for first in range(0, ENTRIES, BATCH):
                await appended(opened, [event(first + each) for each in range(BATCH)])
                if first == ENTRIES // 2:
                    await _live(opened)
            vkey = opened.ledger.vkey
            body, verifiers, keys = b"", [Verifier.parse(vkey)], [PublicKey.parse(vkey)]
            for _ in range(ROUNDS):
                with built.timing():
                    async with opened.database.read() as connection:
                        found = await proof_pack(connection, "CHG-1", verifiers, disclose=True)
                    body = canonical(found.as_json())
                with checked.timing():
                    verdict = check_pack(body.decode(), keys)
                if verdict.exit:
                    raise RuntimeError(verdict.headline)
                with floor.timing():
                    sha256(body).digest()
    entries = len(json.loads(body)["entries"])
    print(f"pack: {entries} entries, {len(body):,} bytes of {MOST_BYTES:,}", file=sys.stderr)
    if len(body) > MOST_BYTES or min(checked.times) > MOST_MILLISECONDS:
        raise RuntimeError("the pack is too large, or its check too slow")
    return (
        Row("build a proof pack of 12 entries", built.times, floor.times, "SHA-256 of the file"),
        Row("check it with Python alone", checked.times, floor.times, "SHA-256 of the file"),
    )


async def _live(opened: OpenArchive) -> None:
    """Let CHG-1 live from request to close."""
    approvals: list[str] = []
    for type_, user, said in _STORY:
        more: dict[str, Json] = {"approvals": list(approvals)} if type_ == "change.execution.started" else {}
        entry = NewEntry(
            id=new_ulid(_CLOCK.now()),
            type=type_,
            actor={"kind": "slack_user", "id": user, "team": "T0CONTOSO", "auth": "slack-signed"},
            subject={
                "change": "CHG-1",
                "resource": f"/subscriptions/{'0' * 36}/resourcegroups/rg-ai/deployments/ft",
            },
            data={**said, **more},
            req={"source": "slack", "ref": new_ulid(_CLOCK.now()), "channel": "C0OPS"},
            disclosures={"reason": "The queue is full."} if type_ in _IN_WORDS else {},
        )
        async with opened.database.begin() as connection:
            receipts = await opened.ledger.append(connection, [entry], now=_CLOCK.now())
        opened.ledger.committed(connection)
        if type_ == "change.approved":
            approvals.append(receipts[0].leaf_hash)


_REVISION: dict[str, Json] = {"revision": 1, "plan_digest": PLAN}
_IN_WORDS = ("change.requested", "change.approved")
_STORY: tuple[tuple[str, str, dict[str, Json]], ...] = (
    ("evidence.snapshot", "U0ALICE", {"alias": "triage-prod"}),
    ("change.requested", "U0ALICE", {"revision": 1, "kind": "scale", "owner": "U0OWNER", "ticket": "OPS-1"}),
    ("change.planned", "U0ALICE", {**_REVISION, "tier": "high"}),
    (
        "policy.evaluated",
        "U0ALICE",
        {"revision": 1, "quorum": 2, "groups": ["approvers"], "policy_digest": PLAN},
    ),
    ("change.approved", "U0BOB", {**_REVISION, "groups": ["approvers"], "counted": 1, "quorum": 2}),
    ("change.approved", "U0CAROL", {**_REVISION, "groups": ["approvers"], "counted": 2, "quorum": 2}),
    ("change.apply_requested", "U0ALICE", _REVISION),
    ("change.execution.started", "executor", _REVISION),
    ("change.execution.finished", "executor", {"plan_digest": PLAN, "untouched": 2}),
    ("change.validated", "timer", {"verdict": "better", "before": "19.81 %", "after": "8.83 %"}),
    ("change.attested", "U0OWNER", {"verdict": "better"}),
    ("change.closed", "U0OWNER", {}),
)
