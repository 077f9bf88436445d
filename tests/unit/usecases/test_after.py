"""After an apply: a waiver instead of an attestation, a second word before a rollback, a trigger that is watched."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.domain.after_events import ChangeWaived, TriggerBreached
from bot.domain.change import Change
from bot.domain.change import ChangeState as S
from bot.domain.deployment import DeploymentRef
from bot.domain.errors import AzureUnavailableError
from bot.domain.execution_events import RollbackStarted
from bot.domain.policy import Refused
from bot.domain.sighting import Unexplained
from bot.evidence.traffic import REQUESTS
from bot.render.after_words import siblings_words
from bot.usecases.link_change import link_back
from bot.usecases.name_movers import movers
from bot.usecases.request_change import FieldProblems
from bot.usecases.steer_change import Done
from bot.usecases.step import step_of
from bot.usecases.waive_change import waive_change
from bot.usecases.watch_trigger import watch_trigger
from tests.fakes.azure_reads import THING
from tests.fakes.azure_world import Fate
from tests.fakes.every_kind import WISHES, roomy_world
from tests.fakes.house import ANNA, BOB, CAROL, DAN, EVE, OTTO, House, company, rule

TRIGGER = "HTTP 5xx above 2 %"


@pytest.fixture
def house() -> House:
    """Give a company on an ordinary day."""
    return House()


def policy(house: House, **more: object) -> None:
    """Give the tier of the change these keys."""
    change = house.change()
    made = rule(change.environment, change.tier, 1, "approvers", **more)
    house.configuration = company(rules={(change.environment, change.tier): made})


async def waive(house: House, by: str, reason: str = "The owner is away.") -> Change | Refused:
    """Waive the attestation."""
    people = await house.people(by, *await house.steerers(1))
    async with house.archive.transaction() as tx:
        return await waive_change(1, reason, caller=house.caller(by), people=people, tx=tx, desk=house.desk)


async def look(house: House) -> None:
    """Run the job `verify` of the trigger."""
    await watch_trigger(1, readers=house.readers, desk=house.desk, cause=house.cause)


def traffic(house: House, start: datetime, minutes: int, good: float, failed: float) -> None:
    """Let calls be answered."""
    for minute in range(minutes):
        at = start + timedelta(minutes=minute, seconds=1)
        house.metrics.add(REQUESTS, at, good, "200")
        house.metrics.add(REQUESTS, at, failed, "500")


async def failing(house: House, good: float = 90, failed: float = 10, minutes: int = 5) -> Change:
    """Return a change in its window whose calls fail since it was applied."""
    change = await house.applied(rollback_trigger=TRIGGER)
    assert change.executed_at is not None
    traffic(house, change.executed_at, minutes, good, failed)
    house.clock.reach(change.executed_at + timedelta(minutes=minutes))
    return change


async def test_somebody_of_the_groups_waives_and_that_closes_the_change(house: House) -> None:
    await house.validated()
    house.forget_jobs()
    assert isinstance(await waive(house, BOB), Change)
    change = house.change()
    assert (change.state, change.outcome["waived"], change.note) == (S.CLOSED, BOB, "The owner is away.")
    assert house.tags[-2:] == ["change.waived", "change.closed"]
    event = house.archive.state.entries[-2].event
    assert isinstance(event, ChangeWaived)
    assert (event.owner, event.groups, event.private()) == (
        OTTO,
        ("approvers",),
        {"reason": "The owner is away."},
    )
    assert house.jobs == {"deliver:CHG-1:card"}


@pytest.mark.parametrize("who", [ANNA, OTTO, EVE, DAN])
async def test_requester_owner_and_strangers_do_not_waive_and_read_who_could(house: House, who: str) -> None:
    await house.validated()
    outcome = await waive(house, who)
    assert isinstance(outcome, Refused)
    assert set(outcome.could) == {BOB, CAROL}
    assert house.change().state is S.AWAITING_ATTESTATION
    assert (house.last.tag, house.last.by.id) == ("change.refused", who)


async def test_an_owner_under_another_account_does_not_waive(house: House) -> None:
    await house.validated()
    house.configuration = company(entra_oids={BOB: "one", OTTO: "one"}, rules=house.configuration.rules)
    assert isinstance(await waive(house, BOB), Refused)


async def test_a_waiver_wants_a_reason_and_something_to_waive(house: House) -> None:
    await house.applied()
    early = await waive(house, BOB)
    assert isinstance(early, Refused)
    assert "verifying" in early.words
    ends = house.change().window_ends_at
    assert ends is not None
    house.clock.reach(ends)
    await house.validate()
    assert isinstance(await waive(house, BOB, ""), Refused)
    assert house.change().state is S.AWAITING_ATTESTATION


async def test_a_rollback_is_waived_once_and_stays_rolled_back(house: House) -> None:
    await house.applied()
    await house.ask_rollback()
    await house.finish()
    assert isinstance(await waive(house, CAROL), Change)
    assert (house.change().state, house.change().outcome["waived"]) == (S.ROLLED_BACK, CAROL)
    assert house.last.tag == "change.waived"
    assert isinstance(await waive(house, BOB), Refused)
    assert isinstance(await house.attest(), Refused)


async def test_where_policy_wants_it_another_person_confirms_a_rollback(house: House) -> None:
    await house.applied()
    policy(house, rollback_approvals=1)
    house.forget_jobs()
    assert isinstance(await house.ask_rollback(ANNA), Done)
    assert (house.change().state, house.change().rollback_asked_by) == (S.VERIFYING, ANNA)
    assert (house.last.tag, house.jobs) == ("rollback.requested", {"deliver:CHG-1:card"})
    again = await house.ask_rollback(ANNA)
    assert isinstance(again, Refused)
    assert "another person confirms" in again.words
    assert isinstance(await house.ask_rollback(EVE), Refused)
    assert isinstance(await house.ask_rollback(BOB), Done)
    started = house.last.event
    assert isinstance(started, RollbackStarted)
    assert (started.asked_by, started.confirmed_by) == (ANNA, BOB)
    change = house.change()
    assert (change.state, change.rollback_asked_by, change.outcome["confirmed"]) == (
        S.ROLLING_BACK,
        ANNA,
        BOB,
    )


async def test_who_decides_here_may_confirm_a_rollback_but_not_ask_for_it(house: House) -> None:
    await house.applied()
    policy(house, rollback_approvals=1, may_rollback=("owner",))
    assert isinstance(await house.ask_rollback(BOB), Refused)
    await house.ask_rollback(OTTO)
    assert isinstance(await house.ask_rollback(BOB), Done)
    assert house.change().state is S.ROLLING_BACK


async def test_one_person_with_two_accounts_does_not_confirm_their_own_rollback(house: House) -> None:
    await house.applied()
    policy(house, rollback_approvals=1)
    house.configuration = company(entra_oids={ANNA: "one", BOB: "one"}, rules=house.configuration.rules)
    await house.ask_rollback(ANNA)
    assert isinstance(await house.ask_rollback(BOB), Refused)
    assert house.change().state is S.VERIFYING


async def test_where_only_mapped_people_decide_another_account_without_a_row_confirms_no_rollback(
    house: House,
) -> None:
    await house.applied()
    policy(house, rollback_approvals=1, mapped_only=True)
    house.configuration = replace(house.configuration, entra_oids={ANNA: "one"})
    await house.ask_rollback(ANNA)
    refused = await house.ask_rollback(BOB)
    assert isinstance(refused, Refused)
    assert "no row in [[people]]" in refused.reason
    house.configuration = replace(house.configuration, entra_oids={ANNA: "one", BOB: "two"})
    assert isinstance(await house.ask_rollback(BOB), Done)


async def test_an_asked_rollback_outlives_the_window(house: House) -> None:
    change = await house.applied()
    policy(house, rollback_approvals=1)
    await house.ask_rollback(ANNA)
    assert change.window_ends_at is not None
    house.clock.reach(change.window_ends_at)
    await house.validate()
    assert isinstance(await house.ask_rollback(BOB), Done)
    assert house.change().state is S.ROLLING_BACK


async def test_a_trigger_that_cannot_be_read_is_said_beside_its_field_with_examples(house: House) -> None:
    for text in ("when it feels slow", "HTTP 5xx", "HTTP 5xx below 2 %"):
        problems = await house.ask(rollback_trigger=text)
        assert isinstance(problems, FieldProblems)
        assert "HTTP 5xx above 2 %" in problems.by_block["rollback_trigger"]


async def test_a_trigger_is_looked_at_once_a_minute_and_only_in_the_window(house: House) -> None:
    change = await house.approved(rollback_trigger=TRIGGER)
    await house.sweep()
    assert "verify:CHG-1:trigger" not in house.jobs
    await house.ask_apply(number=change.number)
    await house.apply()
    await house.poll()
    start = house.clock.now()
    looked = []
    for seconds in (0, 30, 59, 60, 119, 121):
        house.forget_jobs()
        house.clock.reach(start + timedelta(seconds=seconds))
        await house.sweep()
        looked += [seconds] if "verify:CHG-1:trigger" in house.jobs else []
    assert looked == [0, 60, 121]


async def test_a_change_without_a_trigger_is_never_looked_at(house: House) -> None:
    await house.applied()
    await house.sweep()
    assert "verify:CHG-1:trigger" not in house.jobs


async def test_a_breach_is_recorded_and_told_once_to_owner_and_those_who_may_roll_back(house: House) -> None:
    await failing(house)
    house.forget_jobs()
    await look(house)
    await look(house)
    assert house.tags.count("change.trigger_breached") == 1
    event = house.last.event
    assert isinstance(event, TriggerBreached)
    assert (event.value, event.automatic) == ("share of HTTP 5xx 10.00 %", False)
    assert event.measured_at == house.clock.now().isoformat()
    told = {f"deliver:CHG-1:breach:{who}" for who in (ANNA, BOB, CAROL, OTTO)}
    assert house.jobs == {"deliver:CHG-1:card", *told}
    assert house.change().state is S.VERIFYING


@pytest.mark.parametrize(("good", "failed"), [(99, 1), (98, 2), (1, 1)])
async def test_what_stays_within_the_limit_or_has_too_few_calls_is_no_breach(
    house: House, good: float, failed: float
) -> None:
    await failing(house, good, failed)
    await look(house)
    assert "change.trigger_breached" not in house.tags


async def test_only_the_last_five_minutes_count(house: House) -> None:
    change = await failing(house, minutes=5)
    assert change.executed_at is not None
    later = change.executed_at + timedelta(minutes=5)
    traffic(house, later, 6, 100, 0)
    house.clock.reach(later + timedelta(minutes=6))
    await look(house)
    assert "change.trigger_breached" not in house.tags


async def test_where_policy_has_approved_it_beforehand_a_breach_rolls_back_by_itself(house: House) -> None:
    await failing(house)
    policy(house, auto_rollback=True)
    house.forget_jobs()
    await look(house)
    assert house.tags[-2:] == ["change.trigger_breached", "rollback.started"]
    started = house.last
    assert (started.by.kind, started.by.id) == ("system", "timer")
    assert "apply:CHG-1" in house.jobs
    await house.finish()
    change = house.change()
    assert (change.state, change.outcome["automatic"]) == (S.ROLLED_BACK, True)
    assert len(house.writer.calls) == 2


async def test_an_incident_that_nobody_leads_stops_no_rollback_that_policy_approved_beforehand(
    house: House,
) -> None:
    await failing(house)
    policy(house, auto_rollback=True)
    await house.declare()
    refused = await house.ask_rollback(BOB)
    assert isinstance(refused, Refused)
    assert "has no lead" in refused.reason
    await look(house)
    await house.finish()
    assert (house.change().state, house.change().outcome["automatic"]) == (S.ROLLED_BACK, True)


async def test_without_metrics_nothing_is_decided(house: House) -> None:
    await failing(house)
    house.metrics.broken = AzureUnavailableError("Azure Monitor did not answer.")
    with pytest.raises(AzureUnavailableError):
        await look(house)
    assert "breach" not in house.change().outcome


async def test_a_breach_is_still_there_when_the_window_ends(house: House) -> None:
    change = await failing(house)
    await look(house)
    assert change.window_ends_at is not None
    house.clock.reach(change.window_ends_at)
    await house.validate()
    assert house.change().state is S.AWAITING_ATTESTATION
    assert house.change().outcome["breach"]


async def test_the_card_of_a_change_names_the_one_that_follows_it_once(house: House) -> None:
    await house.pending()
    second = replace(house.change(), number=2, request=replace(house.change().request, origin="CHG-1"))
    house.forget_jobs()
    for _ in range(2):
        async with house.archive.transaction() as tx:
            await link_back(second, tx)
    assert house.change().outcome["followed_by"] == ["CHG-2"]
    assert house.jobs == {"deliver:CHG-1:card"}


async def test_siblings_that_moved_are_named_with_whoever_the_journal_knows(house: House) -> None:
    body, names = house.world.live.projection, ("another", "quiet")
    for name in names:
        house.world.show(DeploymentRef(THING.account, name), body)
    await house.approved()
    await house.ask_apply()
    await house.apply()
    house.world.show(DeploymentRef(THING.account, "another"), {**body, "tags": {"moved": "yes"}})
    await house.poll()
    outcome, name = house.change().outcome, "another"
    assert (outcome["strangers"], outcome["untouched"], outcome["movers"]) == ([name], 3, {})
    assert siblings_words(house.change()).startswith(f"moved meanwhile, not by this change: {name}")


async def test_who_moved_a_sibling_is_said_where_the_log_was_read_already(house: House) -> None:
    await house.approved()
    await house.ask_apply()
    await house.apply()
    key = DeploymentRef(THING.account, "another").key
    who = "eve@contoso.example"
    seen = Unexplained("k", key, "classifier-prod", house.clock.now(), house.clock.now(), caller=who)
    async with house.archive.transaction() as tx:
        await tx.add_unexplained(seen)
        step = step_of(house.change(), house.desk, house.cause)
        assert step is not None
        assert await movers(step, ("another", "third"), tx) == {"another": who}


async def test_beside_the_old_one_both_are_measured_and_closing_proposes_the_old_ones_deletion(
    house: House,
) -> None:
    house.world = roomy_world()
    house.__post_init__()
    swap = WISHES["swap-model"]
    await house.approved(by=(BOB, DAN), kind=swap.kind, **swap.values)
    await house.ask_apply(BOB)
    await house.apply()
    await house.poll()
    change = house.change()
    assert change.state is S.VERIFYING
    assert change.window_ends_at is not None
    house.clock.reach(change.window_ends_at)
    await house.validate()
    said = house.change().outcome["cutover"]
    assert isinstance(said, dict)
    assert (said["old"], said["new"], said["minutes"]) == ("support-triage-ft", change.written, 30)
    house.forget_jobs()
    await house.attest()
    assert house.jobs == {"deliver:CHG-1:card", "deliver:CHG-1:old-one"}


async def test_a_change_in_place_measures_one_and_proposes_nothing(house: House) -> None:
    await house.validated()
    assert "cutover" not in house.change().outcome
    house.forget_jobs()
    await house.attest()
    assert house.jobs == {"deliver:CHG-1:card"}


async def test_a_rollback_that_failed_can_be_asked_for_again_and_is_sent_once_more(house: House) -> None:
    await house.applied()
    house.writer.fates.append(Fate.REFUSED)
    await house.ask_rollback(BOB)
    await house.finish()
    assert house.change().state is S.FAILED
    await house.ask_rollback(BOB)
    await house.finish()
    assert house.change().state is S.ROLLED_BACK
    assert (len(house.writer.calls), house.effect("rollback").fence) == (3, 2)
    assert house.tags.count("rollback.finished") == house.tags.count("rollback.failed") == 1
