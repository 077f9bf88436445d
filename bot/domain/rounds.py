"""Approvals that were taken back, and how often that made a revision wait again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.domain.ballots import is_same_person
from bot.domain.change import Change, ChangeState, Choice, Vote
from bot.domain.json import Json
from bot.domain.people import Standing

UNAPPROVED_FROM = frozenset({ChangeState.PENDING_APPROVAL, ChangeState.APPROVED, ChangeState.SCHEDULED})
_KEPT, _ROUNDS = "taken_back", "rounds"


@dataclass(frozen=True)
class TakenBack:
    """Who took their approval back, when and why."""

    by: str
    at: datetime
    reason: str


def approval_of(votes: Iterable[Vote], user: str, people: Mapping[str, Standing]) -> Vote | None:
    """Return the approval a person has given, under whichever account."""
    person = people[user]
    given = (vote for vote in votes if vote.choice is Choice.APPROVE)
    same = (
        vote
        for vote in given
        if vote.person == user or (vote.person in people and is_same_person(people[vote.person], person))
    )
    return next(same, None)


def taken_back(change: Change) -> tuple[TakenBack, ...]:
    """Return every approval of this revision that was taken back, oldest first."""
    said = change.outcome.get(_KEPT)
    found = [each for each in said if isinstance(each, Mapping)] if isinstance(said, list | tuple) else []
    return tuple(
        TakenBack(str(each["by"]), datetime.fromisoformat(str(each["at"])), str(each["reason"]))
        for each in found
    )


def round_of(change: Change) -> str:
    """Return which time this revision waits, as the kinds of its notices say it: empty the first time."""
    return f"again{_rounds(change)}" if _rounds(change) else ""


def with_taken_back(change: Change, taken: TakenBack, *, reopened: bool) -> dict[str, Json]:
    """Return the change's outcome with one more approval that was taken back."""
    said = change.outcome.get(_KEPT)
    kept: list[Json] = list(said) if isinstance(said, list | tuple) else []
    more: list[Json] = [*kept, {"by": taken.by, "at": taken.at.isoformat(), "reason": taken.reason}]
    return {**change.outcome, _KEPT: more, _ROUNDS: _rounds(change) + reopened}


def _rounds(change: Change) -> int:
    said = change.outcome.get(_ROUNDS)
    return said if isinstance(said, int) else 0
