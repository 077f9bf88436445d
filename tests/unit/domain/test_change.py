"""The state machine of a change, exhaustively, and the numbers people type."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.change import (
    MOVES,
    OPEN_ON_ACCOUNT,
    TERMINAL,
    WAITING,
    Change,
    ChangeState,
    Request,
    change_number,
    may_move,
)
from bot.domain.errors import InvalidInputError
from tests.fakes.clock import NOON

S = ChangeState
EXPECTED: Mapping[S, str] = {
    S.DRAFT: "pending_approval withdrawn",
    S.PENDING_APPROVAL: "approved rejected changes_requested withdrawn expired superseded",
    S.CHANGES_REQUESTED: "pending_approval withdrawn expired",
    S.APPROVED: "pending_approval scheduled executing withdrawn expired superseded",
    S.SCHEDULED: "pending_approval executing withdrawn expired superseded",
    S.EXECUTING: "verifying failed",
    S.VERIFYING: "awaiting_attestation rolling_back",
    S.AWAITING_ATTESTATION: "closed rolling_back",
    S.FAILED: "rolling_back",
    S.ROLLING_BACK: "rolled_back failed",
    S.CLOSED: "",
    S.REJECTED: "",
    S.WITHDRAWN: "",
    S.EXPIRED: "",
    S.SUPERSEDED: "",
    S.ROLLED_BACK: "",
}


@pytest.mark.parametrize("state", ChangeState)
@pytest.mark.parametrize("to", ChangeState)
def test_the_table_of_moves_is_the_one_that_was_decided(state: ChangeState, to: ChangeState) -> None:
    assert may_move(state, to) is (to.value in EXPECTED[state].split())


def test_every_state_has_a_row_and_no_state_moves_to_itself() -> None:
    assert set(MOVES) == set(ChangeState)
    assert all(state not in moves for state, moves in MOVES.items())


def test_the_terminal_states_are_those_where_a_pack_can_end() -> None:
    ends = {S.CLOSED, S.REJECTED, S.WITHDRAWN, S.EXPIRED, S.SUPERSEDED, S.ROLLED_BACK, S.FAILED}
    assert ends == TERMINAL
    assert all(MOVES[state] <= {S.ROLLING_BACK} for state in TERMINAL)


def test_what_waits_is_never_open_on_the_account_and_neither_is_over() -> None:
    assert not WAITING & OPEN_ON_ACCOUNT
    assert not (WAITING | OPEN_ON_ACCOUNT) & TERMINAL


def test_nothing_reaches_azure_but_through_approval() -> None:
    def into(state: S) -> set[S]:
        return {source for source, moves in MOVES.items() if state in moves}

    assert into(S.EXECUTING) == {S.APPROVED, S.SCHEDULED}
    assert into(S.APPROVED) == {S.PENDING_APPROVAL}
    assert into(S.SCHEDULED) == {S.APPROVED}
    assert into(S.PENDING_APPROVAL) == {S.DRAFT, S.CHANGES_REQUESTED, S.APPROVED, S.SCHEDULED}
    assert into(S.CLOSED) == {S.AWAITING_ATTESTATION}


@pytest.mark.parametrize("state", ChangeState)
def test_from_every_state_an_end_can_be_reached(state: ChangeState) -> None:
    seen, reached = set[S](), {state}
    while reached - seen:
        seen, reached = reached, reached | {to for found in reached for to in MOVES[found]}
    assert reached & TERMINAL


@given(st.lists(st.sampled_from(ChangeState), max_size=30))
def test_whatever_is_tried_the_end_stays_the_end(tried: list[ChangeState]) -> None:
    state, was_over = S.DRAFT, False
    for to in tried:
        if may_move(state, to):
            assert not was_over or to is S.ROLLING_BACK or state is S.ROLLING_BACK
            state = to
        was_over = was_over or state in TERMINAL


@pytest.mark.parametrize("text", ["CHG-12", "chg-12", " 12 ", "CHG-0012", "0012"])
def test_a_change_is_found_as_people_write_it(text: str) -> None:
    assert change_number(text) == 12


@pytest.mark.parametrize("text", ["", "CHG-", "CHG-0", "0", "-1", "CHG-1x", "1.0", "INC-1", "１", "1" * 10])
def test_what_is_no_change_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        change_number(text)
    assert str(refused.value) == f"{text!r} is not a change."
    assert refused.value.advice == "Changes are called CHG-1, CHG-2, …; see `change list`."


@given(st.integers(1, 999_999_999))
def test_every_number_reads_back(number: int) -> None:
    assert change_number(f"CHG-{number}") == number


def test_a_change_is_called_by_its_number_and_its_deployments_name() -> None:
    request = Request("scale", "t", "U1", "U2", "T-1", "r", "c", "v", "b", {})
    change = Change(7, 1, S.DRAFT, request, "test", "a", "/accounts/a/deployments/triage", "C1", NOON)
    assert (change.id, change.deployment) == ("CHG-7", "triage")
