"""Drift, its exceptions, baselines, comparisons and lineage, as people see them."""

import pytest

from tests.journeys.conftest import House
from tests.journeys.people import words_of
from tests.journeys.ways import (
    ALICE,
    BOB,
    DAN,
    OWNER,
    Azure,
    approved,
    confirm,
    entries,
    requested,
    tags,
    trail,
)

ONE = pytest.mark.parametrize("house", [("sqlite", "http")], indirect=True)
DAY_SECONDS = 24 * 3600.0
OPTION = "Upgrade option"


async def answer(house: House, user: str, text: str, *wanted: str) -> str:
    """Type a command and return the words of its answer, waiting until it holds what is wanted."""
    said = await house.people.say(user, f"/cs {text}")
    assert said["ok"], said

    def fits(item: dict[str, object]) -> bool:
        return all(each in words_of(item) for each in wanted)

    return words_of(await house.people.message(user, fits))


@ONE
async def test_r27_drift_says_what_differs_since_when_and_by_whom(house: House) -> None:
    shown = await answer(house, ALICE, "drift extract-prod", "extract-prod · Drift")
    assert "1 field differs from what is declared" in shown
    assert "live `OnceNewDefaultVersionAvailable`" in shown
    assert "Template wants `NoAutoUpgrade` (infra/extract-prod.json)" in shown
    assert f"by <@{DAN}>" in shown
    assert "only Azure can evaluate that" in shown
    assert "az cognitiveservices account deployment show" in shown
    (found,) = [each for each in entries(house) if each.type == "drift.detected"]
    assert found.data["fields"] == ["iac: upgrade_option"]
    assert trail(house).ok


@ONE
async def test_r34_an_exception_silences_a_line_and_it_comes_back_when_it_lapses(house: House) -> None:
    last_day = (await house.people.now()).strftime("%Y-%m-%d")
    typed = (
        f"drift except extract-prod upgrade-option --owner <@{OWNER}|olivia> --reason a trial until Monday"
    )
    refused = await house.people.say(ALICE, f"/cs {typed}")
    assert "Not allowed" in words_of(await house.people.message(ALICE, "exception silences")), refused
    await house.people.say(BOB, f"/cs {typed}")
    form = await house.people.view(BOB, "drift.except")
    wrong = await house.people.submit(BOB, form, {"until": "2020-01-01"})
    assert "has passed" in str(wrong)
    filled = {"owner": OWNER, "until": last_day, "reason": "A trial until Monday."}
    done = await house.people.submit(BOB, form, filled)
    assert "is excepted from drift" in words_of(done["view"])
    (entry,) = [each for each in entries(house) if each.type == "drift.excepted"]
    assert (entry.actor, entry.data["field"], entry.data["until"]) == (BOB, "upgrade_option", last_day)
    assert "trial" not in str(entry.data)
    silenced = await answer(house, ALICE, "drift extract-prod", "As declared")
    assert f"{OPTION} until" in silenced
    assert "1 exception in force" in silenced
    assert "A trial until Monday." in silenced
    await house.people.advance(DAY_SECONDS)
    back = await answer(house, ALICE, "drift extract-prod --against iac", f"*{OPTION}* · live", "lapsed")
    assert f"An exception of <@{OWNER}> lapsed" in back
    assert trail(house).ok


@ONE
async def test_an_exception_can_be_lifted_by_its_owner_and_the_line_comes_back_at_once(house: House) -> None:
    last_day = (await house.people.now()).strftime("%Y-%m-%d")
    await house.people.say(BOB, "/cs drift except extract-prod upgrade_option")
    form = await house.people.view(BOB, "drift.except")
    filled = {"owner": OWNER, "until": last_day, "reason": "A trial."}
    await house.people.submit(BOB, form, filled)
    listed = await answer(house, ALICE, "drift extract-prod", "1 exception in force")
    assert f"owner <@{OWNER}>, differs, and is silenced: A trial." in listed
    await house.people.say(ALICE, "/cs drift lift extract-prod upgrade_option")
    await house.people.message(ALICE, "not yours to lift")
    await house.people.say(OWNER, "/cs drift lift extract-prod capacity")
    await house.people.message(OWNER, "No exception of capacity of extract-prod is in force")
    await house.people.say(OWNER, "/cs drift extract-prod")
    card = await house.people.message(OWNER, "1 exception in force")
    await house.people.click(OWNER, card, "drift.lift")
    form = await house.people.view(OWNER, "drift.lift")
    assert "Upgrade option of extract-prod" in words_of(form)
    done = await house.people.submit(OWNER, form, {})
    assert "is reported by drift again" in words_of(done["view"])
    (entry,) = [each for each in entries(house) if each.type == "drift.exception_lifted"]
    assert (entry.actor, entry.data["field"], entry.data["until"]) == (OWNER, "upgrade_option", last_day)
    back = await answer(house, ALICE, "drift extract-prod --against iac", "lifted by")
    assert f"*{OPTION}* · live" in back
    assert trail(house).ok


@ONE
async def test_r19_every_target_is_compared_at_once_and_a_source_can_be_named(house: House) -> None:
    shown = await answer(house, ALICE, "drift", "Targets · Drift")
    assert "1 of 6 targets differs from what is declared" in shown
    assert "*extract-prod* · 1 field differs from what is declared: Upgrade option" in shown
    assert "*triage-prod* · As declared" in shown
    assert "*router-test* · Nothing is declared" in shown
    assert "No baseline is kept" in await answer(
        house, ALICE, "drift triage-prod --against snapshot", "No baseline"
    )
    said = await house.people.say(ALICE, "/cs drift triage-prod --against runbok")
    assert said["ok"]
    await house.people.message(ALICE, "Did you mean runbook?")


@ONE
async def test_r49_baselines_are_kept_at_submit_at_apply_and_by_hand_and_drift_compares_with_the_last(
    house: House,
) -> None:
    await requested(house)
    card = await approved(house)
    await confirm(house, ALICE, card, "apply")
    await house.people.card(ALICE, "CHG-1", "verifying")
    assert tags(house).count("baseline.recorded") == 2
    shown = await answer(house, ALICE, "baseline triage-prod", "BL-3 is kept")
    assert "`BL-1`, kept at submit of CHG-1" in shown
    assert "`BL-2`, kept at apply of CHG-1" in shown
    assert "As declared" in await answer(house, ALICE, "drift triage-prod --against snapshot", "As declared")
    runbook = await answer(house, ALICE, "drift triage-prod --against runbook", "Runbook wants `120`")
    assert f"by CHG-1, requested by <@{ALICE}>" in runbook
    await Azure(house).behind(sku={"capacity": 140})
    moved = await answer(house, ALICE, "drift triage-prod --against snapshot", "Capacity* · live `140`")
    assert "Baseline wants `150` (BL-3, kept by hand)" in moved
    assert trail(house).ok


@ONE
async def test_r40_two_targets_are_compared_with_what_lies_idle(house: House) -> None:
    shown = await answer(house, ALICE, "compare triage-prod triage-test", "Compare", "Capacity and use")
    for words in ("Capacity", "Content filter", "strict-support-v3", "lenient-test-v1", "idle at the peak"):
        assert words in shown
    assert "triage-test leaves" in shown


@ONE
async def test_the_lineage_goes_from_the_base_model_to_every_deployment(house: House) -> None:
    shown = await answer(house, ALICE, "lineage triage-prod", "Lineage")
    for words in ("*Base model* · `gpt-4.1-mini-2025-04-14`", "ftjob-", "*Checkpoint*", "support-triage-ft"):
        assert words in shown
    assert "Served by 1 deployment" in shown


@ONE
async def test_a_mention_gives_a_button_that_opens_the_form(house: House) -> None:
    await house.people.say(BOB, "<@U0COUNTERSIGN> drift except extract-prod upgrade_option")
    offer = await house.people.message(BOB, "A mention cannot open a form")
    await house.people.click(BOB, offer, "drift.open")
    form = await house.people.view(BOB, "drift.except")
    assert "Upgrade option of extract-prod" in words_of(form)
