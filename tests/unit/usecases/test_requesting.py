"""A request: the form is read whole, and nobody is asked before every pre-check is green."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.change import Change, ChangeState, Choice, Tier
from bot.domain.deployment import SkuBounds
from bot.domain.errors import AuditRefusedError, AzureUnavailableError, InvalidInputError
from bot.domain.policy import Refused
from bot.domain.request_events import ChangeRequested, PolicyEvaluated
from bot.usecases.check_change import Green, Red
from bot.usecases.request_change import FieldProblems
from tests.fakes.house import ANNA, BOB, CAROL, DAN, EVE, OTTO, House, company, freeze_now, rule

REQUIRED = ("owner", "ticket", "reason", "expected_cost", "validation_signal", "rollback_plan")


@pytest.fixture
def house() -> House:
    """Give a company on an ordinary day."""
    return House()


def _problems(answer: object) -> dict[str, str]:
    assert isinstance(answer, FieldProblems), answer
    return dict(answer.by_block)


async def _red(house: House, number: int = 1) -> str:
    answer = await house.precheck(number)
    assert isinstance(answer, Red), answer
    assert answer.change.number == number
    return "\n".join(answer.problems)


@pytest.mark.parametrize("field", REQUIRED)
@pytest.mark.parametrize("value", ["", "  \n\t"])
async def test_each_thing_a_person_must_give_is_asked_for_beside_its_field(
    house: House, field: str, value: str
) -> None:
    values: Any = {field: value}
    assert set(_problems(await house.ask(**values))) == {field}
    assert house.archive.state.changes == {}
    assert house.jobs == set()


async def test_everything_that_is_wrong_is_said_at_once(house: House) -> None:
    found = _problems(await house.ask(target="triage-prd", kind="explode", ticket="", reason="x" * 2001))
    assert set(found) == {"target", "kind", "ticket", "reason"}
    assert "triage-prod" in found["target"]
    assert "Kinds: scale" in found["kind"]
    assert "2,000" in found["reason"]


@pytest.mark.parametrize("capacity", ["", "0", "-1", "12.5", "many", "9999999999", "１５０"])
async def test_a_capacity_that_is_no_whole_number_is_refused_beside_its_field(
    house: House, capacity: str
) -> None:
    assert set(_problems(await house.ask(capacity=capacity))) == {"capacity"}


@pytest.mark.parametrize("capacity", ["1000000", "99999999999999999999", "9" * 5000])
async def test_a_capacity_nobody_can_have_names_the_limit(house: House, capacity: str) -> None:
    said = _problems(await house.ask(capacity=capacity))["capacity"]
    assert "At most 999,999 units" in said
    assert "whole number" not in said


async def test_a_good_form_is_a_draft_with_one_precheck(house: House) -> None:
    draft = await house.ask()
    assert isinstance(draft, Change)
    assert (draft.state, draft.revision, draft.environment) == (ChangeState.DRAFT, 1, "production")
    assert (draft.request.requester, draft.request.owner, draft.request.asked) == (
        ANNA,
        OTTO,
        {"capacity": 150},
    )
    assert house.jobs == {"precheck:CHG-1"}
    assert house.tags == []


@pytest.mark.threat(13)
@pytest.mark.asvs("16.2.5")
async def test_a_secret_typed_into_the_form_is_never_stored(house: House) -> None:
    secret = "AccountKey=" + "Zm9vYmFy" * 4
    await house.ask(reason=f"because {secret}")
    assert secret not in house.change().request.reason
    assert "[redacted" in house.change().request.reason


async def test_a_guest_may_not_request(house: House) -> None:
    house.directory.bar(EVE, "you are a guest")
    answer = await house.ask(EVE)
    assert isinstance(answer, Refused)
    assert "guest" in answer.words
    assert house.archive.state.changes == {}


async def test_where_policy_names_who_may_request_others_may_not(house: House) -> None:
    house.configuration = company(may_request={"production": ("approvers",)})
    assert isinstance(await house.ask(EVE), Refused)
    assert isinstance(await house.ask(CAROL), Change)
    assert isinstance(await house.ask(EVE, target="triage-stage"), Change)


async def test_green_prechecks_submit_with_plan_policy_evidence_and_expiry(house: House) -> None:
    change = await house.pending()
    assert change.state is ChangeState.PENDING_APPROVAL
    assert (change.tier, change.quorum) == (Tier.NORMAL, 1)
    assert change.plan is not None
    assert change.plan_digest == change.plan.digest
    assert change.expires_at == house.clock.now() + timedelta(hours=24)
    snapshot = json.loads(house.archive.state.evidence[change.evidence])
    assert snapshot["alias"] == "triage-prod"
    told = ["evidence.snapshot", "change.requested", "change.planned", "policy.evaluated"]
    assert house.tags == ["baseline.recorded", *told]
    assert {entry.by.id for entry in house.archive.state.entries} == {ANNA}
    assert "deliver:CHG-1:card" in house.jobs


async def test_the_trail_says_who_is_eligible_and_it_is_never_the_requester(house: House) -> None:
    await house.pending()
    evaluated = house.last.event
    assert isinstance(evaluated, PolicyEvaluated)
    assert evaluated.eligible == (BOB, CAROL)
    assert evaluated.policy_digest == house.configuration.policy_digest


@pytest.mark.parametrize(
    ("values", "words", "fix"),
    [
        ({"capacity": "120"}, "120 already", ""),
        ({"capacity": "1000"}, "1 to 300 units", "in between"),
        ({"capacity": "280"}, "90 of 240 units left", "at most 90 more"),
        ({"owner": EVE}, "full member", "Name somebody else"),
    ],
)
async def test_a_red_precheck_asks_nobody_and_says_the_fix(
    house: House, values: Any, words: str, fix: str
) -> None:
    house.directory.bar(EVE, "you are a guest")
    await house.ask(**values)
    said = await _red(house)
    assert words in said
    assert fix in said
    assert house.change().state is ChangeState.DRAFT
    assert house.tags == []
    assert "deliver:CHG-1:card" not in house.jobs


@pytest.mark.parametrize("owner", [ANNA, EVE])
async def test_who_asks_does_not_own_what_is_above_standard_under_any_account(
    house: House, owner: str
) -> None:
    house.configuration = company(entra_oids={ANNA: "one", EVE: "one"})
    await house.ask(owner=owner)
    said = await _red(house)
    assert "You would attest your own change" in said
    assert "somebody else than yourself" in said


async def test_a_standard_change_may_be_owned_by_who_asks(house: House) -> None:
    change = await house.pending(target="triage-stage", capacity="130", owner=ANNA)
    assert (change.tier, change.request.owner) == (Tier.STANDARD, ANNA)


async def test_a_deployment_that_is_still_being_changed_is_red(house: House) -> None:
    await house.ask()
    house.world.live = replace(house.world.live, provisioning_state="Accepted")
    assert "Accepted, not Succeeded. Wait" in await _red(house)


async def test_a_deployment_azure_does_not_know_is_red(house: House) -> None:
    house.world.others.clear()
    await house.ask(target="classifier-prod")
    assert "no deployment called classifier-ft" in await _red(house)
    assert house.change().state is ChangeState.DRAFT


async def test_text_of_invisible_characters_is_no_text(house: House) -> None:
    assert set(_problems(await house.ask(ticket="\u200b\u0000", reason="\u2060"))) == {"ticket", "reason"}


async def test_a_capacity_between_the_steps_of_the_sku_is_red(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def skus(_: object) -> tuple[SkuBounds, ...]:
        return (SkuBounds("Standard", 10, 300, 50),)

    monkeypatch.setattr(house.world, "skus", skus)
    await house.ask()
    assert "steps of 50" in await _red(house)


async def test_a_freeze_is_red_and_says_until_when(house: House) -> None:
    house.configuration = company(freezes=(freeze_now(house.clock, ("triage-*",)),))
    await house.ask()
    assert "year-end holds until 24 Nov 2026 13:00 UTC" in await _red(house)
    house.clock.pass_by(timedelta(hours=1))
    assert isinstance(await house.precheck(), Green)


async def test_a_freeze_of_other_targets_does_not_matter(house: House) -> None:
    house.configuration = company(freezes=(freeze_now(house.clock, ("classifier-*",)),))
    assert (await house.pending()).state is ChangeState.PENDING_APPROVAL


@pytest.mark.threat(22)
@pytest.mark.asvs("2.2.1")
async def test_what_policy_does_not_know_is_denied_with_the_missing_section(house: House) -> None:
    house.configuration = company(rules={})
    await house.ask()
    assert "add [policy.production.normal] to countersign.toml" in await _red(house)


async def test_a_request_that_too_few_people_could_approve_is_red(house: House) -> None:
    lonely = rule("production", Tier.NORMAL, 2, "security")
    house.configuration = company(rules={("production", Tier.NORMAL): lonely})
    await house.ask()
    said = await _red(house)
    assert "Only 1 person could approve this, and 2 are needed" in said
    assert f"<@{DAN}>" in said


async def test_the_requester_does_not_count_among_those_who_could_approve(house: House) -> None:
    only_dan = rule("production", Tier.NORMAL, 1, "security")
    house.configuration = company(rules={("production", Tier.NORMAL): only_dan})
    await house.ask(DAN)
    assert "Only 0 people" in await _red(house)


async def test_a_second_request_for_the_deployment_is_red_and_names_the_first(house: House) -> None:
    await house.pending()
    await house.ask(capacity="130")
    assert "CHG-1 is open on this deployment already" in await _red(house, 2)


async def test_a_second_request_on_the_account_is_a_warning(house: House) -> None:
    await house.pending()
    await house.ask(target="classifier-prod", capacity="40")
    answer = await house.precheck(2)
    assert isinstance(answer, Green)
    assert "CHG-1 is open on the same account" in answer.warnings[0]


async def test_when_azure_is_silent_nothing_is_decided(house: House) -> None:
    await house.ask()
    house.world.broken["quota"] = AzureUnavailableError("Azure did not answer.")
    with pytest.raises(AzureUnavailableError):
        await house.precheck()
    assert house.change().state is ChangeState.DRAFT
    assert house.tags == []


async def test_when_the_trail_refuses_an_entry_nothing_is_submitted(house: House) -> None:
    await house.ask()
    house.archive.refused_tags = {"policy.evaluated"}
    with pytest.raises(AuditRefusedError):
        await house.precheck()
    assert house.change().state is ChangeState.DRAFT
    assert house.tags == []
    assert house.archive.state.evidence == {}


async def test_a_standard_change_needs_nobody_and_is_still_recorded(house: House) -> None:
    change = await house.pending(target="triage-stage", capacity="30")
    assert (change.tier, change.state, change.quorum) == (Tier.NORMAL, ChangeState.PENDING_APPROVAL, 1)
    await house.withdraw()
    standard = await house.pending(target="triage-stage", capacity="150")
    assert (standard.tier, standard.state) == (Tier.STANDARD, ChangeState.APPROVED)
    assert house.tags[-4:] == ["evidence.snapshot", "change.requested", "change.planned", "policy.evaluated"]


async def test_the_form_can_raise_the_tier_and_never_lower_it(house: House) -> None:
    assert (await house.pending(impact=("security",))).tier is Tier.HIGH
    await house.withdraw()
    assert (await house.pending(capacity="100", impact=("cost",))).tier is Tier.HIGH


@pytest.mark.parametrize("impact", ["unknown", "SECURITY"])
async def test_an_impact_nobody_knows_is_refused_beside_its_field(house: House, impact: str) -> None:
    assert set(_problems(await house.ask(impact=(impact,)))) == {"impact"}


async def test_a_type_nobody_knows_is_refused_beside_its_field(house: House) -> None:
    assert set(_problems(await house.ask(type="sudden"))) == {"type"}


async def test_after_request_changes_the_requester_edits_and_the_votes_start_anew(house: House) -> None:
    await house.pending(capacity="200")
    await house.say(Choice.APPROVE, BOB)
    await house.say(Choice.REQUEST_CHANGES, DAN, reason="smaller, please")
    assert house.change().state is ChangeState.CHANGES_REQUESTED
    edited = await house.ask(number=1, capacity="150")
    assert isinstance(edited, Change)
    assert (edited.revision, edited.request.asked) == (2, {"capacity": 150})
    assert isinstance(await house.precheck(), Green)
    assert house.change().state is ChangeState.PENDING_APPROVAL
    async with house.archive.transaction() as tx:
        assert await tx.votes(house.change()) == []
    requested = [e.event for e in house.archive.state.entries if isinstance(e.event, ChangeRequested)]
    assert [event.revision for event in requested] == [1, 2]


async def test_nobody_but_the_requester_edits_and_the_attempt_is_remembered(house: House) -> None:
    await house.pending(capacity="200")
    await house.say(Choice.REQUEST_CHANGES, DAN, reason="smaller, please")
    before = house.change()
    answer = await house.ask(BOB, number=1, capacity="150")
    assert isinstance(answer, Refused)
    assert house.change() == before
    assert (house.last.tag, house.last.by.id) == ("change.refused", BOB)


async def test_what_waits_for_approval_can_no_longer_be_edited(house: House) -> None:
    before = await house.pending()
    answer = await house.ask(number=1, capacity="130")
    assert isinstance(answer, Refused)
    assert "pending approval" in answer.words
    assert house.change() == before


async def test_an_edit_cannot_carry_a_request_to_another_target(house: House) -> None:
    """Policy goes by the environment stored with the draft: a test draft must not become a production one."""
    await house.ask(target="triage-stage")
    answer = await house.ask(number=1, target="triage-prod")
    assert set(_problems(answer)) == {"target"}
    assert house.change().request.target == "triage-stage"


async def test_a_draft_edited_while_it_was_checked_is_not_submitted_with_the_old_plan(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.ask()
    models = house.world.models

    async def slow(account: object) -> object:
        await house.ask(number=1, capacity="130")
        return await models(account)  # type: ignore[arg-type]

    monkeypatch.setattr(house.world, "models", slow)
    with pytest.raises(InvalidInputError, match="meanwhile"):
        await house.precheck()
    assert house.change().state is ChangeState.DRAFT
    assert house.tags == []


async def test_a_precheck_delivered_again_does_not_submit_what_waits_for_an_edit(house: House) -> None:
    await house.pending(capacity="200")
    await house.say(Choice.REQUEST_CHANGES, DAN, reason="smaller, please")
    assert "edit" in await _red(house)
    assert house.change().state is ChangeState.CHANGES_REQUESTED
