"""The policy's rules as tables: tiers, who may vote, when it is enough, whether it can ever be."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.ballots import Ballot
from bot.domain.change import RANKS, Change, ChangeState, ChangeType, Choice, Impact, Request, Tier, Vote
from bot.domain.configuration import Freeze, Rule
from bot.domain.people import Standing
from bot.domain.policy import (
    Allowed,
    Refused,
    approved_today,
    counting_ballots,
    frozen,
    may_act,
    may_decide,
    quorum_met,
    solvable,
)
from bot.domain.rule_words import rule_in_full, rule_words
from bot.domain.tiers import raised, tier_of
from tests.fakes.clock import NOON
from tests.fakes.house import ANNA, BOB, CAROL, DAN, EVE, OTTO, company, rule

REQUEST = Request(
    kind="scale",
    target="triage-prod",
    requester=ANNA,
    owner=OTTO,
    ticket="OPS-1",
    reason="x",
    expected_cost="none",
    validation_signal="HTTP 429",
    rollback_plan="back",
    asked={"capacity": 150},
)
CHANGE = Change(
    number=1,
    revision=2,
    state=ChangeState.PENDING_APPROVAL,
    request=REQUEST,
    environment="production",
    account="prod",
    arm_id="/x",
    channel="C0OPS",
    created_at=NOON,
    plan_digest="d" * 64,
)
ONE = rule("production", Tier.NORMAL, 1, "approvers")
TWO = rule("production", Tier.HIGH, 2, "approvers", "security", distinct_groups=True)
WITH_SECURITY = rule("production", Tier.CRITICAL, 2, "approvers", required_groups=("security",))
A, B = frozenset({"approvers"}), frozenset({"security"})
BOTH = A | B
NO_IMPACT: frozenset[Impact] = frozenset()


def person(user: str, *groups: str, **more: Any) -> Standing:
    """Return a full member in these groups."""
    return Standing(user, **{"full_member": True, "groups": frozenset(groups), **more})


def vote(user: str, **more: Any) -> Vote:
    """Return an approval of the change as it is."""
    usual = Vote(1, 2, user, Choice.APPROVE, A, CHANGE.plan_digest, "p", NOON, NOON + timedelta(hours=4))
    return replace(usual, **more)


PEOPLE = {
    ANNA: person(ANNA, "approvers"),
    BOB: person(BOB, "approvers"),
    CAROL: person(CAROL, "approvers"),
    DAN: person(DAN, "security"),
}


@pytest.mark.parametrize(
    ("base", "production", "elsewhere"),
    [
        (Tier.STANDARD, Tier.STANDARD, Tier.STANDARD),
        (Tier.NORMAL, Tier.NORMAL, Tier.STANDARD),
        (Tier.HIGH, Tier.HIGH, Tier.NORMAL),
        (Tier.CRITICAL, Tier.CRITICAL, Tier.HIGH),
    ],
)
def test_outside_production_the_tier_is_one_lower(base: Tier, production: Tier, elsewhere: Tier) -> None:
    assert tier_of(base, NO_IMPACT, "production", ChangeType.NORMAL) is production
    assert tier_of(base, NO_IMPACT, "test", ChangeType.NORMAL) is elsewhere


@pytest.mark.parametrize(
    ("impact", "tier"),
    [
        ({Impact.MODIFYING}, Tier.NORMAL),
        ({Impact.COST}, Tier.NORMAL),
        ({Impact.SECURITY}, Tier.HIGH),
        ({Impact.DESTRUCTIVE}, Tier.HIGH),
        ({Impact.SECURITY, Impact.DESTRUCTIVE}, Tier.CRITICAL),
    ],
)
def test_what_the_form_adds_raises_the_tier(impact: set[Impact], tier: Tier) -> None:
    assert tier_of(Tier.NORMAL, frozenset(impact), "production", ChangeType.NORMAL) is tier


@given(
    st.sampled_from(RANKS),
    st.frozensets(st.sampled_from(Impact)),
    st.frozensets(st.sampled_from(Impact)),
    st.sampled_from(["production", "test"]),
)
def test_more_impact_never_lowers_the_tier(
    base: Tier, less: frozenset[Impact], more: frozenset[Impact], environment: str
) -> None:
    low = tier_of(base, less, environment, ChangeType.NORMAL)
    high = tier_of(base, less | more, environment, ChangeType.NORMAL)
    assert RANKS.index(low) <= RANKS.index(high)


def test_an_emergency_is_a_tier_of_its_own() -> None:
    assert tier_of(Tier.NORMAL, NO_IMPACT, "test", ChangeType.EMERGENCY) is Tier.EMERGENCY


def test_raising_stops_at_both_ends() -> None:
    assert (raised(Tier.CRITICAL, 1), raised(Tier.STANDARD, -1)) == (Tier.CRITICAL, Tier.STANDARD)


@pytest.mark.threat(20)
@pytest.mark.asvs("2.3.5")
@pytest.mark.parametrize(
    ("found", "votes", "met"),
    [
        (rule("test", Tier.STANDARD, 0), [], True),
        (ONE, [], False),
        (ONE, [A], True),
        (TWO, [A], False),
        (TWO, [A, A], False),
        (TWO, [A, B], True),
        (TWO, [BOTH], False),
        (TWO, [BOTH, A], True),
        (TWO, [BOTH, BOTH], True),
        (TWO, [A, A, A], False),
        (TWO, [A, A, BOTH], True),
        (replace(TWO, groups=("approvers",)), [A, A], False),
        (replace(TWO, distinct_groups=False), [A, A], True),
        (WITH_SECURITY, [A, A], False),
        (WITH_SECURITY, [A, B], True),
        (WITH_SECURITY, [BOTH, A], True),
        (replace(WITH_SECURITY, quorum=0), [], False),
    ],
)
def test_when_approvals_are_enough(found: Rule, votes: list[frozenset[str]], met: bool) -> None:
    assert quorum_met(found, votes) is met


_VOTES = st.lists(st.sampled_from([A, B, BOTH, frozenset[str]()]), max_size=4)


@given(_VOTES, st.sampled_from([ONE, TWO, WITH_SECURITY]), st.sampled_from([A, B, BOTH]))
def test_one_more_approval_never_undoes_a_quorum(
    votes: list[frozenset[str]], found: Rule, more: frozenset[str]
) -> None:
    if quorum_met(found, votes):
        assert quorum_met(found, [more, *votes])
        assert len(votes) >= found.quorum


@pytest.mark.parametrize(
    ("who", "found", "words"),
    [
        (person(BOB, "approvers"), ONE, ""),
        (person(DAN, "security"), WITH_SECURITY, ""),
        (person(BOB, "approvers"), None, "no rule for production · normal, so it is denied"),
        (person(ANNA, "approvers"), ONE, "your own request"),
        (person(BOB, "security"), ONE, "none of the groups"),
        (person(BOB), ONE, "none of the groups"),
        (person(BOB, "approvers"), rule("production", Tier.NORMAL, 1), "none of the groups"),
        (person(BOB, "approvers", full_member=False, why_not="you are a guest"), ONE, "you are a guest"),
        (
            person(BOB, "approvers", full_member=False),
            ONE,
            "Not allowed: you are not a full member of this workspace.",
        ),
        (person(ANNA, "approvers", full_member=False, why_not="deleted"), ONE, "deleted"),
    ],
)
def test_who_may_decide(who: Standing, found: Rule | None, words: str) -> None:
    verdict = may_decide(CHANGE, who, found, could=(CAROL,))
    assert isinstance(verdict, Refused) is bool(words)
    if isinstance(verdict, Refused):
        assert words in verdict.words
        assert verdict.reason.startswith("Not allowed: ")
        assert verdict.rule == ("" if found is None else rule_words(found))
        assert (f"Who could: <@{CAROL}>." in verdict.words) is (found is not None)
    else:
        assert verdict.groups


@pytest.mark.parametrize(
    "given_vote",
    [
        vote(BOB, revision=1),
        vote(BOB, plan_digest="e" * 64),
        vote(BOB, expires_at=NOON),
        vote(BOB, choice=Choice.REJECT),
        vote(BOB, choice=Choice.REQUEST_CHANGES),
        vote(EVE),
        vote(ANNA),
        vote(DAN),
    ],
    ids=["revision", "plan", "expired", "reject", "changes", "unknown", "requester", "wrong group"],
)
def test_a_vote_that_does_not_count_today(given_vote: Vote) -> None:
    assert counting_ballots(CHANGE, [given_vote], PEOPLE, ONE, NOON) == ()
    assert counting_ballots(CHANGE, [given_vote, vote(CAROL)], PEOPLE, ONE, NOON) == (Ballot(CAROL, A),)


@pytest.mark.threat(4)
@pytest.mark.asvs("2.3.5")
def test_accounts_of_one_person_count_once_and_the_requesters_never() -> None:
    people = {
        ANNA: person(ANNA, entra_oid="1"),
        BOB: person(BOB, "approvers", entra_oid="1"),
        CAROL: person(CAROL, "approvers", entra_oid="2"),
        DAN: person(DAN, "approvers", entra_oid="2"),
        EVE: person(EVE, "approvers"),
        OTTO: person(OTTO, "approvers"),
    }
    votes = [vote(user) for user in (BOB, CAROL, DAN, EVE, OTTO)]
    counted = counting_ballots(CHANGE, votes, people, ONE, NOON)
    assert [found.user for found in counted] == [CAROL, EVE, OTTO]


def test_approvals_hold_today_or_say_how_many_still_do() -> None:
    votes = [vote(BOB), vote(DAN)]
    assert approved_today(CHANGE, votes, PEOPLE, TWO, NOON) == Allowed(BOTH)
    gone = {**PEOPLE, DAN: person(DAN)}
    lost = approved_today(CHANGE, votes, gone, TWO, NOON)
    assert isinstance(lost, Refused)
    assert lost == Refused("Of 2 approvals needed, 1 still count today.", rule_words(TWO))
    denied = approved_today(CHANGE, votes, PEOPLE, None, NOON)
    assert denied == Refused("The policy no longer has a rule for production · normal.")


@pytest.mark.parametrize(
    ("found", "people", "can"),
    [
        (ONE, (ANNA, BOB), True),
        (ONE, (ANNA,), False),
        (ONE, (DAN,), False),
        (TWO, (BOB, CAROL), False),
        (TWO, (BOB, DAN), True),
        (TWO, (ANNA, DAN), False),
        (WITH_SECURITY, (BOB, CAROL), False),
        (rule("test", Tier.STANDARD, 0), (), True),
        (None, (BOB,), False),
    ],
)
def test_whether_a_request_can_be_approved_at_all(
    found: Rule | None, people: tuple[str, ...], can: bool
) -> None:
    verdict = solvable(CHANGE, found, [PEOPLE[user] for user in people])
    assert isinstance(verdict, Allowed) is can
    if isinstance(verdict, Refused) and found is None:
        assert verdict.words == (
            "The policy has no rule for production · normal, so this can never be approved. "
            "Rule: add [policy.production.normal] to countersign.toml."
        )


@pytest.mark.parametrize(
    ("who", "names", "may"),
    [
        (person(ANNA), ("requester",), True),
        (person(ANNA), ("owner",), False),
        (person(OTTO), ("owner",), True),
        (person(BOB, "approvers"), ("requester", "approvers"), True),
        (person(BOB, "approvers"), ("security",), False),
        (person(BOB, "approvers"), (), False),
        (person(BOB, "approvers"), ("security", "owner"), False),
        (person(ANNA, full_member=False), ("requester",), False),
    ],
)
def test_who_may_act(who: Standing, names: tuple[str, ...], may: bool) -> None:
    verdict = may_act(who, CHANGE, names, "apply")
    assert isinstance(verdict, Allowed) is may
    if isinstance(verdict, Refused):
        assert verdict == Refused(
            "Not allowed: you may not apply this change.", f"apply: {', '.join(names) or 'nobody'}"
        )
    else:
        assert verdict.groups
        assert verdict.groups <= set(names)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (ONE, "production · normal: 1 approval from approvers, never from the requester"),
        (
            TWO,
            "production · high: 2 approvals from approvers or security, each from another group, "
            "never from the requester",
        ),
        (
            WITH_SECURITY,
            "production · critical: 2 approvals from approvers, at least one from security, never from the requester",
        ),
        (
            replace(WITH_SECURITY, groups=("approvers", "security"), security_groups=("security",)),
            "production · critical: 2 approvals from approvers or security, at least one from security, "
            "never from the requester",
        ),
        (rule("test", Tier.STANDARD, 0), "test · standard: no approval"),
        (rule("test", Tier.STANDARD, 0, "approvers"), "test · standard: no approval"),
        (rule("test", Tier.HIGH, 1), "test · high: 1 approval, never from the requester"),
        (
            replace(ONE, required_groups=("a", "b")),
            "production · normal: 1 approval from approvers, at least one from a, at least one from b, "
            "never from the requester",
        ),
    ],
)
def test_a_rule_reads_as_one_line(found: Rule, words: str) -> None:
    assert rule_words(found) == words


def test_a_rule_in_full_says_who_may_apply_what_is_approved() -> None:
    full = rule_in_full(replace(ONE, may_apply=("requester", "owner", "approvers")))
    assert full == f"{rule_words(ONE)}. Once approved, the requester, the owner or approvers may apply it"
    standard = replace(ONE, tier=Tier.STANDARD, quorum=0, may_apply=("approvers",))
    assert rule_in_full(standard) == "production · standard: no approval; approvers may apply it"


@pytest.mark.parametrize(
    ("alias", "hours", "holds"),
    [
        ("triage-prod", 0, True),
        ("triage-prod", -1, False),
        ("triage-prod", 1, False),
        ("classifier-prod", 0, False),
        ("Triage-prod", 0, False),
    ],
)
def test_a_freeze_holds_from_its_start_until_just_before_its_end(alias: str, hours: int, holds: bool) -> None:
    window = Freeze("year-end", NOON, NOON + timedelta(hours=1), ("triage-*",))
    found = frozen(company(freezes=(window,)), alias, NOON + timedelta(hours=hours))
    assert found == ((window,) if holds else ())
