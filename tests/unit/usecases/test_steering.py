"""Withdrawing, rolling back and attesting: only by whom it is for, only from where it fits."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from bot.domain.change import ChangeState as S
from bot.domain.change import Choice
from bot.domain.errors import ConflictError, NotFoundError
from bot.domain.execution_events import ChangeAttested
from bot.domain.policy import Refused
from bot.usecases.steer_change import Done
from tests.fakes.archive import FakeTransaction
from tests.fakes.azure_world import Fate
from tests.fakes.house import ANNA, BOB, CAROL, DAN, EVE, OTTO, House, company, rule

Step = Callable[[], Awaitable[object]]


@pytest.fixture
def house() -> House:
    """Give a company on an ordinary day."""
    return House()


@pytest.mark.parametrize("who", [ANNA, OTTO])
async def test_requester_and_owner_withdraw_what_waits(house: House, who: str) -> None:
    await house.pending()
    house.forget_jobs()
    assert isinstance(await house.withdraw(who), Done)
    assert (house.change().state, house.change().decided_by) == (S.WITHDRAWN, who)
    assert house.last.tag == "change.withdrawn"
    assert house.last.event.private() == {"reason": "not needed"}
    assert house.jobs == {"deliver:CHG-1:card"}


async def test_a_draft_an_edit_and_an_approved_change_can_be_withdrawn(house: House) -> None:
    await house.ask()
    assert isinstance(await house.withdraw(number=1), Done)
    await house.pending()
    await house.say(Choice.REQUEST_CHANGES, change=house.change(2), reason="smaller")
    assert isinstance(await house.withdraw(number=2), Done)
    await house.approved()
    assert isinstance(await house.withdraw(number=3), Done)


@pytest.mark.parametrize("who", [BOB, EVE])
async def test_nobody_else_withdraws_and_the_attempt_is_remembered(house: House, who: str) -> None:
    await house.pending()
    outcome = await house.withdraw(who)
    assert isinstance(outcome, Refused)
    assert "requester, owner" in outcome.words
    assert house.change().state is S.PENDING_APPROVAL
    assert (house.last.tag, house.last.by.id) == ("change.refused", who)


async def test_what_waits_for_the_executor_can_be_withdrawn_and_is_never_sent(house: House) -> None:
    await house.approved()
    await house.ask_apply()
    assert isinstance(await house.withdraw(), Done)
    await house.apply()
    assert house.change().state is S.WITHDRAWN
    assert house.writer.calls == []


async def test_who_is_refused_reads_the_names_of_those_who_could(house: House) -> None:
    """A rule names roles and groups; people want people."""
    await house.approved()
    refusals = {"withdraw": await house.withdraw(EVE), "apply": await house.ask_apply(EVE)}
    await house.ask_apply()
    await house.apply()
    await house.poll()
    refusals["roll back"] = await house.ask_rollback(EVE)
    window = house.change().window_ends_at
    assert window is not None
    house.clock.reach(window)
    await house.validate()
    refusals["attest"] = await house.attest(EVE)
    could = {verb: set(found.could) for verb, found in refusals.items() if isinstance(found, Refused)}
    appliers = {ANNA, BOB, CAROL}
    assert could == {
        "withdraw": {ANNA, OTTO},
        "apply": appliers,
        "roll back": {*appliers, OTTO},
        "attest": {OTTO},
    }
    assert f"Who could: <@{OTTO}>." in refusals["attest"].words


async def test_what_the_executor_has_begun_can_no_longer_be_withdrawn(house: House) -> None:
    await house.approved()
    await house.ask_apply()
    await house.apply()
    outcome = await house.withdraw()
    assert isinstance(outcome, Refused)
    assert "Too late" in outcome.words
    assert house.change().state is S.EXECUTING


async def test_a_requester_who_became_a_guest_steers_nothing(house: House) -> None:
    await house.pending()
    house.directory.bar(ANNA, "you are a guest")
    house.archive.state.standings.clear()
    assert isinstance(await house.withdraw(), Refused)


async def test_a_change_nobody_made_is_not_found(house: House) -> None:
    with pytest.raises(NotFoundError):
        await house.withdraw(number=9)


@pytest.mark.parametrize("owner", [ANNA, EVE])
async def test_nobody_attests_their_own_request_under_any_account_and_reads_who_could_waive(
    house: House, owner: str
) -> None:
    await house.validated()
    change = house.change()
    house.archive.state.changes[1] = replace(change, request=replace(change.request, owner=owner))
    house.configuration = company(entra_oids={ANNA: "one", EVE: "one"})
    refused = await house.attest(owner)
    assert isinstance(refused, Refused)
    assert "your own request" in refused.reason
    assert "change waive CHG-1" in refused.reason
    assert refused.could == (BOB, CAROL)
    assert (house.change().state, house.last.tag) == (S.AWAITING_ATTESTATION, "change.refused")


async def test_the_owner_attests_and_that_closes_the_change(house: House) -> None:
    await house.validated()
    house.forget_jobs()
    assert isinstance(await house.attest(), Done)
    assert (house.change().state, house.change().outcome["attested"]) == (S.CLOSED, OTTO)
    assert house.tags[-2:] == ["change.attested", "change.closed"]
    attested = house.archive.state.entries[-2].event
    assert isinstance(attested, ChangeAttested)
    assert attested.verdict == "not enough traffic"
    assert house.jobs == {"deliver:CHG-1:card"}


@pytest.mark.parametrize("who", [ANNA, BOB, DAN, EVE])
async def test_only_the_owner_attests(house: House, who: str) -> None:
    await house.validated()
    assert isinstance(await house.attest(who), Refused)
    assert house.change().state is S.AWAITING_ATTESTATION
    assert (house.last.tag, house.last.by.id) == ("change.refused", who)


async def test_nothing_is_attested_before_it_was_validated(house: House) -> None:
    await house.applied()
    outcome = await house.attest()
    assert isinstance(outcome, Refused)
    assert "verifying" in outcome.words
    assert house.change().state is S.VERIFYING


async def test_a_change_is_attested_once(house: House) -> None:
    await house.validated()
    await house.attest()
    entries = len(house.tags)
    assert isinstance(await house.attest(), Refused)
    assert house.tags[entries:] == ["change.refused"]


async def test_a_rollback_is_attested_too_and_stays_rolled_back(house: House) -> None:
    await house.applied()
    await house.ask_rollback()
    await house.finish()
    assert house.change().state is S.ROLLED_BACK
    assert isinstance(await house.attest(), Done)
    assert (house.change().state, house.change().outcome["attested"]) == (S.ROLLED_BACK, OTTO)
    assert house.last.tag == "change.attested"
    assert isinstance(await house.attest(), Refused)


@pytest.mark.parametrize("who", [ANNA, BOB, CAROL, OTTO])
async def test_who_may_apply_and_the_owner_may_roll_back(house: House, who: str) -> None:
    await house.applied()
    house.forget_jobs()
    assert isinstance(await house.ask_rollback(who), Done)
    assert (house.change().state, house.change().rollback_asked_by) == (S.ROLLING_BACK, who)
    assert house.last.tag == "rollback.started"
    assert house.jobs == {"apply:CHG-1", "deliver:CHG-1:card"}


async def test_where_policy_names_who_may_roll_back_others_may_not(house: House) -> None:
    await house.applied()
    named = rule("production", house.change().tier, 1, "approvers", may_rollback=("security",))
    house.configuration = company(rules={("production", house.change().tier): named})
    assert isinstance(await house.ask_rollback(BOB), Refused)
    assert house.change().state is S.VERIFYING
    assert isinstance(await house.ask_rollback(DAN), Done)


async def test_without_a_rule_nobody_rolls_back_or_applies(house: House) -> None:
    await house.approved()
    house.configuration = company(rules={})
    assert isinstance(await house.ask_apply(), Refused)
    assert isinstance(await house.ask_rollback(OTTO), Refused)


async def test_what_did_not_run_has_nothing_to_roll_back(house: House) -> None:
    await house.approved()
    outcome = await house.ask_rollback()
    assert isinstance(outcome, Refused)
    assert "approved" in outcome.words


async def test_a_closed_change_is_not_rolled_back(house: House) -> None:
    await house.validated()
    await house.attest()
    assert isinstance(await house.ask_rollback(), Refused)
    assert house.change().state is S.CLOSED


async def test_a_rollback_waits_for_whoever_holds_the_account(house: House) -> None:
    await house.approved()
    await house.ask_apply()
    house.writer.fates = [Fate.FAILS_HALF]
    await house.apply()
    await house.poll()
    await house.applied(target="classifier-prod", capacity="40")
    with pytest.raises(ConflictError, match="CHG-2 holds"):
        await house.ask_rollback()
    assert house.change().state is S.FAILED
    assert "rollback.started" not in house.tags


@pytest.mark.parametrize("step", ["withdraw", "apply", "roll back", "attest"])
async def test_a_lost_race_leaves_neither_entry_nor_job(
    house: House, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    async def moved_away(*_: object, **__: object) -> None:
        return None

    steps: dict[str, tuple[Step, Step]] = {
        "withdraw": (house.pending, house.withdraw),
        "apply": (house.approved, house.ask_apply),
        "roll back": (house.validated, house.ask_rollback),
        "attest": (house.validated, house.attest),
    }
    start, act = steps[step]
    await start()
    house.forget_jobs()
    before = house.archive.state.copy()
    monkeypatch.setattr(FakeTransaction, "move", moved_away)
    monkeypatch.setattr(FakeTransaction, "mark", moved_away)
    with pytest.raises(ConflictError):
        await act()
    after = house.archive.state
    assert (after.changes, after.entries, after.jobs) == (before.changes, before.entries, before.jobs)
