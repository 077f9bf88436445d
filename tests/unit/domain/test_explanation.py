"""Why a change stands as it does: the votes, what is missing, who could, and one person's own case."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.change import Change, ChangeState, Choice, Tier, Vote
from bot.domain.explanation import Explanation, explain, still_lacking
from bot.domain.people import Lent, Standing
from tests.fakes.clock import NOON
from tests.fakes.house import ANNA, BOB, CAROL, DAN, EVE, OTTO, company, rule
from tests.unit.domain.test_policy import CHANGE, PEOPLE, person, vote

HIGH = rule(
    "production", Tier.HIGH, 2, "approvers", "security", distinct_groups=True, required_groups=("security",)
)
ASKED = replace(
    CHANGE, tier=Tier.HIGH, outcome={"because": ["scale is high in production"], "impact": ["security"]}
)
TOWN = {**PEOPLE, EVE: Standing(EVE, full_member=True, lent=(Lent("security", DAN),)), OTTO: person(OTTO)}


def told(user: str = "", votes: tuple[Vote, ...] = (), change: Change = ASKED, **more: Any) -> Explanation:
    """Return the explanation under a policy of one rule."""
    usual: dict[str, Any] = {
        "rules": {("production", Tier.HIGH): HIGH},
        "security_groups": {"production": ("security",)},
    }
    return explain(
        change, user, votes=votes, people=TOWN, configuration=company(**{**usual, **more}), now=NOON
    )


def test_rule_tier_and_reasons_are_said() -> None:
    found = told()
    assert (found.change, found.state, found.tier) == ("CHG-1", "pending_approval", "production · high")
    assert found.rule.startswith(
        "production · high: 2 approvals from approvers or security, each from another group"
    )
    assert found.because == ("scale is high in production",)
    assert (found.voted, found.person, found.answer) == ((), "", "")
    assert found.could == (BOB, CAROL, DAN, EVE)


@pytest.mark.parametrize(
    ("votes", "needs"),
    [
        ((), "0 of 2 approvals count today. Missing: 2 more approvals, one of security, "
         "one of security, because it touches security."),
        ((vote(BOB),), "1 of 2 approvals count today. Missing: 1 more approval, one of security, "
         "one of security, because it touches security."),
        ((vote(DAN),), "1 of 2 approvals count today. Missing: 1 more approval."),
        ((vote(BOB), vote(DAN)), "2 of 2 approvals count today: that is enough."),
    ],
)  # fmt: skip
def test_what_is_missing_is_named(votes: tuple[Vote, ...], needs: str) -> None:
    assert told(votes=votes).needs == needs


def test_groups_of_their_own_are_asked_for_where_only_they_are_missing() -> None:
    apart = {("production", Tier.HIGH): replace(HIGH, required_groups=())}
    found = told(votes=(vote(BOB), vote(CAROL)), rules=apart, security_groups={})
    assert found.needs.endswith("Missing: approvals from groups of their own.")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (vote(BOB), "approved; it counts (approvers)"),
        (vote(EVE), f"approved for <@{DAN}>; it counts (security)"),
        (vote(BOB, choice=Choice.REJECT), "rejected"),
        (vote(BOB, choice=Choice.REQUEST_CHANGES), "asked for changes"),
        (vote(BOB, revision=1), "it does not count: it was for another plan"),
        (vote(BOB, plan_digest="e" * 64), "it does not count: it was for another plan"),
        (vote(BOB, expires_at=NOON), "it does not count: it has expired"),
        (vote("U0GONE"), "it does not count: the directory does not know this person"),
        (vote(OTTO), "it does not count: they are in none of the groups that decide here"),
        (vote(ANNA), "it does not count: this is their own request"),
    ],
)
def test_of_each_vote_it_is_said_whether_it_counts(given: Vote, words: str) -> None:
    (said,) = told(votes=(given,)).voted
    assert said in {f"<@{given.person}> {words}", f"<@{given.person}> approved; {words}"}


def test_a_vote_that_stands_in_for_one_that_was_given_does_not_count() -> None:
    _, lent = told(votes=(vote(DAN), vote(EVE, at=NOON + timedelta(seconds=1)))).voted
    assert lent.endswith("it does not count: the same person, or whom they speak for, is counted already")


@pytest.mark.parametrize(
    ("user", "votes", "answer"),
    [
        (BOB, (), "Allowed, as one of approvers."),
        (EVE, (), f"Allowed, as one of security, lent by <@{DAN}>."),
        (ANNA, (), "Not allowed: this is your own request."),
        (OTTO, (), "Not allowed: you are in none of the groups that decide here."),
        ("U0GONE", (), "Not allowed: the directory does not know you."),
        (BOB, (vote(BOB),), "Not allowed: you have already voted on this revision."),
        (EVE, (vote(DAN),), f"Not allowed: <@{DAN}>, for whom you would decide, has spoken already."),
    ],
)
def test_why_a_person_can_or_cannot_decide(user: str, votes: tuple[Vote, ...], answer: str) -> None:
    found = told(user, votes)
    assert found.person == user
    assert found.answer.startswith(answer)
    assert ("change unapprove CHG-" in found.answer) is ("already voted" in answer)
    assert (user in found.could) is answer.startswith("Allowed")


@pytest.mark.parametrize(
    ("change", "answer"),
    [
        (replace(ASKED, state=ChangeState.APPROVED), "Nobody can decide CHG-1 now: it is approved."),
        (replace(ASKED, state=ChangeState.ROLLED_BACK), "Nobody can decide CHG-1 now: it is rolled back."),
        (replace(ASKED, expires_at=NOON), "Nobody can decide CHG-1 now: its time is over."),
    ],
)
def test_what_is_over_can_be_decided_by_nobody(change: Change, answer: str) -> None:
    found = told(BOB, change=change)
    assert (found.answer, found.could) == (answer, ())


def test_what_is_not_over_yet_can_be_decided() -> None:
    assert told(BOB, change=replace(ASKED, expires_at=NOON + timedelta(seconds=1))).could


def test_what_has_no_rule_is_denied_and_old_changes_have_no_reasons() -> None:
    found = told(BOB, (vote(BOB),), change=replace(ASKED, outcome={}), rules={})
    assert found.rule == "denied: the policy has no rule for this"
    assert (found.needs, found.could, found.because) == ("It can never be approved.", (), ())
    assert "no rule for production · high, so it is denied" in found.answer
    assert "it does not count: the policy has no rule" in found.voted[0]


@pytest.mark.parametrize(
    ("groups", "lacking"),
    [
        ((), ""),
        (("approvers",), "one of security, because it touches security"),
        (("approvers", "approvers"), "one of security, because it touches security"),
        (("approvers", "security"), ""),
    ],
)
def test_a_card_says_what_the_next_approval_must_bring(groups: tuple[str, ...], lacking: str) -> None:
    stern = replace(HIGH, security_groups=("security",))
    assert still_lacking(stern, [frozenset({group}) for group in groups]) == lacking


def test_two_approvals_of_one_group_are_said_not_to_be_enough() -> None:
    apart = replace(HIGH, required_groups=())
    approvals = [frozenset({"approvers"}), frozenset({"approvers"})]
    assert still_lacking(apart, approvals[:1]) == ""
    assert still_lacking(apart, approvals) == "approvals from groups of their own"


def test_whether_the_glass_may_be_broken_and_who_must_review_is_said() -> None:
    assert told().glass == "Not possible: its rule does not say break_glass = true."
    with_glass = {("production", Tier.HIGH): replace(HIGH, break_glass=True)}
    assert told(rules=with_glass).glass == (
        "One of approvers, security may approve it alone, the requester too; within 24 hours another of approvers, "
        "security must review that, neither who broke it nor who asked."
    )
    broken = replace(ASKED, state=ChangeState.APPROVED, broke_glass_by=DAN)
    assert told(change=broken, rules=with_glass).glass.startswith(f"Broken by <@{DAN}>; within 24 hours")
    reviewed = replace(broken, reviewed_by=BOB)
    assert told(change=reviewed, rules=with_glass).glass == f"Broken by <@{DAN}>; reviewed by <@{BOB}>."
