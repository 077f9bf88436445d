"""Whose approvals count beside each other: votes lent, accounts of one person, and properties of every quorum."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.ballots import Ballot, apart, authority, ballots, is_same_person
from bot.domain.change import Tier
from bot.domain.configuration import Rule
from bot.domain.delegation import Delegation, lend
from bot.domain.people import Lent, Standing
from bot.domain.policy import (
    Allowed,
    Refused,
    approved_today,
    counting_ballots,
    may_decide,
    may_vote_again,
    quorum_met,
    solvable,
    who_could,
)
from bot.domain.rule_words import rule_words
from tests.fakes.clock import NOON
from tests.fakes.house import ANNA, BOB, CAROL, DAN, EVE, OTTO, rule
from tests.unit.domain.test_policy import CHANGE, ONE, TWO, person, vote

A, S = frozenset({"approvers"}), frozenset({"security"})
SECURE = replace(ONE, security_groups=("security", "privacy"))
ASKER = person(ANNA)


def lent(group: str, by: str = DAN, **more: Any) -> Lent:
    """Return a vote that somebody lends."""
    return Lent(group, by, **more)


def delegate(user: str, *given: Lent, groups: tuple[str, ...] = (), **more: Any) -> Standing:
    """Return a full member to whom votes are lent."""
    return person(user, *groups, lent=given, **more)


PEOPLE = {
    ANNA: person(ANNA, "approvers"),
    BOB: person(BOB, "approvers"),
    CAROL: person(CAROL, "approvers", "security"),
    DAN: person(DAN, "security"),
    EVE: person(EVE),
}


def lending(*groups: str, giver: str = DAN, taker: str = EVE, hours: int = 1) -> Delegation:
    """Return a delegation that ends in some hours."""
    return Delegation(giver, taker, groups, NOON + timedelta(hours=hours))


@pytest.mark.parametrize(
    ("delegation", "people", "found"),
    [
        (lending("security"), PEOPLE, (lent("security"),)),
        (lending("security", "approvers"), PEOPLE, (lent("security"),)),
        (
            lending("security", "approvers", giver=CAROL),
            PEOPLE,
            (lent("security", CAROL), lent("approvers", CAROL)),
        ),
        (lending("approvers"), PEOPLE, ()),
        (lending("security", hours=0), PEOPLE, ()),
        (lending("security", giver=OTTO), PEOPLE, ()),
        (lending("security"), {**PEOPLE, DAN: person(DAN, "security", full_member=False)}, ()),
        (
            lending("security"),
            {**PEOPLE, DAN: person(DAN, "security", entra_oid="1")},
            (lent("security", entra_oid="1"),),
        ),
    ],
)
def test_what_is_lent_now(
    delegation: Delegation, people: Mapping[str, Standing], found: tuple[Lent, ...]
) -> None:
    assert lend(people, [delegation], NOON)[EVE].lent == found


def test_what_is_lent_cannot_be_lent_on_and_an_unknown_delegate_is_nobody() -> None:
    chain = [
        lending("security", taker=EVE),
        lending("security", giver=EVE, taker=BOB),
        lending("security", taker=OTTO),
    ]
    people = lend(PEOPLE, chain, NOON)
    assert people[EVE].lent == (lent("security"),)
    assert people[BOB].lent == ()
    assert OTTO not in people


def test_a_delegation_that_is_over_does_not_hide_the_next() -> None:
    people = lend(PEOPLE, [lending("security", hours=0), lending("security")], NOON)
    assert people[EVE].lent == (lent("security"),)


def test_a_vote_of_somebody_the_directory_does_not_know_takes_nobodys_place() -> None:
    people = {EVE: delegate(EVE, lent("approvers", OTTO))}
    assert may_vote_again(CHANGE, people[EVE], [vote(OTTO)], people, ONE) is None
    asked_by_nobody = counting_ballots(
        CHANGE, [vote(EVE)], {EVE: delegate(EVE, lent("approvers", ANNA))}, ONE, NOON
    )
    assert asked_by_nobody == ()


def test_two_who_lend_both_lend() -> None:
    people = lend(PEOPLE, [lending("security"), lending("approvers", giver=BOB)], NOON)
    assert people[EVE].lent == (lent("security"), lent("approvers", BOB))


@pytest.mark.parametrize(
    ("who", "groups", "behalf"),
    [
        (person(BOB, "approvers", "else"), A, set()),
        (person(BOB, "else"), set(), set()),
        (delegate(EVE, lent("approvers")), A, {DAN}),
        (delegate(EVE, lent("else")), set(), set()),
        (delegate(EVE, lent("approvers"), groups=("approvers",)), A, set()),
        (delegate(EVE, lent("approvers", ANNA)), set(), set()),
        (delegate(EVE, lent("approvers", DAN, entra_oid=ANNA)), set(), set()),
        (delegate(EVE, lent("approvers", DAN, entra_oid="1"), entra_oid="1"), set(), set()),
        (delegate(EVE, lent("security"), groups=("approvers",)), A | S, {DAN}),
        (delegate(EVE, lent("privacy"), lent("security", BOB)), {"privacy", "security"}, {DAN, BOB}),
    ],
)
def test_what_a_person_speaks_for(who: Standing, groups: set[str], behalf: set[str]) -> None:
    assert authority(who, SECURE, ASKER) == Ballot(who.user, frozenset(groups), frozenset(behalf))


def test_a_delegate_may_decide_and_the_delegator_is_named() -> None:
    assert may_decide(CHANGE, delegate(EVE, lent("approvers")), ONE) == Allowed(A, frozenset({DAN}))


@pytest.mark.parametrize(
    ("who", "requester", "words"),
    [
        (
            delegate(EVE, lent("approvers", ANNA)),
            None,
            "you would decide for the requester, who lent you the vote",
        ),
        (delegate(ANNA, lent("approvers")), None, "this is your own request."),
        (delegate(EVE, lent("else")), None, "you are in none of the groups that decide here."),
        (
            person(BOB, "approvers", entra_oid="1"),
            person(ANNA, entra_oid="1"),
            "this is your own request, under your other account.",
        ),
        (delegate(EVE, lent("approvers"), full_member=False), None, "not a full member"),
    ],
)
def test_whom_a_lent_vote_does_not_help(who: Standing, requester: Standing | None, words: str) -> None:
    verdict = may_decide(CHANGE, who, ONE, could=(CAROL,), requester=requester)
    assert isinstance(verdict, Refused)
    assert verdict.reason.startswith("Not allowed: ")
    assert verdict.reason.endswith(".")
    assert words in verdict.reason
    assert (verdict.rule, verdict.could) == (rule_words(ONE), (CAROL,))


@pytest.mark.threat(20)
@pytest.mark.asvs("2.3.5")
@pytest.mark.parametrize(
    ("people", "found"),
    [
        ([person(BOB, "approvers"), person(CAROL, "approvers")], [(BOB, A), (CAROL, A)]),
        ([person(CAROL, "approvers"), person(BOB, "approvers")], [(CAROL, A), (BOB, A)]),
        ([person(BOB, "approvers"), person(BOB, "approvers")], [(BOB, A)]),
        ([person(BOB, "else")], []),
        # accounts of one person: the one with a vote of its own, else the first
        ([person(BOB, "approvers", entra_oid="1"), person(CAROL, "approvers", entra_oid="1")], [(BOB, A)]),
        (
            [delegate(EVE, lent("approvers"), entra_oid="1"), person(BOB, "approvers", entra_oid="1")],
            [(BOB, A)],
        ),
        ([person(BOB, entra_oid="1"), person(CAROL, "approvers", entra_oid="1")], [(CAROL, A)]),
        # who lends and who is lent to: one of them
        ([delegate(EVE, lent("approvers", BOB)), person(BOB, "approvers")], [(BOB, A)]),
        ([person(BOB, "approvers"), delegate(EVE, lent("approvers", BOB))], [(BOB, A)]),
        ([delegate(EVE, lent("approvers")), delegate(OTTO, lent("approvers"))], [(EVE, A)]),
        ([delegate(OTTO, lent("approvers")), delegate(EVE, lent("approvers"))], [(OTTO, A)]),
        (
            [delegate(EVE, lent("approvers", BOB, entra_oid="1")), person(CAROL, "approvers", entra_oid="1")],
            [(CAROL, A)],
        ),
        # a vote of one's own stays when the lent part is spoken for
        (
            [delegate(EVE, lent("security"), groups=("approvers",)), person(DAN, "security")],
            [(EVE, A), (DAN, S)],
        ),
        ([delegate(EVE, lent("security"), groups=("approvers",))], [(EVE, A | S)]),
    ],
)
def test_nobody_is_counted_twice(people: list[Standing], found: list[tuple[str, frozenset[str]]]) -> None:
    counted = ballots(people, SECURE, ASKER)
    assert [(ballot.user, ballot.groups) for ballot in counted] == found


def test_a_ballot_says_for_whom_it_is() -> None:
    (ballot,) = ballots([delegate(EVE, lent("approvers"), lent("security", BOB))], SECURE, ASKER)
    assert ballot.behalf == {DAN, BOB}


def test_the_first_vote_in_time_speaks_for_who_is_away_whatever_the_order_of_the_rows() -> None:
    people = {EVE: delegate(EVE, lent("approvers")), OTTO: delegate(OTTO, lent("approvers"))}
    votes = [vote(EVE, at=NOON + timedelta(seconds=1)), vote(OTTO)]
    for order in permutations(votes):
        assert [ballot.user for ballot in counting_ballots(CHANGE, order, people, ONE, NOON)] == [OTTO]


@pytest.mark.parametrize(
    ("who", "voted", "words"),
    [
        (person(BOB, "approvers"), [], ""),
        (person(BOB, "approvers"), [person(CAROL, "approvers")], ""),
        (person(BOB, "approvers"), [person(BOB, "approvers")], "already voted on this revision."),
        (
            person(BOB, "approvers", entra_oid="1"),
            [person(CAROL, "approvers", entra_oid="1")],
            f"already voted on this revision, under your other account <@{CAROL}>.",
        ),
        (delegate(EVE, lent("approvers")), [], ""),
        (delegate(EVE, lent("approvers")), [person(CAROL, "approvers")], ""),
        (
            delegate(EVE, lent("approvers", BOB)),
            [person(BOB, "approvers")],
            f"<@{BOB}>, for whom you would decide",
        ),
        (
            delegate(EVE, lent("approvers")),
            [delegate(OTTO, lent("approvers"))],
            f"<@{DAN}>, for whom you would decide",
        ),
        (delegate(EVE, lent("approvers", BOB)), [person(BOB, "approvers", full_member=False)], ""),
        (delegate(EVE, lent("approvers"), lent("security", BOB)), [delegate(OTTO, lent("approvers"))], ""),
        (person(DAN, "security"), [delegate(EVE, lent("approvers"))], ""),
    ],
)
def test_a_second_vote_of_one_person_is_refused_in_words(
    who: Standing, voted: list[Standing], words: str
) -> None:
    people = {who.user: who, **{each.user: each for each in voted}}
    refused = may_vote_again(CHANGE, who, [vote(each.user) for each in voted], people, SECURE)
    assert (refused is not None) is bool(words)
    if refused is not None:
        assert words in refused.words
        assert refused.words.startswith("Not allowed")


def test_whoever_voted_has_voted_even_when_the_directory_knows_them_no_more() -> None:
    bob = person(BOB, "approvers")
    assert may_vote_again(CHANGE, bob, [vote(BOB)], {}, ONE) is not None
    assert may_vote_again(CHANGE, bob, [vote(CAROL), vote(DAN)], {}, ONE) is None


@pytest.mark.threat(4)
@pytest.mark.asvs("2.3.5")
def test_what_the_requester_lends_is_no_way_around_a_vote_that_was_given() -> None:
    people = {
        ANNA: person(ANNA, entra_oid="1"),
        DAN: person(DAN, "approvers"),
        EVE: delegate(EVE, lent("approvers"), lent("approvers", BOB, entra_oid="1"), lent("security", ANNA)),
    }
    refused = may_vote_again(CHANGE, people[EVE], [vote(DAN)], people, SECURE)
    assert refused is not None
    assert refused.reason == f"Not allowed: <@{DAN}>, for whom you would decide, has spoken already."
    del people[ANNA]
    assert (
        may_vote_again(CHANGE, delegate(EVE, lent("security", ANNA)), [vote(DAN)], people, SECURE) is not None
    )


def test_all_for_whom_one_would_decide_are_named() -> None:
    people = {CAROL: person(CAROL, "security"), DAN: person(DAN, "approvers")}
    who = delegate(EVE, lent("approvers"), lent("security", CAROL))
    refused = may_vote_again(CHANGE, who, [vote(DAN), vote(CAROL)], {**people, EVE: who}, SECURE)
    assert refused is not None
    assert f"<@{CAROL}>, <@{DAN}>, for whom" in refused.reason


def test_what_a_requester_whom_nobody_knows_lends_is_worth_nothing() -> None:
    assert who_could(ONE, ANNA, {EVE: delegate(EVE, lent("approvers", ANNA))}) == ()


def test_of_two_accounts_the_one_in_more_groups_is_named_as_eligible() -> None:
    people = [person(BOB, "approvers", entra_oid="1"), person(CAROL, "approvers", "security", entra_oid="1")]
    verdict = solvable(CHANGE, replace(ONE, required_groups=("security",)), people)
    assert verdict == Allowed(frozenset({CAROL}))


@pytest.mark.parametrize(
    ("votes", "met"),
    [([A], False), ([S], True), ([A, S], True), ([frozenset({"privacy"})], True), ([], False)],
)
def test_what_touches_security_needs_one_of_its_groups(votes: list[frozenset[str]], met: bool) -> None:
    assert quorum_met(SECURE, votes) is met
    assert quorum_met(replace(SECURE, quorum=0, groups=()), votes) is met


def test_the_security_groups_are_part_of_the_rules_words() -> None:
    assert (
        "1 approval from approvers, at least one from security or privacy because it touches security"
        in rule_words(SECURE)
    )
    assert SECURE.deciding == {"approvers", "security", "privacy"}


def test_two_accounts_of_one_approver_do_not_make_a_request_solvable() -> None:
    two = [person(BOB, "approvers", entra_oid="1"), person(DAN, "security", entra_oid="1")]
    verdict = solvable(CHANGE, TWO, two)
    assert isinstance(verdict, Refused)
    assert "Only 1 person could approve this, and 2 are needed" in verdict.reason
    assert (verdict.could, verdict.rule) == ((BOB,), rule_words(TWO))
    assert isinstance(solvable(CHANGE, TWO, [*two, person(CAROL, "security")]), Allowed)


def test_enough_people_in_the_wrong_groups_are_said_to_be_so() -> None:
    verdict = solvable(CHANGE, TWO, [person(BOB, "approvers"), person(CAROL, "approvers")])
    assert isinstance(verdict, Refused)
    assert "Those who could approve this (2 people) do not make up what the rule asks for." in verdict.reason


def test_the_requesters_other_account_and_guests_do_not_make_a_request_solvable() -> None:
    people = [person(ANNA, entra_oid="1"), person(BOB, "approvers", entra_oid="1")]
    assert isinstance(solvable(CHANGE, ONE, people), Refused)
    assert isinstance(solvable(CHANGE, ONE, [person(BOB, "approvers", full_member=False)]), Refused)


def test_who_could_names_delegates_and_each_person_once() -> None:
    people = {
        ANNA: person(ANNA, "approvers", entra_oid="1"),
        BOB: person(BOB, "approvers", entra_oid="1"),
        CAROL: person(CAROL, "approvers", entra_oid="2"),
        DAN: person(DAN, "approvers", entra_oid="2"),
        EVE: delegate(EVE, lent("approvers", CAROL)),
        OTTO: delegate(OTTO, lent("approvers", ANNA)),
    }
    assert who_could(ONE, ANNA, people) == (CAROL, EVE)
    assert who_could(None, ANNA, people) == ()


_GROUPS = st.frozensets(st.sampled_from(["approvers", "security", "privacy", "else"]), max_size=3)
_RULES = st.builds(
    lambda quorum, groups, distinct, required, security: rule(
        "production",
        Tier.HIGH,
        quorum,
        *groups,
        distinct_groups=distinct,
        required_groups=required,
        security_groups=security,
    ),
    st.integers(0, 4),
    st.sampled_from([("approvers",), ("approvers", "security"), ("approvers", "security", "privacy")]),
    st.booleans(),
    st.sampled_from([(), ("security",), ("approvers", "security")]),
    st.sampled_from([(), ("privacy",), ("security", "privacy")]),
)
_USERS = (BOB, CAROL, DAN, EVE, OTTO, "U0FRED", "U0GINA")


@st.composite
def _towns(draw: st.DrawFn) -> dict[str, Standing]:
    """Return people in groups, some lending votes to others who are not in any."""
    people = {user: person(user, *draw(_GROUPS)) for user in _USERS[:5]}
    people |= {user: person(user) for user in _USERS[5:]}
    for giver in draw(st.lists(st.sampled_from(_USERS[:5]), max_size=3)):
        taker = draw(st.sampled_from([user for user in _USERS if user != giver]))
        people = lend(people, [lending(*sorted(people[giver].groups), giver=giver, taker=taker)], NOON)
    return people


def _groups_of(voters: Sequence[str], people: Mapping[str, Standing], found: Rule) -> list[frozenset[str]]:
    votes = [vote(user, at=NOON + timedelta(seconds=n)) for n, user in enumerate(voters)]
    return [ballot.groups for ballot in counting_ballots(CHANGE, votes, people, found, NOON)]


@given(_towns(), _RULES, st.permutations(_USERS), st.integers(0, 6))
def test_one_more_vote_never_undoes_a_quorum(
    people: dict[str, Standing], found: Rule, order: list[str], first: int
) -> None:
    some, more = order[:first], order[: first + 1]
    if quorum_met(found, _groups_of(some, people, found)):
        assert quorum_met(found, _groups_of(more, people, found))


@given(_towns(), _RULES, st.permutations(_USERS), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(
    people: dict[str, Standing], found: Rule, order: list[str], random: Any
) -> None:
    votes = [vote(user, at=NOON + timedelta(seconds=n)) for n, user in enumerate(order)]
    shuffled = random.sample(votes, len(votes))
    counted = counting_ballots(CHANGE, votes, people, found, NOON)
    assert counting_ballots(CHANGE, shuffled, people, found, NOON) == counted
    assert isinstance(approved_today(CHANGE, shuffled, people, found, NOON), Allowed) is quorum_met(
        found, [ballot.groups for ballot in counted]
    )


@given(_RULES, st.lists(_GROUPS, max_size=4), st.randoms(use_true_random=False))
def test_a_quorum_does_not_depend_on_the_order_of_approvals(
    found: Rule, approvals: list[frozenset[str]], random: Any
) -> None:
    assert quorum_met(found, random.sample(approvals, len(approvals))) is quorum_met(found, approvals)


@pytest.mark.threat(20)
@pytest.mark.asvs("2.3.5")
@given(_towns(), _RULES, st.permutations(_USERS))
def test_no_authority_is_used_twice(people: dict[str, Standing], found: Rule, order: list[str]) -> None:
    counted = ballots([people[user] for user in order], found, ASKER)
    users = [ballot.user for ballot in counted]
    assert len(set(users)) == len(users)
    in_person = {user for user in users if people[user].groups & found.deciding}
    spoken_for = [user for ballot in counted for user in ballot.behalf]
    assert len(set(spoken_for)) == len(spoken_for)
    assert not in_person & set(spoken_for)


@given(st.lists(_GROUPS, max_size=4))
def test_groups_apart_are_as_many_as_an_exhaustive_search_finds(approvals: list[frozenset[str]]) -> None:
    groups = ("approvers", "security", "privacy")
    best = max(
        sum(group in chosen for group, chosen in zip(groups, order, strict=True))
        for order in permutations([*approvals, *[frozenset[str]()] * 3], 3)
    )
    assert apart(groups, approvals) == best


def test_accounts_are_one_person_by_name_or_by_entra_id() -> None:
    assert is_same_person(person(BOB), person(BOB, entra_oid="1"))
    assert is_same_person(person(BOB, entra_oid="1"), person(CAROL, entra_oid="1"))
    assert not is_same_person(person(BOB), person(CAROL))


MAPPED = replace(TWO, mapped_only=True)
KNOWN = {user: replace(standing, entra_oid=f"oid-{user}") for user, standing in PEOPLE.items()}


def test_where_only_mapped_people_decide_an_account_without_a_row_is_in_no_group() -> None:
    bare = PEOPLE[BOB]
    assert authority(bare, MAPPED, KNOWN[ANNA]).groups == frozenset()
    assert authority(KNOWN[BOB], MAPPED, PEOPLE[ANNA]).groups == frozenset()
    assert authority(KNOWN[BOB], MAPPED, KNOWN[ANNA]).groups == A
    assert authority(KNOWN[BOB], MAPPED, Standing("", full_member=False)).groups == A
    assert authority(bare, TWO, PEOPLE[ANNA]).groups == A
    assert [each.user for each in ballots([bare, KNOWN[DAN]], MAPPED, KNOWN[ANNA])] == [DAN]


def test_where_only_mapped_people_decide_it_is_said_whose_row_is_missing() -> None:
    own = may_decide(CHANGE, PEOPLE[BOB], MAPPED, could=(DAN,), requester=KNOWN[ANNA])
    asker = may_decide(CHANGE, KNOWN[BOB], MAPPED, could=(DAN,), requester=PEOPLE[ANNA])
    assert isinstance(own, Refused)
    assert isinstance(asker, Refused)
    assert own.reason == "Not allowed: you have no row in [[people]], and here only who has one decides."
    assert asker.reason.startswith("Not allowed: the requester has no row in [[people]], so nobody can tell")
    assert own.could == asker.could == (DAN,)
    assert own.rule == asker.rule == rule_words(MAPPED)
    assert rule_words(MAPPED).endswith(
        ", only from people with a row in [[people]], never from the requester"
    )
    assert may_decide(CHANGE, KNOWN[BOB], MAPPED, requester=KNOWN[ANNA]) == Allowed(A)


def test_where_only_mapped_people_decide_a_vote_lent_by_an_account_without_a_row_is_worth_nothing() -> None:
    eve = replace(delegate(EVE, lent("security")), entra_oid="oid-eve")
    assert authority(eve, MAPPED, KNOWN[ANNA]).groups == frozenset()
    known = replace(eve, lent=(lent("security", entra_oid="oid-dan"),))
    assert authority(known, MAPPED, KNOWN[ANNA]) == Ballot(EVE, S, frozenset({DAN}))
    assert authority(eve, TWO, KNOWN[ANNA]).groups == S


def test_a_request_by_an_account_without_a_row_can_be_approved_only_where_nobody_is_asked() -> None:
    people = {**KNOWN, ANNA: PEOPLE[ANNA]}
    refused = solvable(CHANGE, MAPPED, people.values())
    assert isinstance(refused, Refused)
    assert refused.reason.startswith("Nobody may approve a change whose requester has no row in [[people]]")
    assert refused.rule == rule_words(MAPPED)
    assert isinstance(solvable(CHANGE, MAPPED, KNOWN.values()), Allowed)
    assert isinstance(solvable(CHANGE, replace(MAPPED, quorum=0), people.values()), Allowed)
    assert who_could(MAPPED, ANNA, {**KNOWN, BOB: PEOPLE[BOB]}) == (CAROL, DAN)
