"""The change request: its facts, its states, the moves between them, and the votes on it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.domain.errors import InvalidInputError
from bot.domain.json import Json
from bot.domain.operation import Plan


class ChangeState(StrEnum):
    """Where a change stands."""

    DRAFT = "draft"
    PENDING_APPROVAL = "pending_approval"
    CHANGES_REQUESTED = "changes_requested"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    EXECUTING = "executing"
    VERIFYING = "verifying"
    AWAITING_ATTESTATION = "awaiting_attestation"
    CLOSED = "closed"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    FAILED = "failed"
    ROLLING_BACK = "rolling_back"
    ROLLED_BACK = "rolled_back"


_S = ChangeState
MOVES: Mapping[ChangeState, frozenset[ChangeState]] = {
    _S.DRAFT: frozenset({_S.PENDING_APPROVAL, _S.WITHDRAWN}),
    _S.PENDING_APPROVAL: frozenset(
        {_S.APPROVED, _S.REJECTED, _S.CHANGES_REQUESTED, _S.WITHDRAWN, _S.EXPIRED, _S.SUPERSEDED}
    ),
    _S.CHANGES_REQUESTED: frozenset({_S.PENDING_APPROVAL, _S.WITHDRAWN, _S.EXPIRED}),
    _S.APPROVED: frozenset(
        {_S.PENDING_APPROVAL, _S.SCHEDULED, _S.EXECUTING, _S.WITHDRAWN, _S.EXPIRED, _S.SUPERSEDED}
    ),
    _S.SCHEDULED: frozenset({_S.PENDING_APPROVAL, _S.EXECUTING, _S.WITHDRAWN, _S.EXPIRED, _S.SUPERSEDED}),
    _S.EXECUTING: frozenset({_S.VERIFYING, _S.FAILED}),
    _S.VERIFYING: frozenset({_S.AWAITING_ATTESTATION, _S.ROLLING_BACK}),
    _S.AWAITING_ATTESTATION: frozenset({_S.CLOSED, _S.ROLLING_BACK}),
    _S.FAILED: frozenset({_S.ROLLING_BACK}),
    _S.ROLLING_BACK: frozenset({_S.ROLLED_BACK, _S.FAILED}),
    _S.CLOSED: frozenset(),
    _S.REJECTED: frozenset(),
    _S.WITHDRAWN: frozenset(),
    _S.EXPIRED: frozenset(),
    _S.SUPERSEDED: frozenset(),
    _S.ROLLED_BACK: frozenset(),
}
RUNNING = frozenset({_S.EXECUTING, _S.ROLLING_BACK})
OPEN_ON_ACCOUNT = frozenset({_S.EXECUTING, _S.VERIFYING, _S.ROLLING_BACK})
WAITING = frozenset({_S.PENDING_APPROVAL, _S.CHANGES_REQUESTED, _S.APPROVED, _S.SCHEDULED})
UNUSED = frozenset({_S.REJECTED, _S.WITHDRAWN, _S.EXPIRED, _S.SUPERSEDED})
TERMINAL = frozenset(state for state, moves in MOVES.items() if not moves) | {_S.FAILED}


class ChangeType(StrEnum):
    """How a change is handled."""

    STANDARD = "standard"
    NORMAL = "normal"
    EMERGENCY = "emergency"


class Tier(StrEnum):
    """How much can go wrong; the policy's rules are per environment and tier. Ordered by `RANKS`."""

    STANDARD = "standard"
    NORMAL = "normal"
    HIGH = "high"
    CRITICAL = "critical"
    EMERGENCY = "emergency"


RANKS = (Tier.STANDARD, Tier.NORMAL, Tier.HIGH, Tier.CRITICAL)


class Impact(StrEnum):
    """What a change touches; computed from the plan, and the form can only add to it."""

    MODIFYING = "modifying"
    DESTRUCTIVE = "destructive"
    COST = "cost"
    SECURITY = "security"


class Choice(StrEnum):
    """What an approver can say."""

    APPROVE = "approve"
    REJECT = "reject"
    REQUEST_CHANGES = "request_changes"


@dataclass(frozen=True)
class Request:
    """What the form asked for, validated: every field a person must give before anyone is asked.

    `start_at`: not before this time; `origin`: the change this one follows (`CHG-n`); `incident`: `INC-n` or what a
    person calls it; `template`: the standard change it is an instance of; `rollback_trigger`: what breaches it while
    the signal is watched.
    """

    kind: str
    target: str
    requester: str
    owner: str
    ticket: str
    reason: str
    expected_cost: str
    validation_signal: str
    rollback_plan: str
    asked: Mapping[str, Json]
    impact: frozenset[Impact] = frozenset()
    type: ChangeType = ChangeType.NORMAL
    start_at: datetime | None = None
    origin: str = ""
    incident: str = ""
    template: str = ""
    rollback_trigger: str = ""


@dataclass(frozen=True)
class Change:
    """A change request as the database holds it. Immutable from `pending_approval` on; an edit is revision n + 1."""

    number: int
    revision: int
    state: ChangeState
    request: Request
    environment: str
    account: str
    arm_id: str
    channel: str
    created_at: datetime
    tier: Tier = Tier.NORMAL
    quorum: int = 1
    plan: Plan | None = None
    plan_digest: str = ""
    evidence: str = ""
    evidence_at: datetime | None = None
    submitted_at: datetime | None = None
    expires_at: datetime | None = None
    window_ends_at: datetime | None = None
    executed_at: datetime | None = None
    apply_asked_by: str = ""
    rollback_asked_by: str = ""
    decided_by: str = ""
    note: str = ""
    outcome: Mapping[str, Json] = field(default_factory=dict)
    card_ts: str = ""
    view_id: str = ""
    broke_glass_by: str = ""
    review_due_at: datetime | None = None
    reviewed_by: str = ""

    @property
    def id(self) -> str:
        """Return the id people see."""
        return f"CHG-{self.number}"

    @property
    def deployment(self) -> str:
        """Return the deployment's name."""
        return self.arm_id.rsplit("/", 1)[-1]

    @property
    def written(self) -> str:
        """Return the name of the deployment that the plan writes: the target's own, or a new one beside it."""
        return self.deployment if self.plan is None else self.plan.arm_id.rsplit("/", 1)[-1]

    @property
    def touches(self) -> frozenset[Impact]:
        """Return what the plan was found to touch when it was checked, and what the requester added."""
        found = self.outcome.get("impact")
        names = found if isinstance(found, list) else []
        return self.request.impact | {Impact(str(name)) for name in names}


@dataclass(frozen=True)
class Vote:
    """One person's word on one revision. Policy, plan and expiry are stored with it."""

    number: int
    revision: int
    person: str
    choice: Choice
    groups: frozenset[str]
    plan_digest: str
    policy_digest: str
    at: datetime
    expires_at: datetime
    reason: str = ""


def is_emergency(change: Change) -> bool:
    """Return whether it was asked for as an emergency, or its glass was broken."""
    return change.request.type is ChangeType.EMERGENCY or bool(change.broke_glass_by)


def holds_up(other: Change, change: Change) -> bool:
    """Return whether another change keeps this one from starting: it is open on the same account.

    An emergency passes one that is only being validated, on another deployment.
    """
    if other.number == change.number or other.account != change.account:
        return False
    touched = {change.arm_id, change.plan.arm_id if change.plan else change.arm_id}
    apart = not touched & {other.arm_id, other.plan.arm_id if other.plan else other.arm_id}
    passes = is_emergency(change) and other.state is ChangeState.VERIFYING and apart
    return other.state in OPEN_ON_ACCOUNT and not passes


def change_number(text: str) -> int:
    """Return the number in `CHG-12`, `chg-0012` or `12`.

    Raises:
        InvalidInputError: the text names no change.
    """
    match = re.fullmatch(r"(?:chg-)?0*([1-9][0-9]{0,8})", text.strip().lower())
    if match is None:
        raise InvalidInputError(
            f"{text!r} is not a change.", advice="Changes are called CHG-1, CHG-2, …; see `change list`."
        )
    return int(match[1])


def may_move(state: ChangeState, to: ChangeState) -> bool:
    """Return whether the state machine has the move `state` → `to`."""
    return to in MOVES[state]
