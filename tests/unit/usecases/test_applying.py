"""Applying: everything is checked again, the intent is written down first, and the call leaves once."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.change import ChangeState as S
from bot.domain.change import Choice, Tier
from bot.domain.deployment import SkuBounds, Usage
from bot.domain.effect import Phase
from bot.domain.errors import AuditRefusedError, AzureUnavailableError, LedgerBrokenError, RunAgain
from bot.domain.execution_events import ExecutionFailed, ExecutionStarted
from bot.domain.policy import Refused
from bot.domain.request_events import ChangeRefused, ChangeSuperseded
from bot.usecases.steer_change import Done
from tests.fakes.azure_world import Fate
from tests.fakes.house import ANNA, BOB, CAROL, DAN, EVE, House, company, freeze_now


@pytest.fixture
def house() -> House:
    """Give a company on an ordinary day."""
    return House()


async def _asked(house: House, **values: Any) -> None:
    change = await house.approved(**values)
    assert isinstance(await house.ask_apply(number=change.number), Done)
    house.forget_jobs()


async def test_asking_marks_who_asked_and_hands_over_to_the_executor(house: House) -> None:
    await house.approved()
    house.forget_jobs()
    assert isinstance(await house.ask_apply(CAROL), Done)
    assert (house.change().state, house.change().apply_asked_by) == (S.APPROVED, CAROL)
    assert house.jobs == {"apply:CHG-1", "deliver:CHG-1:card"}
    assert house.last.tag == "change.apply_requested"
    assert house.writer.calls == []


@pytest.mark.parametrize("who", [EVE, DAN])
async def test_who_may_not_apply_is_refused_and_remembered(house: House, who: str) -> None:
    await house.approved()
    outcome = await house.ask_apply(who)
    assert isinstance(outcome, Refused)
    assert "requester, approvers" in outcome.words
    assert (house.last.tag, house.last.by.id) == ("change.refused", who)
    assert house.change().apply_asked_by == ""


async def test_the_requester_may_apply_where_policy_says_so_and_only_there(house: House) -> None:
    await house.approved()
    assert isinstance(await house.ask_apply(ANNA), Done)
    other = House()
    await other.approved((BOB, DAN), capacity="200")
    other.configuration = company(
        groups={**other.configuration.groups, "approvers": replace(other.configuration.groups["security"])}
    )
    assert isinstance(await other.ask_apply(ANNA), Refused)


async def test_a_change_is_asked_to_apply_once(house: House) -> None:
    await house.approved()
    await house.ask_apply(BOB)
    outcome = await house.ask_apply(CAROL)
    assert isinstance(outcome, Refused)
    assert f"asked for by <@{BOB}>" in outcome.words


async def test_what_is_not_approved_cannot_be_applied(house: House) -> None:
    await house.pending()
    outcome = await house.ask_apply()
    assert isinstance(outcome, Refused)
    assert "pending approval" in outcome.words
    await house.apply()
    assert house.writer.calls == []


async def test_a_freeze_refuses_the_apply_in_words(house: House) -> None:
    await house.approved()
    house.configuration = company(freezes=(freeze_now(house.clock),))
    outcome = await house.ask_apply()
    assert isinstance(outcome, Refused)
    assert "year-end holds until" in outcome.words


async def test_nothing_runs_that_nobody_asked_for(house: House) -> None:
    await house.approved()
    await house.apply()
    assert house.change().state is S.APPROVED
    assert house.writer.calls == []


@pytest.mark.threat(18)
@pytest.mark.asvs("15.4.2")
async def test_the_approved_plan_byte_for_byte_is_what_runs(house: House) -> None:
    await _asked(house)
    plan = house.change().plan
    await house.apply()
    assert plan is not None
    assert [(change, operation) for change, operation, _ in house.writer.calls] == [
        ("CHG-1", plan.forward[0])
    ]
    assert house.change().state is S.EXECUTING
    assert house.effect().phase is Phase.ACCEPTED
    assert house.jobs == {"deliver:CHG-1:card", "poll:CHG-1"}


async def test_the_intent_and_the_entry_are_committed_before_the_call(house: House) -> None:
    await _asked(house)
    found: list[tuple[S, Phase, str]] = []
    house.writer.before_send = lambda: found.append(
        (house.change().state, house.effect().phase, house.last.tag)
    )
    await house.apply()
    assert found == [(S.EXECUTING, Phase.INTENDED, "change.execution.started")]


async def test_the_entry_of_the_start_names_the_approvers_and_their_proofs(house: House) -> None:
    await _asked(house, by=(BOB, DAN), capacity="200")
    await house.apply()
    event = house.last.event
    assert isinstance(event, ExecutionStarted)
    assert event.approvers == (BOB, DAN)
    assert len(event.approvals) == 2
    assert (house.last.by.kind, house.last.by.id) == ("system", "executor")


async def test_running_the_job_again_sends_nothing_more(house: House) -> None:
    await _asked(house)
    for _ in range(3):
        await house.apply()
    assert len(house.writer.calls) == 1
    await house.poll()
    await house.apply()
    assert len(house.writer.calls) == 1


@pytest.mark.threat(24)
@pytest.mark.asvs("16.5.3")
async def test_when_the_trail_refuses_the_start_nothing_is_sent(house: House) -> None:
    await _asked(house)
    house.archive.refused_tags = {"change.execution.started"}
    with pytest.raises(AuditRefusedError):
        await house.apply()
    assert house.writer.calls == []
    assert house.change().state is S.APPROVED
    assert house.archive.state.effects == {}


@pytest.mark.threat(24)
@pytest.mark.asvs("16.5.3")
async def test_when_the_trail_does_not_prove_itself_nothing_is_sent(house: House) -> None:
    await _asked(house)
    house.archive.is_broken = True
    with pytest.raises(LedgerBrokenError):
        await house.apply()
    assert house.writer.calls == []
    assert house.change().state is S.APPROVED


@pytest.mark.threat(25)
@pytest.mark.asvs("16.4.2")
async def test_a_vote_that_is_not_in_the_trail_sends_nothing(house: House) -> None:
    """Somebody with the database, and without the signing key, put a row there."""
    await house.pending(capacity="200")
    await house.say(Choice.APPROVE, BOB)
    await house.say(Choice.APPROVE, DAN)
    await house.ask_apply()
    entries = house.archive.state.entries
    entries.remove(next(e for e in entries if e.tag == "change.approved" and e.by.id == DAN))
    with pytest.raises(LedgerBrokenError):
        await house.apply()
    assert house.writer.calls == []


async def test_live_state_that_moved_supersedes_and_names_the_field(house: House) -> None:
    await _asked(house)
    house.world.portal(121)
    await house.apply()
    assert house.change().state is S.SUPERSEDED
    assert house.change().note.startswith("sku.capacity")
    assert "moved after the request was planned" in house.change().note
    event = house.last.event
    assert isinstance(event, ChangeSuperseded)
    assert event.moved == ("sku.capacity",)
    assert house.writer.calls == []
    assert house.jobs == {"deliver:CHG-1:card"}


async def test_a_deployment_that_is_gone_supersedes(house: House) -> None:
    await _asked(house)
    house.world.remove()
    await house.apply()
    assert house.change().state is S.SUPERSEDED
    assert "gone" in house.change().note
    assert (house.last.tag, house.writer.calls) == ("change.superseded", [])


async def test_an_approval_that_expired_before_it_ran_ends_the_change(house: House) -> None:
    await _asked(house)
    house.clock.pass_by(timedelta(hours=4))
    await house.apply()
    assert (house.change().state, house.last.tag) == (S.EXPIRED, "change.expired")
    assert house.writer.calls == []


@pytest.mark.threat(19)
@pytest.mark.asvs("8.3.2")
async def test_an_approver_who_left_the_group_no_longer_counts(house: House) -> None:
    await _asked(house, by=(CAROL,))
    house.directory.leave("S0AIOPS", CAROL)
    await house.look_at_people(CAROL)
    await house.apply()
    assert house.change().state is S.SUPERSEDED
    assert "Of 1 approvals needed, 0 still count today" in house.change().note
    event = house.last.event
    assert isinstance(event, ChangeSuperseded)
    assert event.moved == ("approvals",)
    assert house.writer.calls == []


@pytest.mark.threat(19)
@pytest.mark.asvs("8.3.2")
async def test_an_approver_whose_account_was_closed_no_longer_counts(house: House) -> None:
    await _asked(house, by=(CAROL,))
    house.directory.bar(CAROL, "your account is deactivated")
    await house.look_at_people(CAROL)
    await house.apply()
    assert house.change().state is S.SUPERSEDED
    assert house.writer.calls == []


@pytest.mark.threat(19)
@pytest.mark.asvs("8.3.2")
async def test_a_rule_that_became_stricter_holds_today(house: House) -> None:
    await _asked(house)
    rules = dict(house.configuration.rules)
    key = next(key for key in rules if key[0] == "production" and key[1] == "normal")
    house.configuration = company(rules={**rules, key: replace(rules[key], quorum=2)})
    await house.apply()
    assert house.change().state is S.SUPERSEDED
    assert house.writer.calls == []


@pytest.mark.threat(19)
@pytest.mark.asvs("8.3.2")
async def test_a_rule_that_is_gone_denies(house: House) -> None:
    await _asked(house)
    house.configuration = company(rules={})
    await house.apply()
    assert house.change().state is S.SUPERSEDED
    assert "no longer has a rule" in house.change().note


@pytest.mark.threat(19)
@pytest.mark.asvs("8.3.2")
async def test_the_executor_waits_for_a_fresh_look_at_people(house: House) -> None:
    await _asked(house)
    house.clock.pass_by(timedelta(minutes=5, seconds=1))
    with pytest.raises(RunAgain, match="fresh look"):
        await house.apply()
    assert house.change().state is S.APPROVED
    assert house.writer.calls == []
    assert house.jobs == {f"directory:{ANNA},{BOB}"}
    await house.look_at_people(ANNA, BOB)
    await house.apply()
    assert house.change().state is S.EXECUTING


async def _hold(house: House, words: str) -> None:
    await house.apply()
    assert house.change().state is S.APPROVED
    assert house.change().apply_asked_by == ""
    assert words in house.change().note
    assert isinstance(house.last.event, ChangeRefused)
    assert house.last.event.attempt == "apply"
    assert house.writer.calls == []
    assert house.jobs == {"deliver:CHG-1:card"}


async def test_quota_that_is_gone_holds_the_change_and_people_may_ask_again(house: House) -> None:
    await _asked(house)
    lines = house.world.lines
    house.world.lines = tuple(Usage(line.name, line.label, line.limit, line.limit) for line in lines)
    await _hold(house, "0 of 240 units left")
    house.world.lines = lines
    assert isinstance(await house.ask_apply(), Done)
    await house.apply()
    assert house.change().state is S.EXECUTING


async def test_a_freeze_that_began_after_the_click_holds_the_change(house: House) -> None:
    await _asked(house)
    house.configuration = company(freezes=(freeze_now(house.clock),))
    await _hold(house, "The freeze year-end holds")


async def test_bounds_that_moved_hold_the_change(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    await _asked(house)

    async def skus(_: object) -> tuple[SkuBounds, ...]:
        return (SkuBounds("Standard", 1, 130),)

    monkeypatch.setattr(house.world, "skus", skus)
    await _hold(house, "1 to 130 units")


async def test_a_deployment_at_work_holds_the_change(house: House) -> None:
    await _asked(house)
    house.world.live = replace(house.world.live, provisioning_state="Accepted")
    await _hold(house, "Accepted, not Succeeded")


async def test_when_azure_cannot_be_read_the_job_tries_again_and_nothing_is_written(house: House) -> None:
    await _asked(house)
    before = house.archive.state.copy()
    house.world.broken["skus"] = AzureUnavailableError("Azure did not answer.")
    with pytest.raises(AzureUnavailableError):
        await house.apply()
    assert house.archive.state == before


async def test_a_busy_account_queues_the_change_visibly_and_once(house: House) -> None:
    await house.applied()
    await _asked(house, target="classifier-prod", capacity="40")
    with pytest.raises(RunAgain):
        await house.apply(2)
    assert house.change(2).state is S.APPROVED
    assert "CHG-1 holds the account" in house.change(2).note
    assert house.jobs == {"deliver:CHG-2:card"}
    house.forget_jobs()
    with pytest.raises(RunAgain):
        await house.apply(2)
    assert house.jobs == set()
    assert len(house.writer.calls) == 1


async def test_a_queued_change_runs_when_the_account_is_free(house: House) -> None:
    first = await house.applied()
    await _asked(house, target="classifier-prod", capacity="40")
    with pytest.raises(RunAgain):
        await house.apply(2)
    assert first.window_ends_at is not None
    house.clock.reach(first.window_ends_at)
    await house.validate()
    await house.look_at_people(ANNA, BOB)
    await house.apply(2)
    assert house.change(2).state is S.EXECUTING
    assert house.change(2).note == ""


async def test_a_refusal_by_azure_fails_the_change_with_nothing_written(house: House) -> None:
    await _asked(house)
    house.writer.fates = [Fate.REFUSED]
    await house.apply()
    change = house.change()
    assert (change.state, change.outcome["written"]) == (S.FAILED, False)
    event = house.last.event
    assert isinstance(event, ExecutionFailed)
    assert (event.code, event.written) == ("InvalidCapacity", False)
    assert "Ask for less." in event.why
    assert isinstance(await house.ask_rollback(), Refused)


async def test_a_plan_that_would_be_another_today_is_superseded(house: House) -> None:
    await _asked(house)
    change = house.change()
    request = replace(change.request, asked={"capacity": 140})
    house.archive.state.changes[1] = replace(change, request=request)
    await house.apply()
    assert house.change().state is S.SUPERSEDED
    assert "no longer the one that was approved" in house.change().note
    assert house.writer.calls == []


@pytest.mark.threat(18)
@pytest.mark.asvs("15.4.2")
async def test_a_plan_that_means_more_today_than_was_approved_is_superseded(house: House) -> None:
    await _asked(house, by=(BOB, DAN), capacity="200")
    house.archive.state.changes[1] = replace(house.change(), tier=Tier.NORMAL)
    await house.apply()
    assert house.change().state is S.SUPERSEDED
    assert "approved as normal; what it does is high today" in house.change().note
    assert house.writer.calls == []
