"""Fifty incidents at once: each snapshot that is due is taken once and shown, and nobody outside is asked too much."""

import asyncio
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.journeys.conftest import House
from tests.journeys.people import Json
from tests.journeys.ways import ALICE, Azure, a_house, calls, entries, trail

MANY = 50
TARGETS = ("triage-prod", "extract-prod", "email-prod", "triage-test", "router-test", "summary-test")
PERIOD_SECONDS = 300.0


async def jobs(house: House):
    import sqlite3

    url = house.world.settings.database_url
    con = sqlite3.connect(url.removeprefix("sqlite:///"))
    rows = con.execute("select kind, key, state, attempts, run_at from job").fetchall()
    dead = (
        con.execute("select * from dead_letter").fetchall()
        if con.execute("select 1 from sqlite_master where name='dead_letter'").fetchone()
        else []
    )
    con.close()
    return rows, dead


async def state(house: House, what: str) -> None:
    rows, dead = await jobs(house)
    found = await calls(house)
    print(
        f"{time.time():.1f} {what}: jobs {Counter((r[0], r[1].split(':')[2] if r[0] == 'deliver' else '', r[2]) for r in rows)} dead {len(dead)}",
        flush=True,
    )
    print(
        "   calls",
        Counter(c["method"] for c in found if c["ok"]),
        "429",
        Counter(c["method"] for c in found if c["error"] == "ratelimited"),
        "errors",
        Counter(c["error"] for c in found if not c["ok"]),
        flush=True,
    )
    asked = await Azure(house).requests()
    print(
        "   azure",
        len(asked),
        "snapshots",
        Counter(e.data["occasion"].split(":")[0] for e in entries(house) if e.type == "incident.snapshot"),
        flush=True,
    )


async def test_fifty_incidents_have_each_snapshot_once_and_ask_little(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'countersign.db'}"
    async with a_house(tmp_path, url, rate_limits="strict", more_toml="") as house:
        await state(house, "start")
        for number in range(MANY):
            words = f"/cs incident declare Trouble {number} --sev 1 --anyway --target {TARGETS[number % 6]}"
            said = await house.people.say(ALICE, words)
            assert said["ok"], said
        for step in range(12):
            await state(house, f"step {step}")
            await asyncio.sleep(3)
            await house.people.advance(60)
        await state(house, "end")
