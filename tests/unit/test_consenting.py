"""Consenting in Slack: who leads is asked, on the card and in a direct message; who does not is told who does."""

from dataclasses import replace

import pytest

from bot.domain.change import ChangeState as S
from bot.render.change_card import render_change
from bot.render.change_forms import render_request_form
from bot.render.change_view import button_value
from bot.usecases.tell_people import tell_people
from handlers.actions.consent import CONSENT
from handlers.actions.form import REDRAW
from handlers.actions.steer import OPEN
from handlers.commands.registry import run_command
from handlers.dialogs_decide import open_verb
from handlers.jobs.precheck import PRECHECK
from handlers.loading import load_view
from handlers.repairing import repair_form
from handlers.shapes import Click, Replace, Submission, ViewAnswer
from handlers.telling import tell_one
from handlers.views.incident_consent import CONSENT as CONFIRM
from tests.fakes.house import ANNA, BOB, DAN, OTTO, House
from tests.unit.test_dialogs import Modals, asked, door, words_of


async def emergency() -> House:
    """Return a house whose incident, led by OTTO, holds an approved emergency."""
    house = House()
    await house.declare(lead=OTTO)
    await house.approved((DAN,), type="emergency", incident="INC-1")
    return house


async def submit(house: House, user: str, value: str = "") -> ViewAnswer:
    """Press the modal's button."""
    _, deps = door(house)
    metadata = value or button_value(house.change())
    sent = Submission(asked(house, user), CONFIRM.callback_id, "V1", {}, {}, {}, metadata)
    return await CONFIRM.run(sent, deps)


async def test_the_lead_opens_the_plan_from_the_card_and_consents_in_the_modal() -> None:
    house = await emergency()
    modals, deps = door(house)
    card = render_change(await load_view(1, deps), now=house.clock.now(), ref="R1")
    assert "Consent as lead" in words_of(card.blocks)
    click = Click(asked(house, OTTO), CONSENT.action_id, "b", button_value(house.change()))
    assert await CONSENT.run(click, deps) is None
    (form,) = modals.shown
    assert form["callback_id"] == CONFIRM.callback_id
    assert "and its way back" in words_of(form)
    assert await submit(house, OTTO) is None
    card = render_change(await load_view(1, deps), now=house.clock.now(), ref="R1")
    assert "who leads it, consented" in words_of(card.blocks)
    assert "Consent as lead" not in words_of(card.blocks)


@pytest.mark.parametrize("who", [ANNA, BOB, DAN])
async def test_who_does_not_lead_opens_nothing_and_is_told_who_does(who: str) -> None:
    house = await emergency()
    modals, deps = door(house)
    said = await open_verb("consent", "1", asked(house, who), deps)
    assert said is not None
    assert "you do not lead INC-1" in said.text
    assert f"<@{OTTO}>" in said.text
    assert modals.shown == []
    answer = await submit(house, who)
    assert isinstance(answer, Replace)
    assert "you do not lead INC-1" in words_of(answer.view)
    assert not house.archive.state.consents


async def test_a_modal_about_another_plan_consents_to_nothing() -> None:
    house = await emergency()
    stale = button_value(house.change()).replace(house.change().plan_digest[:12], "0" * 12)
    answer = await submit(house, OTTO, stale)
    assert isinstance(answer, Replace)
    assert "out of date" in words_of(answer.view).lower()
    _, deps = door(house)
    said = await CONSENT.run(Click(asked(house, OTTO), CONSENT.action_id, "b", stale), deps)
    assert said is not None
    assert "out of date" in said.text.lower()
    assert not house.archive.state.consents


async def test_the_card_of_what_the_executor_held_mentions_the_lead() -> None:
    house = await emergency()
    await house.consent(OTTO)
    await house.ask_apply(BOB)
    await house.name_lead(DAN)
    await house.apply()
    _, deps = door(house)
    card = render_change(await load_view(1, deps), now=house.clock.now(), ref="R1")
    assert f"Not applied: INC-1 is open on triage-prod, and <@{DAN}>, its lead, has not" in words_of(
        card.blocks
    )


async def test_why_a_change_waits_says_that_an_incident_holds_it() -> None:
    house = await emergency()
    _, deps = door(house)
    said = await run_command("change why CHG-1", asked(house, ANNA), deps)
    assert said is not None
    assert f"<@{OTTO}>, its lead, has not consented" in words_of(said.blocks)
    await house.consent(OTTO)
    said = await run_command("change why CHG-1", asked(house, ANNA), deps)
    assert said is not None
    assert "Incident" not in words_of(said.blocks)


async def test_an_apply_that_is_held_opens_no_form_and_says_what_to_do() -> None:
    house = House()
    await house.approved()
    await house.declare(lead=OTTO)
    modals, deps = door(house)
    said = await open_verb("apply", "1", asked(house, BOB), deps)
    assert said is not None
    assert "INC-1 is open on triage-prod" in said.text
    assert "change request --from INC-1" in said.text
    assert (modals.shown, house.last.tag) == ([], "change.refused")


async def test_the_lead_consents_to_a_rollback_of_what_ran_before() -> None:
    house = House()
    await house.applied()
    await house.declare(lead=OTTO)
    modals, deps = door(house)
    said = await open_verb("rollback", "1", asked(house, BOB), deps)
    assert said is not None
    assert "has not consented" in said.text
    assert await open_verb("consent", "1", asked(house, OTTO), deps) is None
    assert "is rolled back" in words_of(modals.shown[-1])
    assert await submit(house, OTTO) is None
    assert await open_verb("rollback", "1", asked(house, BOB), deps) is None
    assert house.change().state is S.VERIFYING


class Voice(Modals):
    """A messenger that keeps what it says."""

    async def conversation(self, user: str) -> str:
        """Return a conversation."""
        return f"D{user}"

    async def post(self, channel: str, message: object) -> str:
        """Keep a message."""
        self.shown.append({"channel": channel, "said": str(message)})
        return "1.1"


async def test_the_lead_is_asked_in_a_direct_message_with_the_button() -> None:
    house = await emergency()
    _, deps = door(house)
    await tell_people(1, desk=house.desk)
    voice = Voice()
    await tell_one(1, OTTO, "consent:1:INC-1", replace(deps, messenger=voice))
    (told,) = voice.shown
    assert told["channel"] == f"D{OTTO}"
    assert "asks for your consent" in str(told["said"])
    assert "incident.consent" in str(told["said"])


async def test_a_repair_is_asked_for_from_the_incident_with_everything_it_knows_filled_in() -> None:
    house = House()
    await house.declare(lead=OTTO)
    modals, deps = door(house)
    assert await run_command("change request --from INC-1", asked(house, ANNA), deps) is None
    assert "precheck:repair:V1:INC-1::" in house.jobs
    form = await repair_form(1, "", "", deps)
    said = {name: form.values[name] for name in ("type", "incident", "target", "kind", "reason", "owner")}
    assert said == {
        "type": "emergency",
        "incident": "INC-1",
        "target": "triage-prod",
        "kind": "scale",
        "reason": "INC-1: Tickets wait",
        "owner": OTTO,
    }
    assert (form.metadata, form.problems) == ({"incident": 1}, ())
    await PRECHECK.run("precheck:repair:V1:INC-1:swap-model:triage-prod", deps)
    assert "the incident's lead has consented" in words_of(modals.shown[-1])


async def test_another_kind_in_the_form_of_a_repair_keeps_its_incident() -> None:
    house = House()
    await house.declare()
    _, deps = door(house)
    chosen = {"kind": "delete", "target": "triage-prod"}
    click = Click(
        asked(house, ANNA), "value", "kind", "delete", view_id="V1", values=chosen, metadata='{"incident": 1}'
    )
    await REDRAW.run(click, deps)
    assert "precheck:repair:V1:INC-1:delete:triage-prod" in house.jobs


async def test_a_repair_on_another_target_says_that_nothing_is_held_there() -> None:
    house = House()
    await house.declare()
    _, deps = door(house)
    form = await repair_form(1, "scale", "classifier-prod", deps)
    assert form.problems == ()
    assert form.told.startswith("INC-1 is not about classifier-prod, and no incident is open there")
    assert "has consented" not in form.told
    assert (form.values["type"], form.values["incident"]) == ("normal", "INC-1")
    assert "last try" not in words_of(render_request_form(form)), "nothing was tried yet"


async def test_a_repair_on_the_target_of_another_incident_names_that_one() -> None:
    house = House()
    await house.declare()
    await house.declare("classifier-prod")
    _, deps = door(house)
    form = await repair_form(1, "scale", "classifier-prod", deps)
    assert form.told.startswith("INC-1 is not about classifier-prod; INC-2 is")
    assert "While INC-2 is open" in form.told
    assert (form.values["type"], form.values["incident"]) == ("emergency", "INC-2")


async def test_from_a_resolved_incident_no_repair_is_asked_for() -> None:
    house = House()
    await house.declare()
    await house.resolve()
    modals, deps = door(house)
    said = await run_command("change request --from inc-1", asked(house, ANNA), deps)
    assert said is not None
    assert "INC-1 is resolved" in said.text
    assert modals.shown == []


async def test_from_a_mention_the_repair_has_a_button() -> None:
    house = House()
    await house.declare()
    modals, deps = door(house)
    mention = replace(asked(house, ANNA), trigger_id="")
    said = await run_command("change request scale triage-prod --from INC-1", mention, deps)
    assert said is not None
    assert "repair|1:scale:triage-prod" in words_of(said.blocks)
    click = Click(asked(house, ANNA), "change.open", "b", "repair|1:scale:triage-prod")
    assert await OPEN.run(click, deps) is None
    assert len(modals.shown) == 1
