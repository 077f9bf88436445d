"""What who may not decide, attest or review is told at the click, and what lists count."""

from dataclasses import dataclass, field, replace

import pytest

from bot.domain.break_glass import GlassVerdict
from bot.domain.change import ChangeState as S
from bot.domain.change import Choice
from bot.domain.notice import GLASS, HANDLED
from bot.domain.policy import Refused
from bot.ports.slack import Message
from bot.render.after_words import after_lines
from bot.render.change_card import card_button, render_change
from bot.usecases.remind_people import nudge_people
from bot.usecases.tell_people import tell_people
from handlers.commands.registry import run_command
from handlers.dependencies import Dependencies
from handlers.dialogs import open_revision
from handlers.dialogs_decide import open_verb
from handlers.loading import load_view
from handlers.telling import tell_one
from handlers.telling_of_glass import tell_of_glass
from tests.fakes.channels import Rooms
from tests.fakes.house import ANNA, BOB, CAROL, DAN, OTTO, House, company
from tests.unit.test_dialogs import asked, door, unasked, words_of


def two() -> House:
    """Give a company where two decide."""
    usual = company()
    rules = {key: replace(each, quorum=2) if each.quorum else each for key, each in usual.rules.items()}
    return House(replace(usual, rules=rules))


async def test_lists_count_the_votes_of_the_latest_revision() -> None:
    house = two()
    await house.pending()
    await house.say(Choice.APPROVE, BOB)
    _, deps = door(house)
    said = await run_command("change list", asked(house, ANNA), deps)
    assert said is not None
    assert "1 of 2 approvals" in words_of(said.blocks)


@pytest.mark.parametrize("verb", ["approve", "reject", "unapprove"])
async def test_who_has_voted_is_offered_to_take_it_back_before_anything_is_typed(verb: str) -> None:
    house = two()
    await house.pending()
    await house.say(Choice.APPROVE, BOB)
    modals, deps = door(house)
    assert await open_verb(verb, "1", asked(house, BOB), deps) is None
    (form,) = modals.shown
    assert form["callback_id"] == "change.unapprove.confirm"
    assert "You approved this revision" in words_of(form)


async def test_a_late_objection_reads_how_to_object() -> None:
    house = House()
    await house.approved()
    modals, deps = door(house)
    said = await open_verb("reject", "1", asked(house, CAROL), deps)
    assert said is not None
    assert f"already approved by <@{BOB}>" in said.text
    assert "change unapprove CHG-1" in said.text
    assert modals.shown == []


async def test_a_card_asks_nobody_to_confirm_an_attestation_and_the_owners_message_does() -> None:
    house = House()
    await house.validated()
    _, deps = door(house)
    view = await load_view(1, deps)
    assert "confirm" not in card_button(view, "attest")
    assert "confirm" in card_button(view, "attest_asked")
    card = render_change(view, now=house.clock.now(), ref="r")
    assert '"confirm"' not in words_of(card.blocks)


async def test_why_and_when_a_change_was_rolled_back_is_on_its_card_and_in_the_trail() -> None:
    house = House()
    await house.applied()
    modals, deps = door(house)
    assert await open_verb("rollback", "1", asked(house, BOB), deps) is None
    reason = next(each for each in modals.shown[-1]["blocks"] if each.get("block_id") == "reason")
    assert reason["optional"] is True
    await house.ask_rollback(reason="the queue grew")
    assert house.last.event.private() == {"reason": "the queue grew"}
    await house.finish()
    assert house.change().state is S.ROLLED_BACK
    said = after_lines(await load_view(1, deps))
    assert said[0].endswith("“the queue grew”")
    assert said[1].startswith("Rolled back <!date")


async def test_who_may_not_nudge_or_revise_reads_who_could() -> None:
    house = House()
    await house.pending()
    people = await house.people(BOB)
    refused = await nudge_people(1, caller=house.caller(BOB), standing=people[BOB], desk=house.desk)
    assert isinstance(refused, Refused)
    assert refused.could == (ANNA, OTTO)
    await house.say(Choice.REQUEST_CHANGES, BOB, reason="smaller")
    _, deps = door(house)
    said = await open_revision(1, asked(house, BOB), deps)
    assert said is not None
    assert f"<@{ANNA}>" in said.text
    assert "change comment CHG-1" in said.text


async def test_a_freeze_is_named_with_its_end_on_the_card_and_in_the_review_of_what_waits() -> None:
    house = House()
    await house.pending()
    house.forget_jobs()
    freeze = await house.freeze(3)
    assert "deliver:CHG-1:card" in house.jobs
    modals, deps = door(house)
    card = render_change(await load_view(1, deps), now=house.clock.now(), ref="r")
    assert await open_verb("approve", "1", asked(house, BOB), deps) is None
    until = f"until <!date^{int(freeze.end.timestamp())}"
    for shown in (card.blocks, modals.shown[-1]):
        assert "*Freeze* · FRZ-1" in words_of(shown)
        assert until in words_of(shown)
    house.forget_jobs()
    await house.lift()
    assert "deliver:CHG-1:card" in house.jobs
    assert "FRZ-1" not in words_of(
        render_change(await load_view(1, deps), now=house.clock.now(), ref="r").blocks
    )


@dataclass
class Letters:
    """A messenger that keeps direct messages by their ts."""

    kept: dict[str, Message] = field(default_factory=dict)

    async def conversation(self, user: str) -> str:
        """Return the channel with a person."""
        return f"D{user}"

    async def post(self, channel: str, message: Message) -> str:
        """Keep a message."""
        self.kept[channel] = message
        return "1.0"

    async def update(self, channel: str, ts: str, message: Message) -> None:
        """Keep what it says now."""
        assert channel in self.kept
        self.kept[channel] = message

    async def link(self, channel: str, ts: str) -> str:
        """Return no address."""
        return ""


async def test_who_may_not_review_a_glass_is_not_asked_to_and_a_review_folds_every_question() -> None:
    usual = company()
    rules = {key: replace(each, break_glass=True) for key, each in usual.rules.items()}
    house, letters = House(replace(usual, rules=rules)), Letters()
    await house.pending(type="emergency")
    assert not isinstance(await house.break_glass(DAN), Refused)
    deps = Dependencies(house.desk, letters, house.readers, unasked, channels=Rooms())  # type: ignore[arg-type]
    house.configuration = replace(
        house.configuration,
        groups={**usual.groups, "security": replace(usual.groups["security"], users=frozenset({DAN, CAROL}))},
    )
    deps = replace(deps, desk=house.desk)
    for user in (ANNA, CAROL):
        await tell_of_glass(1, "glass", user, deps)
    assert "Somebody else reviews it" in letters.kept[f"D{ANNA}"].text
    assert "change review CHG-1" in letters.kept[f"D{CAROL}"].text
    assert not isinstance(await house.review_glass(CAROL, GlassVerdict.JUSTIFIED), Refused)
    house.forget_jobs()
    await tell_people(1, desk=house.desk)
    assert {f"deliver:CHG-1:dm:{user}:glass:1" for user in (ANNA, CAROL)} <= house.jobs
    for user in (ANNA, CAROL):
        await tell_one(1, user, "glass:1", deps)
        assert f"Handled by <@{CAROL}>" in letters.kept[f"D{user}"].text
    stages = {each.times for each in house.archive.state.notices.values() if each.word == GLASS}
    assert stages == {HANDLED}
