"""Idling: what the app costs while nobody asks anything, with incidents open and changes pending."""

import asyncio
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from aiohttp import ClientSession

from bench.children import child
from bench.decide import PENDING, Office, multiply
from bench.measure import Row
from tests.journeys.people import Json, People

INCIDENTS = 50
SECONDS = 10.0
ROUNDS = 6
SETTLE_SECONDS = 20.0
PATIENCE_SECONDS = 120.0
TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
TARGETS = ("triage-prod", "extract-prod", "email-prod", "triage-test", "router-test", "summary-test")


async def idle() -> Sequence[Row]:
    """Return what idling costs with nothing open, and with 50 incidents open and 10,000 changes pending."""
    with TemporaryDirectory(prefix="countersign-bench-") as folder:
        async with (
            child("bench.world", folder) as world,
            child("bench.floor") as floor,
            ClientSession() as session,
        ):
            people = People(session, world["slack"], world["azure"])
            ours, bare = int(world["pid"]), int(floor["pid"])
            await asyncio.sleep(SETTLE_SECONDS)
            calm, nothing = await _watched(ours), await _watched(bare)
            office = Office(people, session, "")
            await office.requested("email-prod", 31)
            await asyncio.to_thread(multiply, Path(folder) / "countersign.db", office.number)
            await _declared(people)
            await asyncio.sleep(SETTLE_SECONDS)
            busy, memory = await _watched(ours), [_memory(ours), _memory(bare)]
    full = f"{INCIDENTS} incidents open, {PENDING:,} changes pending"
    return [
        Row(f"processor time in {SECONDS:g} s, nothing open", calm, nothing, "an idle HTTP server"),
        Row(f"processor time in {SECONDS:g} s, {full}", busy, calm, "nothing open"),
        Row(f"memory, {full}", memory[:1], memory[1:], "an idle HTTP server", "MiB"),
    ]


async def _declared(people: People) -> None:
    """Declare the incidents, as people would; the channel, the card and the first snapshot of each come by jobs."""
    for n in range(INCIDENTS):
        target = TARGETS[n % len(TARGETS)]
        said = await people.say(
            "U0ALICE", f'/cs incident declare "Load {n}" --sev 1 --target {target} --anyway'
        )
        if not said.get("ok"):
            raise RuntimeError(f"the app refused: {said}")
    for n in range(INCIDENTS):
        await people.message("U0ALICE", _names(n + 1), seconds=PATIENCE_SECONDS)


def _names(number: int) -> Callable[[Json], bool]:
    """Return whether a message is about an incident."""
    return lambda message: bool(re.search(rf"INC-{number}\b", message["text"]))


async def _watched(pid: int) -> list[float]:
    """Return the milliseconds of processor time that a process used in each of some spans."""
    found = []
    for _ in range(ROUNDS):
        before = _used(pid)
        await asyncio.sleep(SECONDS)
        found.append(max(_used(pid) - before, 1000 / TICK / 10))
    return found


def _used(pid: int) -> float:
    """Return the milliseconds of processor time a process has used, in user mode and in the kernel."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / TICK


def _memory(pid: int) -> float:
    """Return the resident memory of a process in MiB."""
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * PAGE / 2**20
