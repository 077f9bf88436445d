"""Rows as values of the domain, and values as rows."""

from collections.abc import Mapping
from typing import Any

from bot.domain.change import Change, ChangeState, ChangeType, Choice, Impact, Request, Tier, Vote
from bot.domain.effect import Effect, Phase, Question
from bot.domain.operation import Plan, plan_from_json
from bot.domain.people import Standing

SETTABLE = frozenset(
    {
        *("tier", "quorum", "plan", "plan_digest", "evidence", "evidence_at", "submitted_at", "expires_at"),
        *("window_ends_at", "executed_at", "apply_asked_by", "rollback_asked_by", "decided_by", "note"),
        *("outcome", "card_ts", "view_id", "channel", "broke_glass_by", "review_due_at", "reviewed_by"),
    }
)
_REQUEST_TEXTS = (
    *("kind", "target", "requester", "owner", "ticket", "reason"),
    *("expected_cost", "validation_signal", "rollback_plan", "origin", "incident", "template"),
    "rollback_trigger",
)


def request_columns(request: Request) -> dict[str, Any]:
    """Return the columns of a request."""
    columns = {name: getattr(request, name) for name in _REQUEST_TEXTS}
    return {
        **columns,
        "asked": request.asked,
        "impact": request.impact,
        "type": request.type.value,
        "start_at": request.start_at,
    }


def change_columns(columns: Mapping[str, Any]) -> dict[str, Any]:
    """Return attributes of a change as columns.

    Raises:
        TypeError: one of them is not to be set by a move or a mark.
    """
    unknown = set(columns) - SETTABLE
    if unknown:
        raise TypeError(f"not columns of a change that may be set: {', '.join(sorted(unknown))}")
    return {name: _plain(value) for name, value in columns.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Plan):
        return value.as_json()
    return value.value if isinstance(value, Tier) else value


def change_of(row: Mapping[str, Any]) -> Change:
    """Return the change a row holds."""
    request = Request(
        **{name: row[name] for name in _REQUEST_TEXTS},
        asked=row["asked"],
        impact=frozenset(Impact(name) for name in row["impact"]),
        type=ChangeType(row["type"]),
        start_at=row["start_at"],
    )
    columns = {name: row[name] for name in SETTABLE - {"plan", "tier"}}
    return Change(
        number=row["number"],
        revision=row["revision"],
        state=ChangeState(row["state"]),
        request=request,
        environment=row["environment"],
        account=row["account"],
        arm_id=row["arm_id"],
        created_at=row["created_at"],
        tier=Tier(row["tier"]),
        plan=None if row["plan"] is None else plan_from_json(row["plan"]),
        **columns,
    )


def vote_columns(vote: Vote) -> dict[str, Any]:
    """Return the columns of a vote."""
    return {**vars(vote), "choice": vote.choice.value}


def vote_of(row: Mapping[str, Any]) -> Vote:
    """Return the vote a row holds."""
    return Vote(**{**row, "choice": Choice(row["choice"])})


def effect_columns(effect: Effect) -> dict[str, Any]:
    """Return the columns of a journal row."""
    return {**vars(effect), "phase": effect.phase.value}


def effect_of(row: Mapping[str, Any]) -> Effect:
    """Return the journal row's value."""
    return Effect(**{**row, "phase": Phase(row["phase"])})


def question_columns(question: Question) -> dict[str, Any]:
    """Return the columns of a question but its number, which the database gives."""
    columns = {**vars(question), "words": list(question.words)}
    del columns["number"]
    return columns


def question_of(row: Mapping[str, Any]) -> Question:
    """Return the question a row holds."""
    return Question(**{**row, "words": tuple(row["words"])})


def standing_of(row: Mapping[str, Any], usergroups: frozenset[str]) -> Standing:
    """Return the standing a row holds, with the user groups the person was last seen in."""
    return Standing(**{**row, "groups": row["groups"] | usergroups})
