"""Deciding and applying: from a person's click to the durable decision, and to the call that reaches Azure."""

import asyncio
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from aiohttp import ClientSession

from bench.children import child
from bench.measure import Row, Watch
from tests.journeys.people import Json, People, words_of

PENDING = 10_000
ROUNDS = 7
PATIENCE_SECONDS = 20.0
WINDOW_SECONDS = 31 * 60
ALICE, BOB = "U0ALICE", "U0BOB"
FACTS = {
    "owner": "U0OWNER",
    "ticket": "OPS-1",
    "reason": "The morning peak is throttled.",
    "expected_cost": "tokens as used",
    "validation_signal": "HTTP 429 below 1 %",
    "rollback_plan": "Set the capacity back.",
}


@dataclass
class Times:
    """What was measured while a number of changes was pending."""

    decision: Watch = field(default_factory=Watch)
    call: list[float] = field(default_factory=list)
    hops: Watch = field(default_factory=Watch)


@dataclass
class Office:
    """Two people who decide on one change after the other, and the two hops to compare with."""

    people: People
    session: ClientSession
    relay: str
    number: int = 0

    async def requested(self, target: str, capacity: int) -> Json:
        """Ask for a change as Alice and return its card, waiting for an approval."""
        said = await self.people.say(ALICE, f"/cs change request scale {target}")
        _demand(said)
        form = await self.people.view(ALICE, lambda view: "Live now" in words_of(view))
        _demand(await self.people.submit(ALICE, form, {**FACTS, "capacity": str(capacity)}))
        self.number += 1
        return await self.people.card(BOB, f"CHG-{self.number}", "pending_approval")

    async def decided(self, card: Json, watch: Watch) -> Json:
        """Approve as Bob; the submit is answered when the vote is durable."""
        _demand(await self.people.click(BOB, card, "change.approve"))
        review = await self.people.view(BOB, _is_ready)
        with watch.timing():
            answer = await self.people.submit(BOB, review, {"decision": "approve"})
        _demand(answer)
        return await self.people.card(BOB, f"CHG-{self.number}", "approved")

    async def applied(self, card: Json, path: str) -> float:
        """Apply as Alice; return the milliseconds until the call reached Azure, and let the window end."""
        _demand(await self.people.click(ALICE, card, "change.apply"))
        confirm = await self.people.view(ALICE, "change.apply.confirm")
        offset = float((await self.people.get("/clock"))["offset_seconds"])
        clicked = time.time() + offset
        _demand(await self.people.submit(ALICE, confirm, {}))
        await self.people.card(BOB, f"CHG-{self.number}", "verifying")
        arrived = await self._arrival(path)
        await self.people.advance(WINDOW_SECONDS)
        await self.people.card(BOB, f"CHG-{self.number}", "awaiting_attestation")
        return (arrived - clicked) * 1000

    async def hop(self, watch: Watch) -> None:
        """Send a request of the same size through two bare processes."""
        with watch.timing():
            async with self.session.post(self.relay, data=b"x" * 4000) as answer:
                await answer.read()

    async def _arrival(self, path: str) -> float:
        async with self.session.get(f"{self.people.azure}/control/requests") as answer:
            found = (await answer.json())["requests"]
        last = [each for each in found if each["method"] == "PATCH" and each["path"].endswith(path)][-1]
        return datetime.fromisoformat(last["at"]).timestamp()


async def decide() -> Sequence[Row]:
    """Return the times with nothing else pending, and with 10,000 changes pending."""
    with TemporaryDirectory(prefix="countersign-bench-") as folder:
        async with (
            child("bench.world", folder) as world,
            child("bench.floor") as first,
            child("bench.floor") as second,
            ClientSession() as session,
        ):
            people = People(session, world["slack"], world["azure"])
            office = Office(people, session, f"{first['url']}/relay?to={second['url']}/")
            few = await _measured(office, 121)
            await office.requested("email-prod", 31)
            await asyncio.to_thread(multiply, Path(folder) / "countersign.db", office.number)
            office.number += PENDING
            many = await _measured(office, 121 + ROUNDS)
    return [
        row
        for words, times in (("", few), (f", {PENDING:,} pending", many))
        for row in (
            Row(f"click → durable decision{words}", times.decision.times, times.hops.times, "two bare hops"),
            Row(f"click → call at Azure{words}", times.call, times.hops.times, "two bare hops"),
        )
    ]


async def _measured(office: Office, start: int) -> Times:
    """Raise the capacity by one, again and again: less would want a second approval."""
    times = Times()
    for each in range(ROUNDS):
        card = await office.requested("triage-prod", start + each)
        card = await office.decided(card, times.decision)
        for _ in range(5):
            await office.hop(times.hops)
        times.call.append(await office.applied(card, "/support-triage-ft"))
    return times


def multiply(path: Path, number: int) -> None:
    """Copy a pending change until there are ten thousand of it."""
    database = sqlite3.connect(path, timeout=PATIENCE_SECONDS)
    with database:
        names = [row[1] for row in database.execute("PRAGMA table_info(change)") if row[1] != "number"]
        listed = ", ".join(names)
        database.execute(
            f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {PENDING}) "
            f"INSERT INTO change({listed}) SELECT {listed} FROM change, n WHERE number = {number}"
        )
    database.close()


def _is_ready(view: Json) -> bool:
    return view["callback_id"] == "change.decide" and "Reading the live" not in words_of(view)


def _demand(answer: Json) -> None:
    if not answer.get("ok"):
        raise RuntimeError(f"the app refused: {answer}")
