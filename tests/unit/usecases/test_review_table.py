"""Reviews as a table: each step gives author, choice and expected state, for every tier, environment and refusal."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.change import Change, ChangeState, Choice, Impact, Tier
from bot.domain.configuration import Configuration, Group
from bot.domain.delegation import Delegation
from bot.domain.people import Standing
from bot.domain.policy import Refused
from bot.domain.request_events import ChangeApproved, ChangeRefused, PolicyEvaluated
from bot.domain.tiers import Template, TierRule
from bot.usecases.check_change import Green, Red
from bot.usecases.decide_change import AlreadyDecided, OutOfDate
from tests.fakes.clock import NOON
from tests.fakes.house import ANNA, BOB, CAROL, DAN, EVE, OTTO, House, company, rule

YES, NO, BACK = Choice.APPROVE, Choice.REJECT, Choice.REQUEST_CHANGES
PENDING, APPROVED, REJECTED = ChangeState.PENDING_APPROVAL, ChangeState.APPROVED, ChangeState.REJECTED
SENT_BACK = ChangeState.CHANGES_REQUESTED
FRED, GINA = "U0FRED", "U0GINA"  # Fred is Bob's second account, Gina Anna's
GROUPS = {
    "approvers": Group("approvers", frozenset({ANNA, BOB, CAROL, FRED, GINA})),
    "security": Group("security", frozenset({DAN, OTTO})),
}
OIDS = {BOB: "oid-bob", FRED: "oid-bob", ANNA: "oid-anna", GINA: "oid-anna"}
TIERS = (
    (Tier.STANDARD, 0, (), {}),
    (Tier.NORMAL, 1, ("approvers",), {}),
    (Tier.HIGH, 2, ("approvers", "security"), {"distinct_groups": True}),
    (Tier.CRITICAL, 2, ("approvers",), {"required_groups": ("security",)}),
    (Tier.EMERGENCY, 1, ("security",), {}),
)
LENT = Delegation(DAN, EVE, ("security",), NOON + timedelta(hours=1))


@dataclass(frozen=True)
class Step:
    """One step of a review: who, what they say, the state after it, and what a refusal says (empty: none)."""

    by: str
    choice: Choice
    state: ChangeState
    refused: str = ""


@dataclass(frozen=True)
class Review:
    """A request of a tier in an environment, and the steps of its review."""

    tier: Tier
    steps: tuple[Step, ...]
    environments: tuple[str, ...] = ("production", "test")
    impact: tuple[str, ...] = ()
    policy: dict[str, Any] = field(default_factory=dict)
    by: str = ANNA


def policy(tier: Tier, environment: str, **more: Any) -> Configuration:
    """Return a policy with a rule for each pair, and one written rule that gives the request this tier."""
    rules = [
        rule(where, each, quorum, *groups, **extra)
        for where in ("production", "test")
        for each, quorum, groups, extra in TIERS
    ]
    given: dict[str, Any] = {}
    if tier is not Tier.EMERGENCY:
        given = {"tier_rules": (TierRule("up", "x", raise_to=tier), TierRule("down", "x", lower_to=tier))}
    usual = {
        "groups": GROUPS,
        "entra_oids": OIDS,
        "rules": {(each.environment, each.tier): each for each in rules},
        **given,
    }
    return company(**{**usual, **more})


def ok(by: str, state: ChangeState, choice: Choice = YES) -> Step:
    """Return a step that is taken."""
    return Step(by, choice, state)


def no(by: str, words: str, state: ChangeState = PENDING, choice: Choice = YES) -> Step:
    """Return a step that is refused."""
    return Step(by, choice, state, words)


OWN, OTHER, NONE, GUEST = (
    "your own request",
    "under your other account",
    "none of the groups",
    "you are a guest",
)
REVIEWS = {
    "standard needs nobody": Review(Tier.STANDARD, ()),
    "standard cannot be voted on": Review(Tier.STANDARD, (no(BOB, "already", APPROVED),)),
    "normal: one approves": Review(Tier.NORMAL, (ok(BOB, APPROVED),)),
    "normal: one rejects": Review(Tier.NORMAL, (ok(BOB, REJECTED, NO),)),
    "normal: one sends back": Review(Tier.NORMAL, (ok(BOB, SENT_BACK, BACK),)),
    "normal: not the requester": Review(Tier.NORMAL, (no(ANNA, OWN), ok(CAROL, APPROVED))),
    "normal: nor rejecting it": Review(Tier.NORMAL, (no(ANNA, OWN, choice=NO), ok(CAROL, APPROVED))),
    "normal: nor under another account": Review(Tier.NORMAL, (no(GINA, OTHER), ok(BOB, APPROVED))),
    "normal: not somebody of no group": Review(Tier.NORMAL, (no(EVE, NONE), ok(BOB, APPROVED))),
    "normal: not another group": Review(Tier.NORMAL, (no(DAN, NONE), ok(BOB, APPROVED))),
    "normal: not a guest": Review(Tier.NORMAL, (no("guest", GUEST), ok(BOB, APPROVED))),
    "normal: not after it was decided": Review(
        Tier.NORMAL, (ok(BOB, APPROVED), no(CAROL, "already", APPROVED))
    ),
    "normal: not after it was rejected": Review(
        Tier.NORMAL, (ok(BOB, REJECTED, NO), no(CAROL, "already", REJECTED))
    ),
    "high: two groups": Review(Tier.HIGH, (ok(BOB, PENDING), ok(DAN, APPROVED))),
    "high: in the other order": Review(Tier.HIGH, (ok(DAN, PENDING), ok(BOB, APPROVED))),
    "high: one group is not two": Review(
        Tier.HIGH, (ok(BOB, PENDING), ok(CAROL, PENDING), ok(DAN, APPROVED))
    ),
    "high: nobody twice": Review(Tier.HIGH, (ok(BOB, PENDING), no(BOB, "already voted"), ok(DAN, APPROVED))),
    "high: nor under another account": Review(
        Tier.HIGH, (ok(BOB, PENDING), no(FRED, OTHER), ok(DAN, APPROVED))
    ),
    "high: one rejection is enough": Review(Tier.HIGH, (ok(BOB, PENDING), ok(DAN, REJECTED, NO))),
    "high: not the requester": Review(Tier.HIGH, (ok(DAN, PENDING), no(ANNA, OWN), ok(CAROL, APPROVED))),
    "critical: with security": Review(Tier.CRITICAL, (ok(BOB, PENDING), ok(DAN, APPROVED))),
    "critical: not without": Review(
        Tier.CRITICAL, (ok(BOB, PENDING), ok(CAROL, PENDING), ok(OTTO, APPROVED))
    ),
    "critical: two of security": Review(Tier.CRITICAL, (ok(DAN, PENDING), ok(OTTO, APPROVED))),
    "critical: not the requester": Review(
        Tier.CRITICAL, (ok(BOB, PENDING), no(DAN, OWN), ok(OTTO, APPROVED)), by=DAN
    ),
    "emergency: one of security": Review(Tier.EMERGENCY, (no(BOB, NONE), ok(DAN, APPROVED))),
    "emergency: not the requester": Review(Tier.EMERGENCY, (no(DAN, OWN), ok(OTTO, APPROVED)), by=DAN),
    "security: one of its groups, whatever the tier": Review(
        Tier.HIGH,
        (ok(BOB, PENDING), ok(CAROL, PENDING), ok(DAN, APPROVED)),
        impact=("security",),
        policy={
            "security_groups": {"production": ("security",), "test": ("security",)},
            "rules": {
                (where, Tier.HIGH): rule(where, Tier.HIGH, 2, "approvers") for where in ("production", "test")
            },
        },
    ),
    "lent: the delegate votes for who is away": Review(
        Tier.HIGH, (ok(BOB, PENDING), ok(EVE, APPROVED)), policy={"delegations": (LENT,)}
    ),
    "lent: not beside the one who lends": Review(
        Tier.CRITICAL,
        (ok(DAN, PENDING), no(EVE, "for whom you would decide"), ok(BOB, APPROVED)),
        policy={"delegations": (LENT,)},
    ),
    "lent: who lends may still come, and it is one vote": Review(
        Tier.CRITICAL,
        (ok(EVE, PENDING), ok(DAN, PENDING), ok(BOB, APPROVED)),
        policy={"delegations": (LENT,)},
    ),
    "lent: not by the requester": Review(
        Tier.CRITICAL,
        (no(EVE, "decide for the requester"), ok(OTTO, PENDING)),
        policy={"delegations": (LENT,)},
        by=DAN,
    ),
    "lent: not to the requester": Review(
        Tier.CRITICAL, (no(EVE, OWN), ok(OTTO, PENDING)), policy={"delegations": (LENT,)}, by=EVE
    ),
    "lent: not after its end": Review(
        Tier.CRITICAL,
        (no(EVE, NONE), ok(OTTO, PENDING)),
        policy={"delegations": (Delegation(DAN, EVE, ("security",), NOON),)},
    ),
    "lent: not on, by a delegate": Review(
        Tier.CRITICAL,
        (ok(EVE, PENDING), no(FRED, NONE)),
        policy={
            "delegations": (LENT, Delegation(EVE, FRED, ("security",), LENT.until)),
            "groups": {**GROUPS, "approvers": Group("approvers", frozenset({BOB, CAROL}))},
        },
    ),
}
CASES = [(name, where) for name, review in REVIEWS.items() for where in review.environments]


async def asked(review: Review, environment: str) -> tuple[House, Change]:
    """Return a house with the request as it waits for its review."""
    house = House(configuration=policy(review.tier, environment, **review.policy))
    house.directory.known["guest"] = Standing("guest", full_member=False, why_not="you are a guest")
    more = {"type": "emergency"} if review.tier is Tier.EMERGENCY else {}
    target = "triage-prod" if environment == "production" else "triage-stage"
    change = await house.pending(by=review.by, impact=review.impact, target=target, **more)
    assert (change.tier, change.environment) == (review.tier, environment)
    return house, change


@pytest.mark.parametrize(("name", "environment"), CASES)
async def test_each_step_of_a_review_leads_where_policy_says(name: str, environment: str) -> None:
    review = REVIEWS[name]
    house, change = await asked(review, environment)
    assert house.change().state is (APPROVED if review.tier is Tier.STANDARD else PENDING)
    for step in review.steps:
        votes = len(house.archive.state.votes)
        outcome = await house.say(step.choice, step.by, change)
        assert house.change().state is step.state, (step, outcome)
        words = outcome.reason if isinstance(outcome, Refused) else ""
        words = "already decided" if isinstance(outcome, AlreadyDecided) else words
        assert (step.refused in words) if step.refused else not words
        assert len(house.archive.state.votes) == votes + (not step.refused)
        if isinstance(outcome, Refused):
            assert isinstance(house.last.event, ChangeRefused)
            assert house.last.by.id == step.by


def test_the_table_covers_every_tier_in_every_environment() -> None:
    covered = {(REVIEWS[name].tier, where) for name, where in CASES}
    assert covered == {(tier, where) for tier in Tier for where in ("production", "test")}


@pytest.mark.parametrize("environment", ["production", "test"])
@pytest.mark.parametrize("tier", list(Tier))
async def test_what_has_no_rule_any_more_is_refused_to_everybody(tier: Tier, environment: str) -> None:
    review = Review(tier, ())
    house, change = await asked(review, environment)
    if tier is Tier.STANDARD:
        return
    house.configuration = policy(tier, environment, rules={})
    for by in (BOB, DAN, EVE):
        outcome = await house.say(YES, by, change)
        assert isinstance(outcome, Refused)
        assert f"no rule for {environment} · {tier}, so it is denied" in outcome.words
    assert house.change().state is PENDING


@pytest.mark.parametrize("environment", ["production", "test"])
@pytest.mark.parametrize("tier", [tier for tier in Tier if tier is not Tier.STANDARD])
async def test_a_late_or_an_old_click_is_refused_in_every_tier(tier: Tier, environment: str) -> None:
    house, change = await asked(Review(tier, ()), environment)
    assert isinstance(await house.say(YES, DAN, _other_plan(change)), OutOfDate)
    assert change.expires_at is not None
    house.clock.reach(change.expires_at)
    outcome = await house.say(YES, DAN, change)
    assert isinstance(outcome, Refused)
    assert "Too late" in outcome.reason


def _other_plan(change: Change) -> Change:
    return replace(change, plan_digest="0" * 64)


async def test_the_entry_of_a_lent_vote_names_who_lent_it() -> None:
    house, change = await asked(REVIEWS["lent: the delegate votes for who is away"], "production")
    await house.say(YES, EVE, change)
    (event,) = [
        entry.event for entry in house.archive.state.entries if isinstance(entry.event, ChangeApproved)
    ]
    assert isinstance(event, ChangeApproved)
    assert (event.groups, event.behalf) == (("security",), (DAN,))
    assert event.sentence().endswith(f"(1 of 2) for <@{DAN}>")


async def test_a_lent_vote_does_not_outlive_its_end_at_apply() -> None:
    review = REVIEWS["lent: the delegate votes for who is away"]
    house, change = await asked(review, "production")
    await house.say(YES, BOB, change)
    await house.say(YES, EVE, change)
    await house.ask_apply(BOB)
    house.clock.reach(LENT.until)
    await house.look_at_people(BOB, EVE, ANNA)
    await house.apply()
    assert house.change().state is ChangeState.SUPERSEDED
    assert "Of 2 approvals needed, 1 still count today" in house.change().note


TEMPLATE = Template("step up", "scale", "production", ("approvers",), max_rise_percent=30)


async def test_what_fits_a_template_is_approved_at_once_and_the_trail_says_why() -> None:
    house = House(configuration=company(templates=(TEMPLATE,), rules=policy(Tier.NORMAL, "test").rules))
    change = await house.pending()
    assert (house.change().state, change.tier, change.quorum) == (APPROVED, Tier.STANDARD, 0)
    (event,) = [
        entry.event for entry in house.archive.state.entries if isinstance(entry.event, PolicyEvaluated)
    ]
    assert isinstance(event, PolicyEvaluated)
    assert event.template == "step up"
    assert "standard by the template “step up”" in event.because


@pytest.mark.parametrize(
    ("templates", "values", "words"),
    [
        ((TEMPLATE,), {"capacity": "200"}, "step up: 120 → 200 rises over 30 %"),
        ((TEMPLATE,), {"by": EVE}, "step up: it is for people of approvers"),
        ((), {}, "countersign.toml has none that could be meant"),
    ],
)
async def test_a_standard_change_that_no_template_covers_is_red_with_the_reason(
    templates: tuple[Template, ...], values: dict[str, str], words: str
) -> None:
    house = House(configuration=company(templates=templates))
    await house.ask(**{"type": "standard", **values})  # type: ignore[arg-type]
    red = await house.precheck()
    assert isinstance(red, Red)
    assert any(words in problem and "Ask for it as a normal one" in problem for problem in red.problems)


async def test_a_standard_change_that_fits_is_green() -> None:
    rules = policy(Tier.NORMAL, "test").rules
    house = House(configuration=company(templates=(TEMPLATE,), rules=rules))
    await house.ask(type="standard")
    assert isinstance(await house.precheck(), Green)


async def test_a_template_that_is_gone_at_apply_stops_the_change() -> None:
    house = House(configuration=company(templates=(TEMPLATE,), rules=policy(Tier.NORMAL, "test").rules))
    await house.pending()
    house.configuration = company(rules=house.configuration.rules)
    await house.ask_apply(ANNA)
    await house.apply()
    assert house.change().state is ChangeState.SUPERSEDED
    assert "approved as standard; what it does is normal today" in house.change().note


async def test_security_at_the_lowest_tier_still_waits_for_security() -> None:
    standard = rule("test", Tier.HIGH, 0)
    house = House(
        configuration=policy(
            Tier.STANDARD,
            "test",
            rules={("test", Tier.HIGH): standard},
            security_groups={"test": ("security",)},
        )
    )
    change = await house.pending(impact=(Impact.SECURITY.value,), target="triage-stage")
    assert house.change().state is PENDING
    assert isinstance(await house.say(YES, BOB, change), Refused)
    await house.say(YES, DAN, change)
    assert house.change().state is APPROVED
