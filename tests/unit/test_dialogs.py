"""What forms and modals hold when they open: from the archive and the live state, at the door's own functions."""

import json
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.change import UNUSED, Change, ChangeState, Choice, Tier
from bot.domain.json import Json
from bot.ports.slack import Block, Message
from bot.render.change_forms import render_request_form
from handlers.commands.registry import run_command
from handlers.dependencies import Dependencies
from handlers.dialogs_decide import Seen, open_confirm, open_decide, open_verb
from handlers.events.home import HOME
from handlers.shapes import Asked, Happening
from handlers.undoing import following_form, open_again
from tests.fakes.channels import Rooms
from tests.fakes.house import ANNA, BOB, CAROL, EVE, OTTO, House, company


@dataclass
class Modals:
    """A messenger that keeps the modals it was asked to show, newest last."""

    shown: list[Block] = field(default_factory=list)

    async def open_view(self, trigger_id: str, view: Block) -> str:
        """Keep a modal."""
        self.shown.append(view)
        return "V1"

    async def update_view(self, view_id: str, view: Block) -> None:
        """Keep what it shows now."""
        self.shown.append(view)

    async def publish_home(self, user: str, view: Block) -> None:
        """Keep a Home tab."""
        self.shown.append(view)

    async def direct(self, user: str, message: Message) -> str:
        """Refuse to speak."""
        raise AssertionError(f"nobody was to be told: {user} {message.text}")


async def unasked() -> Any:
    raise AssertionError("the trail was not to be checked")


def door(house: House) -> tuple[Modals, Dependencies]:
    """Return a messenger and the dependencies of a door that speaks through it."""
    modals = Modals()
    return modals, Dependencies(house.desk, modals, house.readers, unasked, channels=Rooms())  # type: ignore[arg-type]


def asked(house: House, user: str) -> Asked:
    """Return somebody at a door that can open modals."""
    return Asked(house.caller(user), "C0OPS", "13.7")


def words_of(shown: object) -> str:
    return json.dumps(shown, ensure_ascii=False)


async def test_who_has_voted_is_not_among_those_who_may_decide() -> None:
    usual = company()
    rule = usual.rules["production", Tier.NORMAL]
    house = House(replace(usual, rules={**usual.rules, ("production", Tier.NORMAL): replace(rule, quorum=2)}))
    await house.pending()
    await house.say(Choice.APPROVE, BOB)
    modals, deps = door(house)
    assert await open_decide(Seen(1), "approve", asked(house, CAROL), deps) is None
    who = next(words_of(each) for each in modals.shown[-1]["blocks"] if "Who may decide" in words_of(each))
    line = next(each for each in who.split('"') if "Who may decide" in each)
    assert f"<@{CAROL}>" in line
    assert f"<@{BOB}>" not in line


@pytest.mark.parametrize("state", sorted(UNUSED))
async def test_what_was_never_applied_is_asked_for_again_with_everything_that_was_written(
    state: ChangeState,
) -> None:
    house = House()
    start = house.clock.now() + timedelta(hours=1)
    await house.pending(ticket="OPS-7", start_at=str(int(start.timestamp())))
    house.archive.state.changes[1] = replace(house.change(), state=state)
    house.clock.reach(start)
    _, deps = door(house)
    for opened in (
        open_again(1, asked(house, CAROL), deps),
        open_verb("undo", "1", asked(house, ANNA), deps),
    ):
        house.forget_jobs()
        assert await opened is None
        assert house.jobs == {"precheck:again:V1:CHG-1"}
    form = await following_form("again", 1, deps)
    said = {name: form.values[name] for name in ("target", "kind", "capacity", "ticket", "owner", "start_at")}
    assert said == {
        "target": "triage-prod",
        "kind": "scale",
        "capacity": "150",
        "ticket": "OPS-7",
        "owner": OTTO,
        "start_at": "",
    }
    assert form.metadata == {"origin": "CHG-1"}


async def test_who_may_not_request_may_not_request_again_and_that_is_recorded() -> None:
    house = House(company(may_request={"production": ("approvers",)}))
    await house.pending()
    await house.withdraw()
    modals, deps = door(house)
    said = await open_again(1, asked(house, EVE), deps)
    assert said is not None
    assert "Not allowed" in said.text
    assert modals.shown == []
    assert house.last.tag == "change.refused"


async def test_a_change_that_still_waits_is_not_requested_again() -> None:
    house = House()
    await house.pending()
    modals, deps = door(house)
    said = await open_again(1, asked(house, ANNA), deps)
    assert said is not None
    assert "CHG-1 is pending approval" in said.text
    assert modals.shown == []


async def test_taking_a_change_back_names_the_later_ones_that_go_with_it() -> None:
    house = House()
    first = await house.validated()
    await house.attest()
    assert house.change().state is ChangeState.CLOSED
    _, deps = door(house)
    assert (await following_form("undo", 1, deps)).told == ""
    assert first.plan is not None
    plan = replace(first.plan, before=first.plan.after, after={**first.plan.after, **_sku(180)})
    later = replace(house.change(), number=2, plan=plan)
    beside = replace(later, number=3, plan=replace(plan, arm_id=plan.arm_id + "-other"))
    undone = replace(later, number=4, state=ChangeState.ROLLED_BACK)
    tagged = replace(later, number=5, plan=replace(plan, after={**plan.before, "tags": {"a": "b"}}))
    for each in (later, beside, undone, tagged):
        house.archive.state.changes[each.number] = each
    form = await following_form("undo", 1, deps)
    assert "CHG-2 · Scale triage-prod: capacity 150 → 180" in form.told
    assert not [name for name in ("CHG-3", "CHG-4", "CHG-5") if name in form.told]
    assert form.told in form.values["reason"]
    assert form.told in words_of(render_request_form(form))


def _sku(capacity: int) -> dict[str, Json]:
    return {"sku": {"name": "Standard", "capacity": capacity}}


async def test_drafts_stay_out_of_home_and_of_the_list_and_are_counted() -> None:
    house = House()
    await house.pending()
    draft = await house.ask(ticket="OPS-8")
    assert isinstance(draft, Change)
    modals, deps = door(house)
    await HOME.run(Happening("app_home_opened", asked(house, ANNA), ANNA), deps)
    listed = await run_command("change list", asked(house, ANNA), deps)
    assert listed is not None
    for shown in (words_of(modals.shown[-1]), words_of(listed.blocks)):
        assert "1 draft of yours" in shown
        assert "*CHG-1*" in shown
        assert "*CHG-2*" not in shown
    mine = await run_command("change list --state draft", asked(house, ANNA), deps)
    other = await run_command("change list --state draft", asked(house, BOB), deps)
    assert mine is not None
    assert other is not None
    assert "*CHG-2*" in words_of(mine.blocks)
    assert "*CHG-2*" not in words_of(other.blocks)
    all_of_bob = await run_command("change list", asked(house, BOB), deps)
    assert all_of_bob is not None
    assert "draft" not in words_of(all_of_bob.blocks)


@pytest.mark.parametrize("missed", ["", "1.00 %"])
async def test_the_dialog_that_attests_says_when_the_signal_was_missed(missed: str) -> None:
    house = House()
    change = await house.validated()
    house.archive.state.changes[1] = replace(change, outcome={**change.outcome, "missed": missed})
    modals, deps = door(house)
    assert await open_confirm(Seen(1), "close", asked(house, OTTO), deps) is None
    said = words_of(modals.shown[-1])
    assert ("The validation signal was missed: at most 1.00 % was asked for." in said) is bool(missed)
