"""Threats 18 and 21: the deployment, the plan or the card is another than the one that was approved."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.change import ChangeState, Choice
from bot.domain.errors import LedgerBrokenError
from bot.domain.json import Json
from bot.domain.operation import MODEL_FIELDS, PROPERTIES
from bot.domain.request_events import ChangeSuperseded
from bot.usecases.decide_change import OutOfDate
from bot.usecases.steer_change import Done
from tests.fakes.house import BOB, CAROL, DAN, House

MOVES: dict[str, dict[str, Any]] = {
    **{f"properties.{name}": {"properties": {name: "moved"}} for name in PROPERTIES},
    **{f"properties.model.{name}": {"properties": {"model": {name: "moved"}}} for name in MODEL_FIELDS},
    "sku.name": {"sku": {"name": "GlobalStandard"}},
    "sku.capacity": {"sku": {"capacity": 121}},
    "tags.team": {"tags": {"team": "other"}},
    "tags.Team": {"tags": {"Team": "ai"}},
    "tags.added": {"tags": {"added": ""}},
}
GONE = (
    "tags.team",
    "sku.capacity",
    "properties.raiPolicyName",
    "properties.model",
    "tags",
    "sku",
    "properties",
)


def merged(into: Mapping[str, Json], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document with these values put in."""
    found: dict[str, Any] = dict(into)
    for name, value in changes.items():
        inside = found.get(name)
        found[name] = merged(inside, value) if isinstance(inside, Mapping) else value
    return found


def without(document: Mapping[str, Json], dotted: str) -> dict[str, Any]:
    """Return a document without one of its fields."""
    first, _, rest = dotted.partition(".")
    inside = document[first]
    kept: dict[str, Any] = {name: value for name, value in document.items() if name != first}
    return {**kept, first: without(inside, rest)} if rest and isinstance(inside, Mapping) else kept


async def asked() -> House:
    """Return a house whose change is approved and on its way to the executor."""
    house = House()
    await house.approved()
    assert isinstance(await house.ask_apply(), Done)
    return house


def move(house: House, projection: Mapping[str, Json]) -> None:
    """Let somebody else change what is live."""
    house.world.live = replace(house.world.live, projection=projection)


def check_nothing_ran(house: House, field: str) -> None:
    """Fail unless the change was superseded, by the name of what moved, and nothing was sent."""
    event = house.last.event
    assert isinstance(event, ChangeSuperseded)
    assert all(name.startswith(field) or field.startswith(name) for name in event.moved), event.moved
    assert house.change().state is ChangeState.SUPERSEDED
    assert (house.writer.calls, house.archive.state.effects) == ([], {})


@pytest.mark.threat(18)
@pytest.mark.asvs("15.4.2")
@pytest.mark.parametrize("field", MOVES)
async def test_each_field_that_moves_between_approval_and_apply_stops_it_by_name(field: str) -> None:
    house = await asked()
    move(house, merged(house.world.live.projection, MOVES[field]))
    await house.apply()
    check_nothing_ran(house, field)


@pytest.mark.threat(18)
@pytest.mark.asvs("15.4.2")
@pytest.mark.parametrize("field", GONE)
async def test_each_field_that_is_gone_between_approval_and_apply_stops_it(field: str) -> None:
    house = await asked()
    move(house, without(house.world.live.projection, field))
    await house.apply()
    check_nothing_ran(house, field)


@pytest.mark.threat(18)
@pytest.mark.asvs("15.4.2")
@pytest.mark.parametrize("side", ["forward", "rollback"])
async def test_a_plan_that_was_swapped_in_the_database_after_its_approval_is_not_sent(side: str) -> None:
    house = await asked()
    if side == "rollback":
        await house.apply()
        await house.poll()
        assert isinstance(await house.ask_rollback(), Done)
    change, sent = house.change(), len(house.writer.calls)
    assert change.plan is not None
    (operation,) = getattr(change.plan, side)
    swapped = replace(operation, body={"sku": {"name": "Standard", "capacity": 300}})
    plan = replace(change.plan, **{side: (swapped,)})
    house.archive.state.changes[1] = replace(change, plan=plan)
    with pytest.raises(LedgerBrokenError, match="not the one whose digest was approved"):
        await house.apply()
    assert len(house.writer.calls) == sent


@pytest.mark.threat(18)
@pytest.mark.asvs("15.4.2")
async def test_a_request_plan_and_vote_that_were_all_swapped_are_not_those_the_trail_proves() -> None:
    house, other = await asked(), House()
    await other.approved(capacity="160")
    change, forged = house.change(), other.change()
    asked_for = replace(change.request, asked=forged.request.asked)
    house.archive.state.changes[1] = replace(
        change, request=asked_for, plan=forged.plan, plan_digest=forged.plan_digest
    )
    for key, vote in house.archive.state.votes.items():
        house.archive.state.votes[key] = replace(vote, plan_digest=forged.plan_digest)
    with pytest.raises(LedgerBrokenError, match="has approvals that the trail does not prove"):
        await house.apply()
    assert (house.writer.calls, house.archive.state.effects) == ([], {})


@pytest.mark.threat(18)
@pytest.mark.asvs("15.4.2")
async def test_an_approval_that_was_put_under_another_name_in_the_database_is_not_one() -> None:
    house = await asked()
    (key, vote), *_ = house.archive.state.votes.items()
    del house.archive.state.votes[key]
    house.archive.state.votes[key[0], key[1], CAROL] = replace(vote, person=CAROL)
    with pytest.raises(LedgerBrokenError, match=CAROL):
        await house.apply()
    assert (house.writer.calls, house.archive.state.effects) == ([], {})


@pytest.mark.threat(21)
@pytest.mark.asvs("2.3.1")
async def test_no_card_of_before_an_edit_decides_after_it_whatever_of_it_is_kept() -> None:
    house = House()
    old = await house.pending(capacity="200")
    await house.say(Choice.REQUEST_CHANGES, DAN, reason="smaller")
    await house.ask(number=1, capacity="190")
    await house.precheck()
    new = house.change()
    assert (old.revision, old.plan_digest) != (new.revision, new.plan_digest)
    for card in (
        old,
        replace(new, revision=old.revision),
        replace(new, plan_digest=old.plan_digest),
        replace(new, revision=new.revision + 1),
        replace(new, plan_digest=""),
        replace(new, plan_digest=new.plan_digest[:11] + "!"),
    ):
        for choice in Choice:
            assert isinstance(await house.say(choice, BOB, card, "because"), OutOfDate), (
                card.revision,
                choice,
            )
    assert house.change() == new
    assert [vote.revision for vote in house.archive.state.votes.values()] == [1]
