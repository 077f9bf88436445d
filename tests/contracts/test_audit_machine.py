"""The trail driven at random: whatever honest writers and keepers do, verifying finds nothing and every proof holds.

Two writers append in batches, roll back, die and start again; somebody rotates keys, seals shards, erases texts,
anchors what a second key signs, and the clock goes back. `COUNTERSIGN_TRAIL_APPENDS=100000` runs until so many
entries were appended (bench/RESULTS.md).
"""

import asyncio
import os
from collections import Counter
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bot.domain.entry import NewEntry
from bot.domain.errors import InvalidInputError
from bot.domain.merkle import verify_consistency
from bot.domain.note import Checkpoint, CosigningKey, Signer, new_pem, parse_note
from bot.domain.public_key import ECDSA_P256
from bot.ports.anchors import Anchored
from storage.anchor_rows import AnchorRows
from storage.audit_verify import verify_log
from storage.database import Database
from storage.erasing import erase_person, erase_text
from storage.keeper import Keeper
from storage.ledger import Ledger
from storage.ledger_proofs import TreeReader
from storage.ledger_sql import AuditRows
from storage.shards import rotate, seal
from tests.contracts.audit_house import ORIGIN, WRITER, House, entry, open_house
from tests.contracts.fixtures_storage import StandingClock

WANTED = int(os.environ.get("COUNTERSIGN_TRAIL_APPENDS", "0"))
BATCH = st.integers(1, 300 if WANTED else 20)
WRITERS = st.integers(0, 1)
HAPPENED: Counter[str] = Counter()
MUST_HAPPEN = (
    "append",
    "roll back",
    "restart",
    "second writer",
    "rotate",
    "seal",
    "erase",
    "clock back",
    "proof",
    "anchor",
)
SECOND = CosigningKey.parse("example.test/hsm", new_pem(ECDSA_P256))
LATER_KEYS = [
    Signer.parse(Signer.generate(name)[0]) for n in range(4) for name in [f"{ORIGIN}.{n}"] for _ in range(3)
]


@dataclass
class Trail:
    """A house with two writers who hold every key there will be, and what was seen of its log."""

    house: House
    keys: list[Signer]
    writers: list[Ledger] = field(default_factory=list)
    seen: list[tuple[int, Checkpoint]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    last_writer: int = 0
    clock: StandingClock = field(default_factory=StandingClock)

    def writer(self) -> Ledger:
        """Return a writer that has just started."""
        first = self.keys[0]
        return Ledger(signer=first, origin=first.name, signers=self.keys, writer=WRITER)

    def keeper(self) -> Keeper:
        """Return who keeps the trail, for one act."""
        return Keeper(Database(self.house.engine), self.writer(), self.keys, self.clock, "kim")

    def batch(self, size: int, *, texts: bool) -> list[NewEntry]:
        """Return entries of two changes and of none, some with texts that can be erased."""
        said = {"reason": "somebody's own words"} if texts else {}
        made = [entry(change=f"CHG-{n % 3}" if n % 3 else "", disclosures=said) for n in range(size)]
        self.clock.forward(seconds=1)
        return made

    async def append(self, by: int, events: list[NewEntry], *, commit: bool) -> None:
        """Append in one transaction that commits, or not."""
        writer = self.writers[by]
        async with self.house.engine.connect() as connection:
            transaction = await connection.begin()
            await writer.append(connection, events, now=self.clock.now())
            await (transaction.commit() if commit else transaction.rollback())
        writer.committed(connection) if commit else writer.forget()

    async def anchor(self, by: int) -> None:
        """Keep an anchor of the newest checkpoint that a second key signed, and the entry that says so."""
        shard, now = await self.head()
        name, line = SECOND.verifier.name, SECOND.line(now.text(), 0)
        made = Anchored(shard, now.size, "file", f"#{now.size}", self.clock.now(), ((name, line),))
        said = entry("checkpoint.anchored", change="", data={"size": now.size, "cosigned": [name]})
        async with self.house.engine.begin() as connection:
            if await AnchorRows(connection).add_anchor(made):
                await self.writers[by].append(connection, [said], now=self.clock.now())
        self.writers[by].committed(connection)

    async def head(self) -> tuple[int, Checkpoint]:
        """Return the newest shard and its newest checkpoint."""
        shard, note = (
            await self.house.rows(
                "SELECT shard, note FROM {}audit_checkpoint ORDER BY shard DESC, size DESC LIMIT 1"
            )
        )[0]
        return int(shard), Checkpoint.parse(parse_note(note)[0])


class TrailMachine(RuleBasedStateMachine):
    """Random acts on one trail."""

    def __init__(self) -> None:
        """Make a database of its own."""
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.stack = AsyncExitStack()
        self.folder = self.stack.enter_context(TemporaryDirectory(prefix="countersign-trail-"))

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Wait for something."""
        return self.loop.run_until_complete(work)

    @initialize(more=st.integers(1, 2))
    def open(self, more: int) -> None:
        """Open the log, with keys of its first name and of others to come."""
        url = f"sqlite:///{Path(self.folder) / 'trail.db'}"
        house = self.run(self.stack.enter_async_context(open_house(url)))
        own = [Signer.parse(Signer.generate(ORIGIN)[0]) for _ in range(more)]
        self.trail = Trail(house, [Signer.parse(house.skey), *own, *LATER_KEYS])
        self.trail.writers = [self.trail.writer(), self.trail.writer()]
        self.trail.seen.append(self.run(self.trail.head()))

    @rule(by=WRITERS, size=BATCH, texts=st.booleans())
    def append(self, by: int, size: int, texts: bool) -> None:
        """A writer appends."""
        events = self.trail.batch(size, texts=texts)
        self.run(self.trail.append(by, events, commit=True))
        self.trail.ids.append(events[-1].id)
        HAPPENED["append"] += size
        HAPPENED["second writer"] += by != self.trail.last_writer
        self.trail.last_writer = by
        if size % 2:
            self.prove(size, 1 - by)

    @rule(by=WRITERS, size=BATCH)
    def roll_back(self, by: int, size: int) -> None:
        """A writer's transaction is taken back."""
        self.run(self.trail.append(by, self.trail.batch(size, texts=True), commit=False))
        HAPPENED["roll back"] += 1

    @rule(by=WRITERS)
    def restart(self, by: int) -> None:
        """A writer dies and starts again."""
        self.trail.writers[by] = self.trail.writer()
        HAPPENED["restart"] += 1

    @rule(seconds=st.integers(2, 100))
    def put_the_clock_back(self, seconds: int) -> None:
        """The clock goes back; the next entry says so first."""
        self.trail.clock.forward(seconds=-seconds)
        HAPPENED["clock back"] += 1

    @precondition(lambda self: self.run(self.trail.head())[0] < 4)
    @rule()
    def seal(self) -> None:
        """Somebody seals the shard."""
        self.run(seal(self.trail.keeper()))
        HAPPENED["seal"] += 1

    @rule()
    def rotate(self) -> None:
        """Somebody rotates the key, while there is another of its name."""
        try:
            self.run(rotate(self.trail.keeper()))
        except InvalidInputError:
            return
        HAPPENED["rotate"] += 1

    @rule(everything=st.booleans(), at=st.integers(0, 10_000))
    def erase(self, everything: bool, at: int) -> None:
        """Somebody erases a text, or all of a person's."""
        found = self.run(self.trail.house.rows("SELECT shard, seq, path FROM {}audit_disclosure"))
        if not found:
            return
        shard, seq, path = found[at % len(found)]
        keeper = self.trail.keeper()
        self.run(
            erase_person(keeper, "U1", "asked")
            if everything
            else erase_text(keeper, seq, path, "asked", shard)
        )
        HAPPENED["erase"] += 1

    @rule(by=WRITERS)
    def anchor(self, by: int) -> None:
        """The newest checkpoint is anchored, and a second key signs it."""
        self.run(self.trail.anchor(by))
        HAPPENED["anchor"] += 1

    def prove(self, at: int, by: int) -> None:
        """An entry is in the signed log, and the log extends what it was."""
        self.run(self._prove(self.trail.ids[at % len(self.trail.ids)], by))
        HAPPENED["proof"] += 1

    async def _prove(self, id_: str, by: int) -> None:
        shard, now = await self.trail.head()
        async with self.trail.house.engine.begin() as connection:
            await self.trail.writers[by].proof_of_entry(connection, id_)
            tree = TreeReader(AuditRows(connection, shard), now.size)
            for seen, old in self.trail.seen[-20:]:
                if seen == shard:
                    proof = await tree.consistency(old.size)
                    verify_consistency(
                        old=old.size, new=now.size, old_root=old.root, new_root=now.root, proof=proof
                    )

    @rule(at=st.integers(0, 10_000), deep=st.booleans())
    def verify(self, at: int, deep: bool) -> None:
        """Verifying finds nothing, whichever of the keys in use one trusts."""
        used = {key for each in self.run(self._used()) for key in each}
        vkey = sorted(used)[at % len(used)]
        report = verify_log(self.trail.house.url, [vkey, SECOND.verifier.vkey], deep=deep)
        assert report.findings == ()
        assert report.unchecked == 0
        assert report.withheld == report.erased

    async def _used(self) -> list[tuple[str, ...]]:
        rows = await self.trail.house.rows(
            "SELECT json_extract(body, '$.data.vkey') FROM {}audit_entry WHERE type IN ('log.opened', 'key.rotated')"
        )
        return [tuple(row) for row in rows]

    @invariant()
    def grows(self) -> None:
        """The log never becomes shorter."""
        if not hasattr(self, "trail"):
            return
        shard, now = self.run(self.trail.head())
        before, old = self.trail.seen[-1]
        assert (shard, now.size) >= (before, old.size if shard == before else 0)
        if (shard, now) != (before, old):
            self.trail.seen.append((shard, now))

    def teardown(self) -> None:
        """Verify once more, and put everything away."""
        if hasattr(self, "trail"):
            self.verify(0, deep=True)
        self.run(self.stack.aclose())
        self.loop.close()


def test_no_honest_act_is_ever_taken_for_tampering() -> None:
    HAPPENED.clear()
    rounds = settings(
        max_examples=20 if WANTED else 8,
        stateful_step_count=60 if WANTED else 30,
        derandomize=not WANTED,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(TrailMachine, settings=rounds)
    while HAPPENED["append"] < WANTED:
        run_state_machine_as_test(TrailMachine, settings=rounds)
    print(dict(HAPPENED))
    assert [each for each in MUST_HAPPEN if not HAPPENED[each]] == []
