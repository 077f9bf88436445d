"""A decision: who may, what it leads to, and that a lost race leaves nothing behind."""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from bot.domain.change import ChangeState as S
from bot.domain.change import Choice, Impact
from bot.domain.configuration import Group
from bot.domain.errors import AuditRefusedError, ConflictError
from bot.domain.people import Standing
from bot.domain.policy import Refused
from bot.domain.request_events import ChangeApproved, ChangeRefused
from bot.usecases.decide_change import AlreadyDecided, Decided, Decision, OutOfDate, Recorded, decide_change
from bot.usecases.steer_change import Done
from tests.fakes.archive import FakeTransaction
from tests.fakes.house import ANNA, BOB, CAROL, DAN, EVE, OTTO, House, company

APPROVE, REJECT, CHANGES = Choice.APPROVE, Choice.REJECT, Choice.REQUEST_CHANGES
PENDING = S.PENDING_APPROVAL


@dataclass(frozen=True)
class Case:
    """A request (capacity, impact) and the steps taken on it: author, choice, expected state, expected refusal."""

    name: str
    capacity: str
    steps: tuple[tuple[str, Choice, S, str], ...]
    impact: tuple[str, ...] = ()
    type: str = "normal"
    target: str = "triage-prod"


NORMAL, HIGH = "150", "200"
CASES = (
    Case("one approver is enough for normal", NORMAL, ((BOB, APPROVE, S.APPROVED, ""),)),
    Case("one approver rejects", NORMAL, ((BOB, REJECT, S.REJECTED, ""),)),
    Case("one approver asks for changes", NORMAL, ((BOB, CHANGES, S.CHANGES_REQUESTED, ""),)),
    Case(
        "the requester approves nothing of their own",
        NORMAL,
        ((ANNA, APPROVE, PENDING, "your own request"), (BOB, APPROVE, S.APPROVED, "")),
    ),
    Case("the requester cannot reject either", NORMAL, ((ANNA, REJECT, PENDING, "your own request"),)),
    Case(
        "the requester cannot ask themselves for changes",
        NORMAL,
        ((ANNA, CHANGES, PENDING, "your own request"),),
    ),
    Case("the owner is in no group", NORMAL, ((OTTO, APPROVE, PENDING, "none of the groups"),)),
    Case("security does not decide normal", NORMAL, ((DAN, APPROVE, PENDING, "none of the groups"),)),
    Case("a stranger is refused", NORMAL, ((EVE, REJECT, PENDING, "none of the groups"),)),
    Case(
        "high wants two from different groups",
        HIGH,
        ((BOB, APPROVE, PENDING, ""), (CAROL, APPROVE, PENDING, ""), (DAN, APPROVE, S.APPROVED, "")),
    ),
    Case(
        "nobody votes twice on a revision",
        HIGH,
        (
            (BOB, APPROVE, PENDING, ""),
            (BOB, APPROVE, PENDING, "already voted"),
            (BOB, REJECT, PENDING, "already voted"),
            (DAN, APPROVE, S.APPROVED, ""),
        ),
    ),
    Case(
        "one reject outweighs an approval", HIGH, ((BOB, APPROVE, PENDING, ""), (DAN, REJECT, S.REJECTED, ""))
    ),
    Case(
        "critical wants two, security among them",
        HIGH,
        ((BOB, APPROVE, PENDING, ""), (CAROL, APPROVE, PENDING, ""), (DAN, APPROVE, S.APPROVED, "")),
        impact=(Impact.DESTRUCTIVE.value,),
    ),
    Case(
        "critical with security first",
        HIGH,
        ((DAN, APPROVE, PENDING, ""), (CAROL, APPROVE, S.APPROVED, "")),
        impact=(Impact.DESTRUCTIVE.value,),
    ),
    Case(
        "an emergency is decided by security alone",
        NORMAL,
        ((BOB, APPROVE, PENDING, "none of the groups"), (DAN, APPROVE, S.APPROVED, "")),
        type="emergency",
    ),
    Case(
        "what is high in production is normal in test",
        HIGH,
        ((DAN, APPROVE, PENDING, "none of the groups"), (CAROL, APPROVE, S.APPROVED, "")),
        target="triage-stage",
    ),
)


@pytest.fixture
def house() -> House:
    """Give a company on an ordinary day."""
    return House()


@pytest.mark.threat(4)
@pytest.mark.asvs("2.3.5")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_the_policy_table(house: House, case: Case) -> None:
    await house.pending(capacity=case.capacity, impact=case.impact, type=case.type, target=case.target)
    for author, choice, state, refusal in case.steps:
        outcome = await house.say(choice, author, reason="because")
        assert house.change().state is state, (author, choice, outcome)
        assert isinstance(outcome, Refused) is bool(refusal), outcome
        if isinstance(outcome, Refused):
            assert refusal in outcome.words
            assert outcome.words.startswith("Not allowed")
            assert (house.last.tag, house.last.by.id) == ("change.refused", author)


async def test_an_approval_that_is_not_the_last_is_recorded_and_counted(house: House) -> None:
    await house.pending(capacity="200")
    house.forget_jobs()
    outcome = await house.say(APPROVE)
    assert isinstance(outcome, Recorded)
    assert outcome.counted == 1
    assert house.jobs == {"deliver:CHG-1:card"}
    event = house.last.event
    assert isinstance(event, ChangeApproved)
    assert (event.counted, event.quorum, event.groups) == (1, 2, ("approvers",))
    assert event.plan_digest == house.change().plan_digest


async def test_the_deciding_approval_sets_who_and_until_when(house: House) -> None:
    await house.pending()
    house.clock.pass_by(timedelta(hours=1))
    outcome = await house.say(APPROVE)
    assert isinstance(outcome, Decided)
    assert outcome.change == house.change()
    assert house.change().decided_by == BOB
    assert house.change().expires_at == house.clock.now() + timedelta(hours=4)


async def test_an_approval_holds_until_the_oldest_of_its_votes_expires(house: House) -> None:
    await house.pending(capacity="200")
    first = house.clock.now()
    await house.say(APPROVE, BOB)
    house.clock.pass_by(timedelta(hours=3))
    await house.say(APPROVE, DAN)
    assert house.change().expires_at == first + timedelta(hours=4)


async def test_an_approval_that_expired_before_the_second_came_does_not_count(house: House) -> None:
    await house.pending(capacity="200")
    await house.say(APPROVE, BOB)
    house.clock.pass_by(timedelta(hours=4))
    outcome = await house.say(APPROVE, DAN)
    assert isinstance(outcome, Recorded)
    assert outcome.counted == 1


async def test_a_reason_is_kept_on_the_change(house: House) -> None:
    await house.pending()
    await house.say(REJECT, reason="too late in the year")
    assert house.change().note == "too late in the year"
    assert house.last.event.private() == {"reason": "too late in the year"}


@pytest.mark.threat(6)
@pytest.mark.asvs("8.2.1")
@pytest.mark.parametrize("why", ["you are a guest", "your account is deactivated"])
async def test_who_is_no_full_member_is_refused_though_a_group_holds_them(house: House, why: str) -> None:
    await house.pending()
    house.directory.bar(BOB, why)
    house.clock.pass_by(timedelta(minutes=2))
    outcome = await house.say(APPROVE)
    assert isinstance(outcome, Refused)
    assert why in outcome.words
    assert house.change().state is PENDING


@pytest.mark.threat(19)
@pytest.mark.asvs("8.3.2")
async def test_who_left_the_group_a_minute_ago_is_refused(house: House) -> None:
    await house.pending()
    house.directory.leave("S0AIOPS", CAROL)
    house.clock.pass_by(timedelta(seconds=61))
    assert isinstance(await house.say(APPROVE, CAROL), Refused)


async def test_a_refusal_says_the_rule_and_who_could(house: House) -> None:
    await house.pending()
    outcome = await house.say(APPROVE, EVE)
    assert isinstance(outcome, Refused)
    assert outcome.words == (
        "Not allowed: you are in none of the groups that decide here. "
        "Rule: production · normal: 1 approval from approvers, never from the requester. "
        f"Who could: <@{BOB}>, <@{CAROL}>."
    )


@pytest.mark.threat(4)
@pytest.mark.asvs("2.3.5")
async def test_the_requester_is_refused_under_another_account_of_theirs(house: House) -> None:
    house.configuration = company(entra_oids={ANNA: "oid-1", BOB: "oid-1"})
    await house.pending()
    outcome = await house.say(APPROVE, BOB)
    assert isinstance(outcome, Refused)
    assert "your own request, under your other account" in outcome.words
    assert house.change().state is PENDING
    assert isinstance(house.last.event, ChangeRefused)


@pytest.mark.threat(5)
@pytest.mark.asvs("8.3.3")
async def test_a_second_account_of_one_approver_is_refused_in_words_and_not_stored(house: House) -> None:
    security = Group("security", frozenset({DAN, EVE}))
    approvers = house.configuration.groups["approvers"]
    groups = {"approvers": approvers, "security": security}
    house.configuration = company(entra_oids={BOB: "oid-2", DAN: "oid-2"}, groups=groups)
    await house.pending(capacity="200")
    await house.say(APPROVE, BOB)
    outcome = await house.say(APPROVE, DAN)
    assert isinstance(outcome, Refused)
    assert f"already voted on this revision, under your other account <@{BOB}>" in outcome.words
    assert [vote.person for vote in house.archive.state.votes.values()] == [BOB]
    assert isinstance(house.last.event, ChangeRefused)
    assert isinstance(await house.say(APPROVE, EVE), Decided)


@pytest.mark.threat(5)
@pytest.mark.asvs("8.3.3")
async def test_who_the_directory_does_not_know_is_refused(house: House) -> None:
    await house.pending()
    card, caller = house.change(), house.caller(BOB)
    decision = Decision(1, card.revision, card.plan_digest[:12], APPROVE)
    async with house.archive.transaction() as tx:
        outcome = await decide_change(
            decision,
            caller=caller,
            tx=tx,
            configuration=house.configuration,
            directory={},
            now=house.clock.now(),
        )
    assert isinstance(outcome, Refused)
    assert house.change().state is PENDING


async def test_a_tier_without_a_rule_is_denied(house: House) -> None:
    await house.pending()
    house.configuration = company(rules={})
    outcome = await house.say(APPROVE)
    assert isinstance(outcome, Refused)
    assert "no rule for production · normal" in outcome.words


@pytest.mark.threat(21)
@pytest.mark.asvs("2.3.1")
async def test_an_expired_request_takes_no_decision(house: House) -> None:
    await house.pending()
    house.clock.pass_by(timedelta(hours=24))
    outcome = await house.say(APPROVE)
    assert isinstance(outcome, Refused)
    assert "expired" in outcome.words
    assert house.change().state is PENDING


@pytest.mark.threat(21)
@pytest.mark.asvs("2.3.1")
async def test_a_card_of_an_earlier_revision_is_out_of_date(house: House) -> None:
    old = await house.pending(capacity="200")
    await house.say(CHANGES, DAN, reason="smaller")
    await house.ask(number=1, capacity="200")
    await house.precheck()
    assert isinstance(await house.say(APPROVE, BOB, old), OutOfDate)
    assert house.change().state is PENDING


@pytest.mark.threat(21)
@pytest.mark.asvs("2.3.1")
@pytest.mark.parametrize("digest", ["", "000000000000"])
async def test_a_card_with_another_plan_or_none_is_out_of_date(house: House, digest: str) -> None:
    change = await house.pending()
    assert isinstance(await house.say(APPROVE, BOB, replace(change, plan_digest=digest)), OutOfDate)
    assert house.change().state is PENDING


async def test_whoever_comes_late_learns_who_was_first(house: House) -> None:
    card = await house.pending()
    await house.say(APPROVE, BOB, card)
    entries = len(house.tags)
    outcome = await house.say(REJECT, CAROL, card, "no")
    assert isinstance(outcome, AlreadyDecided)
    assert outcome.change.decided_by == BOB
    assert house.change().state is S.APPROVED
    assert len(house.tags) == entries


async def test_losing_the_race_leaves_nothing_behind(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The change moves between the read and the move, as another replica would move it."""
    await house.pending()
    before = house.archive.state.copy()

    async def moved_away(*_: object, **__: object) -> None:
        return None

    monkeypatch.setattr(FakeTransaction, "move", moved_away)
    with pytest.raises(ConflictError):
        await house.say(APPROVE)
    after = house.archive.state
    assert (after.votes, after.entries, after.changes) == (before.votes, before.entries, before.changes)
    assert after.jobs == before.jobs


async def test_when_the_trail_refuses_the_entry_there_is_no_vote(house: House) -> None:
    await house.pending()
    house.archive.refused_tags = {"change.approved"}
    with pytest.raises(AuditRefusedError):
        await house.say(APPROVE)
    assert house.archive.state.votes == {}
    assert house.change().state is PENDING


@pytest.mark.threat(21)
@pytest.mark.asvs("2.3.1")
async def test_a_withdrawn_request_takes_no_decision(house: House) -> None:
    card = await house.pending()
    assert isinstance(await house.withdraw(), Done)
    assert isinstance(await house.say(APPROVE, BOB, card), AlreadyDecided)
    assert house.change().state is S.WITHDRAWN


async def test_an_entry_names_the_persons_entra_object(house: House) -> None:
    house.directory.known[BOB] = Standing(BOB, full_member=True, entra_oid="oid-3")
    await house.pending()
    await house.say(APPROVE)
    assert (house.last.by.kind, house.last.by.id, house.last.by.auth) == ("slack_user", BOB, "slack-signed")
