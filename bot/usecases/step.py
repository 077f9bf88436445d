"""One side of an approved plan being carried out: forward, or its rollback."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.domain.change import Change, ChangeState
from bot.domain.deployment import Deployment, DeploymentRef, Target
from bot.domain.json import Json, digest
from bot.domain.operation import Operation, Plan
from bot.domain.people import system
from bot.ports.archive import Cause
from bot.usecases.desk import Desk
from bot.usecases.plan_change import written_to

EXECUTOR = system("executor")
FORWARD, ROLLBACK = "forward", "rollback"
STARTING = frozenset({ChangeState.APPROVED, ChangeState.SCHEDULED})


@dataclass(frozen=True)
class Step:
    """A change, its plan, and the side of it that is being carried out."""

    change: Change
    plan: Plan
    target: Target
    name: str
    cause: Cause

    @property
    def operation(self) -> Operation | None:
        """Return the one call of this step, None where another program makes it."""
        return next(iter(self.plan.forward if self.name == FORWARD else self.plan.rollback), None)

    @property
    def ref(self) -> DeploymentRef:
        """Return the deployment this step writes."""
        return written_to(self.plan, self.target)

    @property
    def goal(self) -> Mapping[str, Json]:
        """Return the projection this step wants to see afterwards."""
        return self.plan.after if self.name == FORWARD else self.plan.before

    @property
    def start(self) -> Mapping[str, Json]:
        """Return the projection this step starts from."""
        return self.plan.before if self.name == FORWARD else self.plan.after

    @property
    def about(self) -> dict[str, str]:
        """Return what every entry of this step names."""
        return {"change": self.change.id, "resource": self.change.arm_id}


def step_of(change: Change, desk: Desk, cause: Cause) -> Step | None:
    """Return the step a change is at, None when there is nothing to carry out."""
    forward = change.state in STARTING or change.state is ChangeState.EXECUTING
    if change.plan is None or not (forward or change.state is ChangeState.ROLLING_BACK):
        return None
    target = desk.configuration.target(change.request.target)
    return Step(change, change.plan, target, FORWARD if forward else ROLLBACK, cause)


def fingerprints(deployments: Sequence[Deployment], *, besides: str) -> dict[str, Json]:
    """Return a digest of the projection of every deployment but the one named, by name."""
    return {
        found.ref.deployment: digest(dict(found.projection))
        for found in deployments
        if found.ref.key != besides
    }
