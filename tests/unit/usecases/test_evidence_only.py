"""While an incident is open on a target, only an emergency that names it runs there, and its lead consents."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace

import pytest

from bot.domain.change import Change, Choice, Tier
from bot.domain.change import ChangeState as S
from bot.domain.configuration import Group
from bot.domain.deployment import Account, Usage
from bot.domain.errors import InvalidInputError, LedgerBrokenError, RunAgain
from bot.domain.event import AuditEvent
from bot.domain.incident import Consent
from bot.domain.incident_events import ChangeConsented, IncidentLinked
from bot.domain.notice import CONSENT, HANDLED, SAID
from bot.domain.policy import Refused
from bot.usecases.check_change import Red
from bot.usecases.steer_change import Done
from bot.usecases.tell_people import stage_of, tell_people, told_of
from tests.fakes.azure_world import World
from tests.fakes.house import ANNA, BOB, CAROL, DAN, EVE, OTTO, RULES, House, company, rule

Step = Callable[[House], Awaitable[object]]


@pytest.fixture
def house() -> House:
    """Give a company whose policy has a glass to break, for either of two people."""
    glass = rule("production", Tier.EMERGENCY, 1, "security", break_glass=True)
    rules = {(each.environment, each.tier): each for each in (*RULES, glass)}
    usual = company(rules=rules)
    security = Group("security", frozenset({DAN, EVE}))
    return House(replace(usual, groups={**usual.groups, "security": security}))


async def emergency(house: House, incident: str = "INC-1") -> Change:
    """Return an approved emergency that belongs to an incident."""
    return await house.approved((DAN,), type="emergency", incident=incident)


async def consented(house: House) -> None:
    """Get an emergency approved and consented to, with OTTO as the lead."""
    await house.declare(lead=OTTO)
    await emergency(house)
    assert isinstance(await house.consent(OTTO), Change)


def events(house: House, kind: type[AuditEvent]) -> list[AuditEvent]:
    """Return the entries of a kind."""
    return [entry.event for entry in house.archive.state.entries if isinstance(entry.event, kind)]


async def runs(house: House) -> bool:
    """Ask to apply the change and let the executor work; return whether anything was sent."""
    await house.ask_apply(BOB)
    await house.apply()
    return bool(house.writer.calls)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({}, "only an emergency that names it goes on there"),
        ({"type": "emergency", "incident": "INC-2"}, "this emergency names INC-2. Write INC-1"),
        ({"type": "emergency", "incident": "the outage"}, "Write INC-1"),
        ({"incident": "INC-1"}, "`change request --from INC-1`"),
    ],
)
async def test_nobody_is_asked_for_anything_but_an_emergency_that_names_the_incident(
    house: House, typed: dict[str, str], words: str
) -> None:
    await house.declare()
    await house.ask(**typed)
    red = await house.precheck()
    assert isinstance(red, Red)
    assert any(words in problem for problem in red.problems)
    assert house.change().state is S.DRAFT


async def test_another_target_and_a_resolved_incident_hold_nothing(house: House) -> None:
    await house.declare("classifier-prod")
    await house.declare("triage-prod")
    await house.resolve(2)
    await house.approved()
    assert await runs(house)


@dataclass
class Sudden(World):
    """An Azure behind which somebody does a thing while the quota is read."""

    house: House | None = None
    then: Step | None = None
    after: int = 0
    seen: list[object] = field(default_factory=list)

    async def quota(self, account: Account) -> Sequence[Usage]:
        """Return the quota, a step later."""
        self.after -= 1
        if self.house is not None and self.then is not None and self.after < 0:
            house, self.house = self.house, None
            self.seen.append(await self.then(house))
        return await super().quota(account)


async def test_an_incident_that_is_declared_during_the_checks_keeps_the_change_a_draft(house: House) -> None:
    await house.ask()
    house.world = Sudden(house=house, then=lambda house: house.declare(), after=1)
    with pytest.raises(InvalidInputError, match="INC-1 is open"):
        await house.precheck()


async def test_an_approved_change_is_held_and_stays_approved_until_the_incident_is_resolved(
    house: House,
) -> None:
    await house.approved()
    await house.declare(lead=OTTO)
    refused = await house.ask_apply(BOB)
    assert isinstance(refused, Refused)
    assert "INC-1 is open on triage-prod, so CHG-1 waits" in refused.reason
    assert "`change request --from INC-1`" in refused.reason
    assert house.change().state is S.APPROVED
    await house.resolve()
    assert await runs(house)


async def test_the_executor_holds_what_was_asked_for_before_the_incident(house: House) -> None:
    await house.approved()
    await house.ask_apply(BOB)
    await house.declare()
    await house.apply()
    assert (house.change().state, house.change().apply_asked_by, house.writer.calls) == (S.APPROVED, "", [])
    assert "Not applied: INC-1 is open" in house.change().note
    assert house.last.tag == "change.refused"


async def test_an_incident_between_check_and_intent_lets_nothing_be_sent(house: House) -> None:
    await house.approved()
    await house.ask_apply(BOB)
    house.world = Sudden(house=house, then=lambda house: house.declare())
    with pytest.raises(RunAgain, match="incident"):
        await house.apply()
    assert house.writer.calls == []
    await house.apply()
    assert "Not applied: INC-1 is open" in house.change().note


async def test_an_emergency_with_the_leads_consent_runs_and_everything_says_so(house: House) -> None:
    await consented(house)
    said = events(house, ChangeConsented)
    assert [(each.change, each.data()["incident"]) for each in said] == [("CHG-1", "INC-1")]
    assert await runs(house)
    await house.poll()
    assert house.change().state is S.VERIFYING
    assert [each.data()["incident"] for each in events(house, IncidentLinked)] == ["INC-1"]
    state = house.archive.state
    assert [each.words.partition(":")[0] for each in state.timeline.values()][1:] == [
        "CHG-1 was asked for",
        "CHG-1 was approved",
        "CHG-1 was consented to",
        "CHG-1 was applied",
    ]
    assert [each.occasion for each in state.snapshots.values()] == ["declare", "change:CHG-1:applied"]
    assert {"deliver:INC-1:card", "deliver:INC-1:entry:5", "snapshot:INC-1:2"} <= house.jobs


@pytest.mark.parametrize(
    ("choice", "words"),
    [(Choice.REJECT, "was rejected"), (Choice.REQUEST_CHANGES, "was sent back for changes")],
)
async def test_who_turns_a_linked_change_down_is_on_the_timeline_of_its_incident_alone(
    house: House, choice: Choice, words: str
) -> None:
    await house.declare(lead=OTTO)
    await house.declare(lead=OTTO)
    await house.pending(type="emergency", incident="INC-1")
    await house.say(choice, DAN, reason="Not now")
    told = [each for each in house.archive.state.timeline.values() if words in each.words]
    assert [(each.incident, each.by, each.kind) for each in told] == [(1, DAN, "change")]
    assert told[0].words.startswith(f"CHG-1 {words}: scale triage-prod")


async def nobody(house: House) -> None:
    """Do nothing."""


async def another_leads(house: House) -> None:
    """Have somebody else lead."""
    await house.name_lead(CAROL)


async def nobody_leads(house: House) -> None:
    """Have nobody lead."""
    await house.name_lead("")


async def the_lead_is_gone(house: House) -> None:
    """Close the lead's account."""
    house.directory.bar(OTTO, "your account is deactivated")
    await house.look_at_people(OTTO)


async def another_incident(house: House) -> None:
    """Open a second incident, whose lead has not consented."""
    await house.declare(lead=EVE)
    await house.look_at_people(EVE)


@pytest.mark.parametrize(
    ("then", "words"),
    [
        (another_leads, "the consent is of <@U0OTTO>, who does not lead any more"),
        (nobody_leads, "has no lead, so nobody has consented. Name one with `incident lead INC-1`"),
        (the_lead_is_gone, "is not a full member of this workspace"),
        (another_incident, "INC-2 is open on triage-prod, and <@U0EVE>, its lead, has not consented"),
    ],
)
@pytest.mark.parametrize("when", ["before the click", "after the click"])
@pytest.mark.threat(19)
@pytest.mark.asvs("8.3.2")
async def test_a_consent_is_read_again_at_apply(house: House, then: Step, words: str, when: str) -> None:
    await consented(house)
    if when == "after the click":
        await house.ask_apply(BOB)
    await then(house)
    if when == "before the click":
        refused = await house.ask_apply(BOB)
        assert isinstance(refused, Refused)
        assert words in refused.reason
        return
    await house.apply()
    assert house.writer.calls == []
    assert words in house.change().note


@pytest.mark.threat(19)
@pytest.mark.asvs("8.3.2")
async def test_a_lead_who_changes_between_check_and_intent_lets_nothing_be_sent(house: House) -> None:
    await consented(house)
    await house.ask_apply(BOB)
    house.world = Sudden(house=house, then=another_leads)
    with pytest.raises(RunAgain, match="lead"):
        await house.apply()
    assert house.writer.calls == []


@pytest.mark.threat(19)
@pytest.mark.asvs("8.3.2")
async def test_a_consent_that_was_put_into_the_database_is_not_one(house: House) -> None:
    await house.declare(lead=OTTO)
    change = await emergency(house)
    forged = Consent(1, 1, change.revision, change.plan_digest, OTTO, house.clock.now())
    house.archive.state.consents.append(forged)
    assert isinstance(await house.ask_apply(BOB), Done)
    with pytest.raises(LedgerBrokenError, match="consents that the trail does not prove: U0OTTO for INC-1"):
        await house.apply()
    assert house.writer.calls == []


async def test_without_a_consent_nothing_runs_and_it_is_said_whose_is_missing(house: House) -> None:
    await house.declare(lead=OTTO)
    await emergency(house)
    refused = await house.ask_apply(BOB)
    assert isinstance(refused, Refused)
    assert "<@U0OTTO>, its lead, has not consented to this plan" in refused.reason
    assert refused.could == (OTTO,)


@pytest.mark.threat(19)
@pytest.mark.asvs("8.3.2")
async def test_the_consent_to_an_earlier_revision_is_none_to_this_one(house: House) -> None:
    await house.declare(lead=OTTO)
    change = await house.pending(type="emergency", incident="INC-1")
    assert isinstance(await house.consent(OTTO), Change)
    await house.say(Choice.REQUEST_CHANGES, DAN, change, "more")
    await house.ask(number=1, capacity="140", type="emergency", incident="INC-1")
    await house.precheck()
    await house.say(Choice.APPROVE, DAN)
    refused = await house.ask_apply(BOB)
    assert isinstance(refused, Refused)
    assert "the consent of <@U0OTTO> was to another plan" in refused.reason


async def test_a_lead_is_asked_once_and_told_when_nothing_waits_for_them_any_more(house: House) -> None:
    await house.declare(lead=OTTO)
    await emergency(house)
    for _ in range(2):
        await tell_people(1, desk=house.desk)
    assert "deliver:CHG-1:dm:U0OTTO:consent:1:INC-1" in house.jobs
    async with house.archive.reading() as look:
        told = await told_of(1, look)
    (asked,) = [each for each in told.notices if each.word == CONSENT]
    assert stage_of(asked, told) == SAID
    await house.consent(OTTO)
    async with house.archive.reading() as look:
        assert stage_of(asked, await told_of(1, look)) == HANDLED
    await house.name_lead(CAROL)
    await tell_people(1, desk=house.desk)
    assert "deliver:CHG-1:dm:U0CAROL:consent:1:INC-1" in house.jobs


async def test_no_lead_is_asked_about_what_an_incident_only_holds_up(house: House) -> None:
    await house.approved()
    await house.declare(lead=OTTO)
    await tell_people(1, desk=house.desk)
    assert not [key for key in house.jobs if ":consent:" in key]


@pytest.mark.parametrize("who", [ANNA, BOB, DAN, EVE])
async def test_nobody_but_the_lead_consents_and_who_tries_is_remembered(house: House, who: str) -> None:
    await house.declare(lead=OTTO)
    await emergency(house)
    refused = await house.consent(who)
    assert isinstance(refused, Refused)
    assert "you do not lead INC-1" in refused.reason
    assert refused.could == (OTTO,)
    assert house.last.tag == "change.refused"
    assert not house.archive.state.consents


@pytest.mark.threat(4)
@pytest.mark.asvs("2.3.5")
async def test_a_lead_who_asked_consents_only_after_another_has_approved(house: House) -> None:
    await house.declare(lead=ANNA)
    await house.pending(ANNA, type="emergency", incident="INC-1")
    refused = await house.consent(ANNA)
    assert isinstance(refused, Refused)
    assert "nobody else has approved it" in refused.reason
    await house.say(Choice.APPROVE, DAN)
    assert isinstance(await house.consent(ANNA), Change)
    assert await runs(house)


@pytest.mark.threat(4)
@pytest.mark.asvs("2.3.5")
async def test_a_lead_who_asked_and_broke_the_glass_is_alone_and_runs_nothing(house: House) -> None:
    await house.declare(lead=DAN)
    await house.pending(DAN, type="emergency", incident="INC-1")
    assert isinstance(await house.break_glass(DAN), Change)
    refused = await house.consent(DAN)
    assert isinstance(refused, Refused)
    assert "nobody else has approved it" in refused.reason
    assert not await runs(house)


async def test_a_broken_glass_still_needs_the_lead_and_names_the_incident(house: House) -> None:
    await house.declare(lead=OTTO)
    await house.pending(ANNA, type="emergency", incident="INC-1")
    refused = await house.break_glass(DAN, incident="the outage")
    assert isinstance(refused, Refused)
    assert "INC-1 is open on this target. Name it" in refused.reason
    assert isinstance(await house.break_glass(DAN, incident="inc-1"), Change)
    assert not await runs(house)
    assert isinstance(await house.consent(OTTO), Change)
    assert await runs(house)


async def test_a_second_consent_is_told_that_there_is_one(house: House) -> None:
    await consented(house)
    again = await house.consent(OTTO)
    assert isinstance(again, Refused)
    assert "already" in again.reason
    assert len(events(house, ChangeConsented)) == 1


async def test_a_consent_without_an_incident_or_after_the_end_means_nothing(house: House) -> None:
    await house.pending()
    none = await house.consent(OTTO)
    assert isinstance(none, Refused)
    assert "needs nobody's consent" in none.reason
    await house.declare()
    leadless = await house.consent(OTTO)
    assert isinstance(leadless, Refused)
    assert "Name one with `incident lead INC-1`" in leadless.reason
    await house.name_lead(OTTO)
    normal = await house.consent(OTTO)
    assert isinstance(normal, Refused)
    assert "only an emergency" in normal.reason
    await house.withdraw()
    over = await house.consent(OTTO)
    assert isinstance(over, Refused)
    assert "CHG-1 is withdrawn" in over.reason


async def test_a_rollback_by_a_person_needs_the_lead(house: House) -> None:
    await house.applied()
    await house.declare(lead=OTTO)
    refused = await house.ask_rollback(BOB)
    assert isinstance(refused, Refused)
    assert "<@U0OTTO>, its lead, has not consented" in refused.reason
    assert house.change().state is S.VERIFYING
    assert isinstance(await house.consent(OTTO), Change)
    assert isinstance(await house.ask_rollback(BOB), Done)
    await house.finish()
    assert house.change().state is S.ROLLED_BACK
    occasions = [each.occasion for each in house.archive.state.snapshots.values()]
    assert occasions == ["declare", "change:CHG-1:rolled_back"]


async def test_a_lead_who_may_roll_back_does_so_by_their_own_word(house: House) -> None:
    await house.applied()
    await house.declare(lead=BOB)
    assert isinstance(await house.ask_rollback(BOB), Done)


async def test_a_former_leads_consent_rolls_nothing_back(house: House) -> None:
    await house.applied()
    await house.declare(lead=OTTO)
    await house.consent(OTTO)
    await house.name_lead(CAROL)
    refused = await house.ask_rollback(BOB)
    assert isinstance(refused, Refused)
    assert "who does not lead any more" in refused.reason


async def test_cards_are_drawn_again_when_an_incident_begins_to_hold_them(house: House) -> None:
    await house.applied()
    await house.pending(target="classifier-prod", capacity="40")
    house.forget_jobs()
    await house.declare("triage-prod")
    assert "deliver:CHG-1:card" in house.jobs
    assert "deliver:CHG-2:card" not in house.jobs


async def test_a_drill_holds_its_target_until_a_real_incident_is_there(house: House) -> None:
    await house.declare(lead=EVE, drill=True)
    await house.ask()
    red = await house.precheck()
    assert isinstance(red, Red)
    assert any("INC-1 (a drill) is open" in problem for problem in red.problems)
    await house.withdraw()
    await house.declare(lead=OTTO)
    change = await emergency(house, incident="INC-2")
    assert isinstance(await house.consent(OTTO, change.number), Change)
    await house.ask_apply(BOB, change.number)
    await house.apply(change.number)
    assert house.change(change.number).state is S.EXECUTING
