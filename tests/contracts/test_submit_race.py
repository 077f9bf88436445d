"""Two requests for one deployment that are submitted in the same instant: one waits for approval, one is told."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from bot.domain.change import Change, ChangeState
from bot.domain.configuration import Configuration
from bot.domain.errors import InvalidInputError
from bot.domain.people import Person, Standing
from bot.ports.archive import Cause, ChangeQuery, Draft
from bot.usecases.check_change import Green, Red, check_change
from bot.usecases.desk import Caller, Desk
from storage.open import OpenArchive
from tests.contracts.fixtures_storage import NOW, REQUEST, Archives, opened_archives
from tests.fakes.azure_reads import THING, MemoryAzure, memory_readers
from tests.fakes.azure_world import World
from tests.fakes.house import company

ASKED = replace(REQUEST, target="triage-prod", asked={"capacity": 150})
PEOPLE = {
    user: Standing(user, full_member=True, groups=frozenset({"approvers"}))
    for user in ("U0ANNA", "U0BOB", "U0OLGA")
}


@pytest.fixture
async def archives(database_url: str) -> AsyncIterator[Archives]:
    """Give an open archive on each kind of database."""
    async with opened_archives(database_url) as opened:
        yield opened


@dataclass
class Meeting(World):
    """An Azure that lets two pre-checks look before either goes on."""

    gate: asyncio.Barrier | None = None

    async def quota(self, account: Any) -> Any:
        """Return the quota once both have come here."""
        if self.gate is not None:
            await self.gate.wait()
        return await super().quota(account)


async def drafted(opened: OpenArchive) -> Change:
    """Store a draft."""
    draft = Draft(ASKED, "production", THING.account.name, THING.key, "C1", "V1")
    async with opened.archive.transaction() as tx:
        return await tx.add_draft(draft, NOW)


async def submit(
    change: Change, opened: OpenArchive, archives: Archives, azure: MemoryAzure
) -> Green | Red | InvalidInputError:
    """Check and submit a draft as a replica does."""
    configuration: Configuration = company()
    desk = Desk(configuration, opened.archive, archives.clock, None)
    caller = Caller(Person("U0ANNA", "T0CONTOSO"), Cause("slack", "ref-1", "C1"))
    try:
        return await check_change(
            change, caller=caller, people=PEOPLE, readers=memory_readers(azure), desk=desk
        )
    except InvalidInputError as error:
        return error


async def test_of_two_submits_at_once_exactly_one_waits_for_approval(archives: Archives) -> None:
    azure = Meeting(gate=asyncio.Barrier(2))
    async with archives.another() as other:
        places = (archives.opened, other)
        drafts = [await drafted(archives.opened) for _ in places]
        answers = await asyncio.gather(
            *(submit(draft, place, archives, azure) for draft, place in zip(drafts, places, strict=True))
        )
    async with archives.opened.archive.reading() as look:
        found = await look.changes(ChangeQuery(target="triage-prod"))
    assert sorted(each.state for each in found) == [ChangeState.DRAFT, ChangeState.PENDING_APPROVAL]
    assert sum(isinstance(each, Green) for each in answers) == 1
    (lost,) = [each for each in answers if not isinstance(each, Green)]
    assert isinstance(lost, InvalidInputError | Red)
    assert "on this deployment" in str(lost)
