"""Threat 3: sixteen threads click on the same hundred changes, each over a connection of its own, on PostgreSQL."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from threading import Barrier

import pytest

from bot.domain.change import Change, ChangeState, Choice
from bot.domain.errors import ConflictError, RunAgain
from bot.usecases.decide_change import AlreadyDecided, Decided
from bot.usecases.steer_change import Done
from storage.audit_verify import verify_log
from tests.contracts.fixtures_storage import Archives, opened_archives
from tests.fakes.house import ANNA, OTTO, House
from tests.threats.street import Street, apply, ask_to_apply, decide, pending

CLICKERS, CHANGES = 16, 100
TAGS = "SELECT type FROM audit.audit_entry"
PEOPLE = tuple(f"U0CLICK{each}" for each in range(CLICKERS))
REPLICAS = 4
Told = list[object]
Part = Callable[[House, str, Sequence[Change]], Awaitable[Told]]


def choice_of(who: str, change: Change) -> Choice:
    """Return what a person wants of a change: most approve, some would reject it."""
    return Choice.REJECT if (PEOPLE.index(who) + change.number) % 7 == 0 else Choice.APPROVE


async def clicks(house: House, who: str, changes: Sequence[Change]) -> Told:
    """Decide every change; None stands for: somebody was first in the same instant."""
    people, told = await house.people(ANNA, *PEOPLE), Told()
    for change in changes:
        try:
            told.append(await decide(house, change, who, choice_of(who, change), people))
        except ConflictError:
            told.append(None)
    return told


async def asks(house: House, who: str, changes: Sequence[Change]) -> Told:
    """Ask for a quarter of the changes to be applied: four people ask for each."""
    people, told = await house.people(ANNA, OTTO, *PEOPLE), Told()
    for change in (each for each in changes if each.number % 4 == PEOPLE.index(who) % 4):
        with suppress(ConflictError):
            told.append(await ask_to_apply(house, change.number, who, people))
    return told


async def executes(house: House, _: str, changes: Sequence[Change]) -> Told:
    """Run the executor's job of every change, as one of several replicas."""
    for change in changes:
        with suppress(ConflictError, RunAgain):
            await apply(house, change.number)
    return []


@dataclass(frozen=True)
class Crowd:
    """People or replicas who do the same thing with the same changes, starting in the same instant."""

    street: Street
    archives: Archives
    changes: Sequence[Change]

    def do(self, part: Part, people: Sequence[str]) -> Told:
        """Let everybody do their part, each in a thread and over connections of their own."""
        start = Barrier(len(people))

        def alone(who: str) -> Told:
            return asyncio.run(self._alone(part, who, start))

        with ThreadPoolExecutor(len(people)) as pool:
            return [each for told in pool.map(alone, people) for each in told]

    async def _alone(self, part: Part, who: str, start: Barrier) -> Told:
        mine = random.Random(who).sample(self.changes, len(self.changes))
        mine.sort(key=lambda change: change.number // 10)  # near each other, so that they meet
        async with self.archives.another() as opened:
            await asyncio.to_thread(start.wait)
            return await part(self.street.house(opened.archive), who, mine)


@pytest.mark.alone
@pytest.mark.threat(3)
@pytest.mark.asvs("2.3.4")
async def test_of_sixteen_who_click_on_a_hundred_changes_at_once_one_decides_each_and_each_runs_once(
    postgres_url: str,
) -> None:
    street = Street(CHANGES, PEOPLE)
    async with opened_archives(postgres_url) as archives:
        house = street.house(archives.opened.archive)
        changes = [await pending(house, target.alias) for target in street.targets]
        crowd = Crowd(street, archives, changes)
        approved = await check_decisions(archives, await asyncio.to_thread(crowd.do, clicks, PEOPLE))
        asked = await asyncio.to_thread(crowd.do, asks, PEOPLE)
        assert sum(isinstance(each, Done) for each in asked) == len(approved)
        await asyncio.to_thread(crowd.do, executes, PEOPLE[:REPLICAS])
        effects = Counter(await archives.rows("SELECT number, step, phase FROM effect"))
        assert effects == Counter((number, "forward", "accepted") for number in approved)
        sent = Counter(change for change, _, _ in street.writer.calls)
        assert sent == Counter(f"CHG-{number}" for number in approved)
        tags = Counter(tag for (tag,) in await archives.rows(TAGS))
    assert tags["change.approved"] + tags["change.rejected"] == CHANGES
    assert tags["change.execution.started"] == len(approved)
    report = verify_log(postgres_url, [archives.signer.vkey])
    assert report.ok, report.findings


async def check_decisions(archives: Archives, told: Told) -> set[int]:
    """Return the changes that were approved, once it is sure that each was decided once."""
    assert len(told) == CLICKERS * CHANGES
    assert sum(isinstance(each, Decided) for each in told) == CHANGES
    assert all(each is None or isinstance(each, Decided | AlreadyDecided) for each in told)
    votes = await archives.rows("SELECT number, choice FROM vote")
    assert len(votes) == len({number for number, _ in votes}) == CHANGES
    states: dict[int, str] = dict(await archives.rows("SELECT number, state FROM change"))
    assert set(states.values()) == {ChangeState.APPROVED, ChangeState.REJECTED}
    approved = {number for number, state in states.items() if state == ChangeState.APPROVED}
    assert {number for number, choice in votes if choice == Choice.APPROVE} == approved
    return approved
