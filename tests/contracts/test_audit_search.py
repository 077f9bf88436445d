"""Searching the trail on SQLite and PostgreSQL: every filter against a plain scan, pages, shards, clocks."""

import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.domain.entry import NewEntry, new_ulid
from bot.domain.errors import InvalidInputError
from bot.domain.note import Signer
from bot.ports.trail import FoundEntry, TrailQuery
from storage.audit_search import TrailRows
from tests.contracts.audit_house import NOW, House, ledger_of, open_house

TRIAGE = "/subscriptions/S1/deployments/Triage"
DRAFTS = "/subscriptions/S1/deployments/drafts"
TYPES = ("change.requested", "change.approved", "changes.none", "evidence.read", "change.closed")


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    """Give a trail with a mixture of entries, four in each of ten minutes."""
    async with open_house(database_url) as opened:
        for minute in range(10):
            await opened.append(*[mixed(4 * minute + n) for n in range(4)])
        yield opened


def mixed(n: int) -> NewEntry:
    """Return the nth of a mixture."""
    subject = {"change": f"CHG-{n % 3}"} if n % 4 else {}
    return NewEntry(
        id=new_ulid(NOW),
        type=TYPES[n % 5],
        actor={"kind": "slack_user", "id": f"U{n % 7}"},
        subject=subject | ({"resource": (TRIAGE, DRAFTS)[n % 2]} if n % 3 else {}),
        disclosures={"reason": f"because {n}"} if n % 5 == 1 else {},
    )


async def found(house: House, query: TrailQuery) -> list[FoundEntry]:
    """Return every entry that fits, page by page."""
    entries: list[FoundEntry] = []
    while True:
        async with house.engine.begin() as connection:
            page = await TrailRows(connection).search_trail(query)
        assert len(page.entries) <= query.limit
        entries += page.entries
        if not page.next:
            return entries
        query = replace(query, after=page.next)


async def scanned(house: House, fits: Callable[[Mapping[str, Any]], bool]) -> list[tuple[int, int]]:
    """Return the places of the entries that fit, newest first, by looking at every one."""
    rows = await house.rows("SELECT shard, seq, body FROM {}audit_entry ORDER BY shard DESC, seq DESC")
    return [(shard, seq) for shard, seq, body in rows if fits(json.loads(body))]


def minute(n: int) -> datetime:
    """Return the time of the nth append."""
    return NOW + timedelta(minutes=n)


def at(document: Mapping[str, Any]) -> datetime:
    """Return an entry's time."""
    return datetime.fromisoformat(document["ts"])


CASES: Mapping[str, tuple[TrailQuery, Callable[[Mapping[str, Any]], bool]]] = {
    "all": (TrailQuery(), lambda _: True),
    "actor": (TrailQuery(actor="U3"), lambda it: it["actor"]["id"] == "U3"),
    "type": (TrailQuery(type="change.approved"), lambda it: it["type"] == "change.approved"),
    "prefix": (TrailQuery(type="change."), lambda it: it["type"].startswith("change.")),
    "change": (TrailQuery(change="CHG-1"), lambda it: it["subject"].get("change") == "CHG-1"),
    "resource": (
        TrailQuery(resource=TRIAGE.upper()),
        lambda it: it["subject"].get("resource") == TRIAGE,
    ),
    "range": (
        TrailQuery(since=minute(3), until=minute(6)),
        lambda it: minute(3) <= at(it) <= minute(6),
    ),
    "since": (TrailQuery(since=minute(8)), lambda it: at(it) >= minute(8)),
    "until": (TrailQuery(until=minute(2)), lambda it: at(it) <= minute(2)),
    "actor, prefix and range": (
        TrailQuery(actor="U3", type="change.", since=minute(2)),
        lambda it: it["actor"]["id"] == "U3" and it["type"].startswith("change.") and at(it) >= minute(2),
    ),
    "change and type": (
        TrailQuery(change="CHG-1", type="change.closed"),
        lambda it: it["subject"].get("change") == "CHG-1" and it["type"] == "change.closed",
    ),
    "everything": (
        TrailQuery(actor="U1", change="CHG-1", resource=TRIAGE, type="changes.", until=minute(9)),
        lambda it: (
            it["actor"]["id"] == "U1"
            and it["subject"] == it["subject"] | {"change": "CHG-1", "resource": TRIAGE}
            and it["type"] == "changes.none"
            and at(it) <= minute(9)
        ),
    ),
}


async def test_a_search_finds_what_a_scan_of_every_entry_finds(house: House) -> None:
    for name, (query, fits) in CASES.items():
        expected = await scanned(house, fits)
        for limit in (3, 500):
            entries = await found(house, replace(query, limit=limit))
            assert [(each.shard, each.seq) for each in entries] == expected, (name, limit)
    assert all([await scanned(house, fits) for _, fits in CASES.values()])


async def test_what_no_entry_says_is_not_found(house: House) -> None:
    later = minute(100)
    for query in (
        TrailQuery(actor="U99"),
        TrailQuery(type="incident."),
        TrailQuery(type="change"),
        TrailQuery(change="CHG-99"),
        TrailQuery(resource=TRIAGE + "x"),
        TrailQuery(since=later),
        TrailQuery(until=NOW - timedelta(days=1)),
        TrailQuery(since=minute(6), until=minute(3)),
    ):
        assert await found(house, query) == [], query


async def test_a_found_entry_has_its_texts_until_they_are_erased(house: House) -> None:
    (first, *_) = await found(house, TrailQuery(type="change.approved"))
    assert first.texts == {"reason": "because 36"}
    assert json.loads(first.body)["seq"] == first.seq
    await house.run("DELETE FROM {}audit_disclosure")
    assert (await found(house, TrailQuery(type="change.approved")))[0].texts == {}


async def test_pages_do_not_move_when_entries_are_added(house: House) -> None:
    query = TrailQuery(limit=10)
    async with house.engine.begin() as connection:
        first = await TrailRows(connection).search_trail(query)
    await house.append(mixed(1), mixed(2))
    more = await found(house, replace(query, after=first.next))
    assert [each.seq for each in [*first.entries, *more]] == list(range(40, -1, -1))


async def test_a_search_goes_on_in_the_shard_before(house: House) -> None:
    skey, _ = Signer.generate("countersign.example.test/audit/2027")
    second = ledger_of(skey, shard=3, vkeys=[house.vkey])
    async with house.engine.begin() as connection:
        await second.open_log(connection, minute(11))
        await second.append(connection, [mixed(n) for n in range(5)], now=minute(11))
    for name, (query, fits) in CASES.items():
        entries = await found(house, replace(query, limit=2))
        assert [(each.shard, each.seq) for each in entries] == await scanned(house, fits), name


async def test_a_time_is_found_although_the_clock_went_back(house: House) -> None:
    for back in (4, 7, 2):
        async with house.engine.begin() as connection:
            now = NOW + timedelta(minutes=back)
            await house.ledger.append(connection, [mixed(1), mixed(2)], now=now)
            now += timedelta(minutes=3)
            await house.ledger.append(connection, [mixed(3)], now=now)
        house.ledger.committed(connection)
    for name, (query, fits) in CASES.items():
        entries = await found(house, query)
        assert [(each.shard, each.seq) for each in entries] == await scanned(house, fits), name


async def test_a_clock_that_went_back_too_often_makes_a_search_slow_but_not_wrong(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.audit_times._MOST_SKEWS", 1)
    await test_a_time_is_found_although_the_clock_went_back(house)


async def steps(house: House, query: TrailQuery) -> int:
    """Return how much SQLite does for a page, in tens of its instructions."""
    done = 0

    def step() -> int:
        nonlocal done
        done += 1
        return 0

    async with house.engine.begin() as connection:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        await driver.set_progress_handler(step, 10)
        await TrailRows(connection).search_trail(query)
        await driver.set_progress_handler(None, 0)
    return done


async def test_a_page_costs_the_same_in_a_long_trail(sqlite_url: str) -> None:
    async with open_house(sqlite_url) as house:
        costs: list[list[int]] = []
        for length in (200, 2_000):
            for _ in range(length // 20):
                await house.append(*[mixed(n) for n in range(20)])
            costs.append([await steps(house, replace(query, limit=5)) for query, _ in CASES.values()])
    for name, short, long in zip(CASES, *costs, strict=True):
        assert long <= 2 * short, (name, short, long)


async def test_a_page_that_is_none_is_refused(house: House) -> None:
    for query in (
        TrailQuery(after="x"),
        TrailQuery(after="0."),
        TrailQuery(after="-1.5"),
        TrailQuery(after="0.5; DROP"),
        TrailQuery(after="1" * 30 + ".1"),
        TrailQuery(limit=0),
        TrailQuery(limit=501),
    ):
        with pytest.raises(InvalidInputError):
            await found(house, query)
