"""What a candidate policy makes of past changes, and whether a policy can work at all."""

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.change import Change, ChangeState, Impact, Tier, Vote
from bot.domain.configuration import Configuration, Group, Rule
from bot.domain.operation import Plan
from bot.domain.people import Standing
from bot.domain.replay import Past, Side, replay
from bot.domain.soundness import Finding, Known, findings, pairs
from bot.domain.tiers import Template, TierRule
from tests.fakes.house import ANNA, BOB, CAROL, DAN, company, rule
from tests.unit.domain.test_policy import CHANGE, PEOPLE, person, vote

PLAN = Plan(
    "scale", "/x", {"sku": {"capacity": 120}, "tags": {}}, {"sku": {"capacity": 150}, "tags": {}}, (), ()
)
PAST = replace(
    CHANGE, state=ChangeState.CLOSED, plan=PLAN, outcome={"base": "normal", "impact": ["modifying"]}
)
ONE = rule("production", Tier.NORMAL, 1, "approvers")
TWO = replace(ONE, quorum=2)


def policy(*rules: Rule, **more: Any) -> Configuration:
    """Return a policy of these rules."""
    return company(rules={(each.environment, each.tier): each for each in rules}, **more)


def side(*rules: Rule, people: dict[str, Standing] = PEOPLE, **more: Any) -> Side:
    """Return a policy with the people."""
    return Side(policy(*rules, **more), people)


STANDARD = rule("production", Tier.STANDARD, 0)
TEMPLATE = Template("step", "scale", "production", ("approvers",), max_rise_percent=30)


@pytest.mark.parametrize(
    ("change", "votes", "candidate", "verdict", "why"),
    [
        (PAST, [vote(BOB)], side(ONE), "same", ""),
        (PAST, [vote(BOB)], side(TWO), "stricter", "the same approvals would not be enough"),
        (PAST, [vote(BOB), vote(CAROL)], side(TWO), "stricter", "it asks for more: approvals"),
        (
            PAST,
            [vote(BOB)],
            side(replace(ONE, groups=("approvers", "security"))),
            "looser",
            "fewer groups decide",
        ),
        (PAST, [vote(BOB)], side(replace(ONE, groups=("security",))), "stricter", "would not be enough"),
        (
            PAST,
            [vote(BOB), vote(DAN)],
            side(replace(ONE, required_groups=("security",))),
            "stricter",
            "required",
        ),
        (PAST, [vote(BOB)], side(replace(ONE, distinct_groups=True)), "stricter", "groups apart"),
        (PAST, [vote(BOB)], side(STANDARD, templates=(TEMPLATE,)), "looser", "it asks for less: approvals"),
        (PAST, [vote(BOB)], side(), "impossible", "no rule for production · normal"),
        (PAST, [vote(BOB)], side(replace(ONE, quorum=3)), "impossible", "Only 2 people could approve this"),
        (
            PAST,
            [vote(BOB)],
            side(ONE, may_request={"production": ("security",)}),
            "impossible",
            "may not ask",
        ),
        (PAST, [vote(BOB)], side(ONE, may_request={"production": ("approvers",)}), "same", ""),
        (
            PAST,
            [vote(BOB)],
            side(ONE, tier_rules=(TierRule("x", "y", raise_to=Tier.HIGH),)),
            "impossible",
            "high",
        ),
        (
            replace(PAST, state=ChangeState.EXPIRED),
            [],
            side(STANDARD, templates=(TEMPLATE,)),
            "looser",
            "not approved",
        ),
        (replace(PAST, state=ChangeState.EXPIRED), [], side(ONE), "same", ""),
        (replace(PAST, state=ChangeState.EXPIRED), [vote(BOB)], side(TWO), "stricter", "it was approved"),
        (
            replace(PAST, outcome={}),
            [vote(BOB)],
            side(ONE, tier_rules=(TierRule("x", "y", raise_to=Tier.HIGH),)),
            "same",
            "",
        ),
    ],
)
def test_what_a_candidate_makes_of_a_past_change(
    change: Change, votes: list[Vote], candidate: Side, verdict: str, why: str
) -> None:
    found = replay(Past(change, votes), now=side(ONE), candidate=candidate)
    assert (found.change, found.verdict) == ("CHG-1", verdict)
    assert why in found.why
    assert found.was == "production · normal: 1 approval from approvers, never from the requester"


def test_security_groups_of_a_candidate_are_seen() -> None:
    change = replace(PAST, outcome={"base": "normal", "impact": ["modifying", "security"]})
    candidate = side(ONE, security_groups={"production": ("security",)})
    assert replay(Past(change, [vote(BOB)]), now=side(ONE), candidate=candidate).verdict == "stricter"
    both = replay(Past(change, [vote(BOB), vote(DAN)]), now=side(ONE), candidate=candidate)
    assert (both.verdict, both.why) == ("stricter", "it asks for more: security")


def test_what_today_denies_and_the_candidate_allows_is_looser() -> None:
    found = replay(Past(PAST, [vote(BOB)]), now=side(), candidate=side(ONE))
    assert (found.was, found.verdict) == ("production · normal: denied", "looser")


KNOWN = Known(PEOPLE)
GROUPS = {"approvers": Group("approvers", frozenset({BOB})), "security": Group("security", frozenset({DAN}))}


def results(configuration: Configuration, known: Known = KNOWN) -> dict[str, Finding]:
    """Return what was checked, by name."""
    return {found.check: found for found in findings(configuration, known)}


def test_every_environment_and_tier_is_listed_with_its_rule_or_denied() -> None:
    found = pairs(policy(ONE, rule("lab", Tier.HIGH, 1, "approvers")))
    assert len(found) == 15
    assert [environment for environment, _, _ in found][::5] == ["production", "test", "lab"]
    assert [(environment, tier) for environment, tier, each in found if each] == [
        ("production", Tier.NORMAL),
        ("lab", Tier.HIGH),
    ]


def test_a_sound_policy_has_nothing_but_ok_and_notes() -> None:
    found = results(policy(ONE, groups=GROUPS))
    assert {each.result for each in found.values()} == {"ok", "note"}
    assert found["triage-prod · normal"].words == "can be approved"
    assert found["group approvers"].words == "3 people"
    assert "no security_groups" in found["environment production"].words
    secured = results(policy(ONE, groups=GROUPS, security_groups={"production": ("security",)}))
    doubtful = {name for name, each in secured.items() if each.result != "ok"}
    owner = "owner <@U0OTTO> of triage-prod, classifier-prod, triage-stage"
    assert doubtful == {"anchors", owner, "channels"}
    assert "No anchor is configured" in secured["anchors"].words


def test_an_empty_group_and_what_nobody_could_approve_fail_with_a_next_step() -> None:
    people = {BOB: person(BOB, "approvers", full_member=False)}
    found = results(policy(ONE, groups=GROUPS), Known(people))
    for check in ("group approvers", "group security", "triage-prod · normal"):
        assert found[check].result == "fail"
        assert found[check].next_step
    assert "nobody could approve it: production · normal" in found["triage-prod · normal"].words


def test_what_nobody_looked_into_cannot_be_said() -> None:
    groups = {"approvers": Group("approvers", frozenset(), "S0AIOPS"), "security": GROUPS["security"]}
    known = Known({DAN: person(DAN, "security")}, frozenset({"S0AIOPS"}))
    found = results(policy(ONE, groups=groups), known)
    assert found["group approvers"].result == "unknown"
    assert found["triage-prod · normal"].result == "unknown"
    assert "S0AIOPS" in found["triage-prod · normal"].words
    assert found["group security"].result == "ok"


def test_it_is_said_whose_own_requests_are_stuck() -> None:
    people = {BOB: person(BOB, "approvers"), DAN: person(DAN, "security")}
    found = results(policy(ONE, groups=GROUPS), Known(people))["triage-prod · normal"]
    assert (found.result, found.words) == ("ok", f"can be approved; not when <@{BOB}> asks: too few are left")


def test_a_tier_that_only_security_could_not_pass_fails() -> None:
    people = {BOB: person(BOB, "approvers"), CAROL: person(CAROL, "approvers")}
    found = results(policy(ONE, groups=GROUPS, security_groups={"production": ("security",)}), Known(people))
    assert found["triage-prod · normal"].result == "fail"


def test_rules_of_an_environment_without_an_account_are_noted() -> None:
    found = results(
        policy(rule("lab", Tier.HIGH, 1, "approvers"), groups=GROUPS, security_groups={"lab": ("security",)})
    )
    assert found["environment lab"].words == "no account is in it, so its rules are never used"


def test_a_change_says_what_its_plan_touches_and_what_was_added() -> None:
    request = replace(PAST.request, impact=frozenset({Impact.COST}))
    assert replace(PAST, request=request).touches == {Impact.MODIFYING, Impact.COST}
    assert replace(PAST, outcome={}).touches == frozenset()
    assert PAST.request.requester == ANNA
