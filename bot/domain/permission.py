"""What an identity is allowed on an account: the actions that matter here, and what a plan needs of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.operation import Operation, Plan

_ACCOUNTS = "Microsoft.CognitiveServices/accounts"
_DEPLOYMENTS = f"{_ACCOUNTS}/deployments"
_BY_VERB = {"PATCH": "write", "PUT": "write", "DELETE": "delete"}
LIST_KEYS = f"{_ACCOUNTS}/listKeys/action"
WRITES = (
    f"{_DEPLOYMENTS}/write",
    f"{_DEPLOYMENTS}/delete",
    f"{_DEPLOYMENTS}/pause/action",
    f"{_DEPLOYMENTS}/resume/action",
    f"{_ACCOUNTS}/write",
    f"{_ACCOUNTS}/delete",
)
ACTIONS = (f"{_DEPLOYMENTS}/read", *WRITES, LIST_KEYS)
GOOD_FOR = timedelta(hours=1)


@dataclass(frozen=True)
class Permissions:
    """Which of `ACTIONS` the executor's identity was seen to be allowed on an account."""

    account: str
    allowed: frozenset[str]
    observed_at: datetime


def action_of(operation: Operation) -> str:
    """Return the action of Azure's access control that a call needs."""
    if operation.verb == "POST":
        return f"{_DEPLOYMENTS}/{operation.action}/action"
    return f"{_DEPLOYMENTS}/{_BY_VERB[operation.verb]}"


def missing_for(plan: Plan, allowed: Iterable[str]) -> tuple[str, ...]:
    """Return the actions that the plan's calls need, forward and back, and that are not allowed, sorted."""
    needed = {action_of(each) for each in (*plan.forward, *plan.rollback)}
    return tuple(sorted(needed - set(allowed)))


def missing_words(missing: Iterable[str], account: str) -> str:
    """Return that the executor lacks actions, and how it is given them."""
    return (
        f"The executor may not do this on {account}: it lacks {', '.join(missing)}. Assign its identity the role "
        "of deploy/roles/executor.json on the account; within ten minutes that is seen, then check again."
    )
