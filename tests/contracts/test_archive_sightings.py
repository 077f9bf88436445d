"""What was seen in Azure, in the archive: once whoever looks, the same on SQLite and PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.permission import Permissions
from bot.domain.sighting import Sighting, Unexplained
from tests.contracts.fixtures_storage import NOW, Archives, opened_archives

ARM = "/accounts/openai-prod/Deployments/Triage"
LATER = NOW + timedelta(minutes=5)
SEEN = Sighting(ARM.lower(), "triage", {"sku": {"capacity": 120}, "tags": {}}, NOW, NOW)
FOUND = Unexplained(
    f"{ARM}:c-1", ARM.lower(), "triage", NOW, LATER, fields={"sku.capacity": (120, None)}, caller="0b0b"
)


@pytest.fixture
async def archives(database_url: str) -> AsyncIterator[Archives]:
    """Give an open archive on each kind of database."""
    async with opened_archives(database_url) as opened:
        yield opened


async def both(archives: Archives, work: Callable[[Any], Awaitable[Any]]) -> list[Any]:
    """Return what two replicas get that do the same at once."""
    async with archives.another() as other:

        async def one(opened: Any) -> Any:
            async with opened.archive.transaction() as tx:
                found = await work(tx)
                await asyncio.sleep(0.05)
                return found

        return await asyncio.gather(one(archives.opened), one(other))


async def test_a_sighting_comes_back_and_gives_way_to_the_next(archives: Archives) -> None:
    async with archives.opened.archive.transaction() as tx:
        assert await tx.sighting(ARM) is None
        assert await tx.see(SEEN, before=None)
        assert not await tx.see(SEEN, before=None)
    next_one = replace(SEEN, state={}, seen_at=LATER)
    async with archives.opened.archive.transaction() as tx:
        assert await tx.sighting(ARM.upper()) == SEEN
        assert await tx.see(next_one, before=SEEN)
        assert not await tx.see(next_one, before=SEEN)
        assert await tx.sighting(ARM) == next_one


async def test_of_two_replicas_that_see_at_once_one_wins(archives: Archives) -> None:
    assert sorted(await both(archives, lambda tx: tx.see(SEEN, before=None))) == [False, True]
    again = replace(SEEN, seen_at=LATER)
    assert sorted(await both(archives, lambda tx: tx.see(again, before=SEEN))) == [False, True]


async def test_a_write_that_nothing_explains_is_kept_once(archives: Archives) -> None:
    kept = await both(archives, lambda tx: tx.add_unexplained(FOUND))
    (one,) = [each for each in kept if each is not None]
    assert one == replace(FOUND, number=one.number)
    async with archives.opened.archive.transaction() as tx:
        assert await tx.add_unexplained(replace(FOUND, caller="another")) is None
        assert await tx.unexplained(one.number) == one
        assert await tx.unexplained(99) is None
        assert await tx.unexplained_on(ARM.upper(), LATER) == [one]
        assert await tx.unexplained_on(ARM, LATER + timedelta(seconds=1)) == []
        assert await tx.unexplained_on("/another", NOW) == []


async def test_it_is_named_once_and_its_message_is_remembered(archives: Archives) -> None:
    async with archives.opened.archive.transaction() as tx:
        kept = await tx.add_unexplained(replace(FOUND, caller=""))
        assert kept is not None
        named = replace(kept, at=LATER, caller="0b0b", operation="x/write", correlation="c-1")
        assert await tx.attribute(named)
        assert not await tx.attribute(replace(named, caller="another"))
        await tx.shown(kept.number, "C1", "17.1")
    async with archives.opened.archive.transaction() as tx:
        assert await tx.unexplained(kept.number) == replace(named, channel="C1", ts="17.1")


async def test_the_newest_permissions_count(archives: Archives) -> None:
    first = Permissions("prod", frozenset({"a/read", "a/write"}), NOW)
    async with archives.opened.archive.transaction() as tx:
        assert await tx.permissions("prod") is None
        await tx.observe_permissions(first)
        await tx.observe_permissions(replace(first, allowed=frozenset(), observed_at=LATER))
        assert await tx.permissions("prod") == Permissions("prod", frozenset(), LATER)
        assert await tx.permissions("other") is None


async def test_a_look_that_is_due_is_taken_by_one_replica(archives: Archives) -> None:
    def first(tx: Any) -> Any:
        return tx.put_off("reconcile:prod", due=None, until=NOW)

    def second(tx: Any) -> Any:
        return tx.put_off("reconcile:prod", due=NOW, until=LATER)

    assert sorted(await both(archives, first)) == [False, True]
    assert sorted(await both(archives, second)) == [False, True]
    async with archives.opened.archive.transaction() as tx:
        assert await tx.dues("reconcile") == {"reconcile:prod": LATER}
        assert await tx.dues("verify") == {}
