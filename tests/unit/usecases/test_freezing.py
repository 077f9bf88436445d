"""Freezes of the file and of the chat are one: deny beats allow; only who may override applies, with a reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from bot.domain.change import ChangeState as S
from bot.domain.configuration import Freeze
from bot.domain.deployment import Account, Usage
from bot.domain.errors import InvalidInputError, RunAgain
from bot.domain.freeze import freeze_number, may_freeze
from bot.domain.freeze_events import FreezeOverridden
from bot.domain.people import Standing
from bot.domain.policy import Allowed, Refused
from bot.usecases.check_change import Red
from bot.usecases.freeze_targets import Freezing, check_freezing, overrides
from bot.usecases.steer_change import Done
from tests.fakes.azure_world import World
from tests.fakes.house import ANNA, BOB, DAN, EVE, House, company, freeze_now

HOUR = timedelta(hours=1)


@pytest.fixture
def house() -> House:
    """Give a company whose security may freeze."""
    return House(company(freeze_groups=("security",)))


async def test_a_freeze_of_the_chat_refuses_the_apply_until_it_is_lifted(house: House) -> None:
    await house.approved()
    kept = await house.freeze()
    assert (kept.id, house.last.tag, house.last.event.private()) == (
        "FRZ-1",
        "freeze.added",
        {"reason": "the quarter ends"},
    )
    refused = await house.ask_apply(BOB)
    assert isinstance(refused, Refused)
    assert refused.reason.startswith("The freeze FRZ-1 holds until")
    assert refused.could == (DAN,)
    assert house.last.tag == "change.refused"
    await house.lift()
    assert house.last.tag == "freeze.lifted"
    assert isinstance(await house.ask_apply(BOB), Done)


async def test_a_freeze_is_lifted_once_and_not_when_it_is_over(house: House) -> None:
    await house.freeze()
    await house.lift()
    again = await house.lift()
    assert isinstance(again, Refused)
    assert "lifted already" in again.reason
    await house.freeze()
    house.clock.pass_by(timedelta(hours=2))
    over = await house.lift(2)
    assert isinstance(over, Refused)
    assert "over already" in over.reason


async def test_a_freeze_of_another_target_or_of_tomorrow_stops_nothing(house: House) -> None:
    await house.approved()
    await house.freeze(1, 0, "classifier-*")
    await house.freeze(1, 24)
    assert isinstance(await house.ask_apply(BOB), Done)


async def test_nobody_is_asked_while_a_freeze_of_the_chat_holds(house: House) -> None:
    await house.freeze()
    await house.ask()
    red = await house.precheck()
    assert isinstance(red, Red)
    assert any("The freeze FRZ-1 holds until" in problem for problem in red.problems)


async def test_a_freeze_that_begins_after_the_click_is_seen_by_the_executor(house: House) -> None:
    await house.approved()
    await house.ask_apply(BOB)
    await house.freeze()
    await house.apply()
    assert (house.change().state, house.change().apply_asked_by) == (S.APPROVED, "")
    assert "Not applied: The freeze FRZ-1 holds" in house.change().note
    assert house.writer.calls == []


async def test_who_may_override_applies_with_a_reason_that_is_kept_and_nobody_else(house: House) -> None:
    await house.approved()
    await house.freeze()
    silent = await house.ask_apply(DAN)
    assert isinstance(silent, Refused)
    assert "Say why" in silent.reason
    assert isinstance(await house.ask_apply(DAN, reason="the queue is down"), Done)
    said = next(entry.event for entry in house.archive.state.entries if entry.tag == "freeze.overridden")
    assert isinstance(said, FreezeOverridden)
    assert (said.freezes, said.groups, said.private()) == (
        ("FRZ-1",),
        ("security",),
        {"reason": "the queue is down"},
    )
    await house.apply()
    assert house.change().state is S.EXECUTING


@dataclass
class Sudden(World):
    """An Azure behind which somebody freezes while the plan is made anew: after the check, before the intent."""

    house: House | None = None

    async def quota(self, account: Account) -> Sequence[Usage]:
        """Return the quota, a freeze later."""
        if self.house is not None:
            house, self.house = self.house, None
            await house.freeze()
        return await super().quota(account)


async def test_a_freeze_that_begins_between_check_and_intent_lets_nothing_be_sent(house: House) -> None:
    await house.approved()
    await house.ask_apply(BOB)
    house.world = Sudden(house=house)
    with pytest.raises(RunAgain, match="freeze"):
        await house.apply()
    assert (house.change().state, house.writer.calls) == (S.APPROVED, [])
    await house.apply()
    assert "Not applied: The freeze FRZ-1" in house.change().note


@pytest.mark.parametrize("who", [ANNA, BOB, EVE])
async def test_a_reason_alone_overrides_nothing(house: House, who: str) -> None:
    await house.approved()
    await house.freeze()
    assert isinstance(await house.ask_apply(who, reason="please"), Refused)
    assert "freeze.overridden" not in house.tags


async def test_one_of_two_freezes_is_not_enough_to_override(house: House) -> None:
    window = replace(freeze_now(house.clock), override=("approvers",))
    house.configuration = company(freeze_groups=("security",), freezes=(window,))
    await house.freeze()
    house.configuration = company(freeze_groups=("security",))
    await house.lift()
    await house.approved()
    await house.freeze()
    house.configuration = company(freeze_groups=("security",), freezes=(window,))
    for who in (BOB, DAN):
        assert isinstance(await house.ask_apply(who, reason="please"), Refused)


async def test_an_override_names_its_freezes_and_another_one_stops_it_still(house: House) -> None:
    await house.approved()
    await house.freeze()
    await house.ask_apply(DAN, reason="the queue is down")
    await house.freeze()
    await house.apply()
    assert house.change().apply_asked_by == ""
    assert "FRZ-2" in house.change().note
    assert house.writer.calls == []


async def test_who_has_left_the_group_since_overrides_nothing(house: House) -> None:
    await house.approved()
    await house.freeze()
    await house.ask_apply(DAN, reason="the queue is down")
    security = replace(house.configuration.groups["security"], users=frozenset({EVE}))
    groups = {**house.configuration.groups, "security": security}
    house.configuration = replace(house.configuration, groups=groups)
    await house.look_at_people(DAN, EVE)
    await house.apply()
    assert house.change().apply_asked_by == ""
    assert house.writer.calls == []


async def test_an_emergency_may_be_decided_in_a_freeze_that_somebody_can_override(house: House) -> None:
    await house.freeze()
    change = await house.pending(type="emergency", incident="INC-1")
    assert change.state is S.PENDING_APPROVAL
    house.configuration = company(freezes=(Freeze("year-end", house.clock.now(), house.clock.now() + HOUR),))
    await house.ask(target="classifier-prod", type="emergency", incident="INC-1")
    assert isinstance(await house.precheck(2), Red)


@pytest.mark.parametrize(
    ("asked", "problems"),
    [
        ({}, set()),
        ({"reason": ""}, {"reason"}),
        ({"end": -1}, {"to"}),
        ({"start": -3, "end": -2}, {"to"}),
        ({"end": 24 * 367}, {"to"}),
        ({"targets": ("triage-*", "nowhere")}, {"targets"}),
    ],
)
def test_what_cannot_be_a_freeze_is_said_beside_its_field(
    house: House, asked: Mapping[str, object], problems: set[str]
) -> None:
    now = house.clock.now()
    hours = {
        name: now + HOUR * int(str(asked.get(name, usual))) for name, usual in (("start", 0), ("end", 1))
    }
    targets = asked.get("targets", ("*",))
    assert isinstance(targets, tuple)
    freezing = Freezing(hours["start"], hours["end"], targets, str(asked.get("reason", "why")))
    assert set(check_freezing(freezing, house.configuration, now)) == problems


def test_only_the_groups_of_the_file_freeze_and_without_any_nobody_does(house: House) -> None:
    dan, guest = Standing(DAN, True, frozenset({"security"})), Standing(DAN, False, frozenset({"security"}))
    assert isinstance(may_freeze(dan, house.configuration, "add"), Allowed)
    assert isinstance(may_freeze(guest, house.configuration, "add"), Refused)
    assert isinstance(
        may_freeze(Standing(BOB, True, frozenset({"approvers"})), house.configuration, "add"), Refused
    )
    assert isinstance(may_freeze(dan, company(), "add"), Refused)


@pytest.mark.parametrize(("text", "number"), [("FRZ-3", 3), ("frz-03", 3), ("3", 3)])
def test_a_freeze_is_called_by_its_number(text: str, number: int) -> None:
    assert freeze_number(text) == number


def test_what_the_file_freezes_the_chat_does_not_lift() -> None:
    with pytest.raises(InvalidInputError) as refused:
        freeze_number("year-end")
    assert "countersign.toml" in refused.value.advice


async def test_an_override_is_of_the_one_who_asked_to_apply(house: House) -> None:
    change = await house.pending()
    window = freeze_now(house.clock)
    said = {"override": {"by": DAN, "freezes": ["year-end"], "reason": "it burns"}}
    assert overrides(replace(change, outcome=said, apply_asked_by=DAN), (window,))
    assert not overrides(replace(change, outcome=said, apply_asked_by=BOB), (window,))
    assert overrides(change, ())
