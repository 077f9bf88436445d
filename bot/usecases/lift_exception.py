"""Lift an exception of drift before its last day: who may, and how it is written down."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from bot.domain.baseline import DriftException, exception_for
from bot.domain.configuration import Configuration
from bot.domain.deployment import Target
from bot.domain.drift_events import DriftExceptionLifted
from bot.domain.errors import NotFoundError
from bot.domain.field_names import field_name
from bot.domain.people import Standing
from bot.domain.policy import Allowed, Refused
from bot.ports.archive import Transaction
from bot.usecases.desk import Caller
from bot.usecases.except_drift import deciding_groups


def may_lift(
    standing: Standing,
    exception: DriftException,
    target: Target,
    configuration: Configuration,
    *,
    people: Iterable[Standing] = (),
) -> Allowed | Refused:
    """Return whether a person may lift an exception: its owner, or who decides in the target's environment.

    A refusal names the exception's owner, and those of `people` who could.
    """
    if not standing.full_member:
        return Refused(f"Not allowed: {standing.why_not or 'you are not a full member of this workspace'}.")
    groups = deciding_groups(target.environment, configuration)
    if standing.user == exception.owner or standing.groups & groups:
        return Allowed(standing.groups & groups)
    could = (each.user for each in people if each.full_member and each.groups & groups)
    rule = f"The exception's owner, or a member of {', '.join(sorted(groups)) or 'no group'}"
    return Refused(
        "Not allowed: this exception is not yours to lift.", rule, tuple(sorted({exception.owner, *could}))
    )


async def exception_in_force(target: Target, field: str, *, now: datetime, tx: Transaction) -> DriftException:
    """Return the exception that silences a field of a target now.

    Raises:
        NotFoundError: nothing silences it.
    """
    found = exception_for(field.lower(), await tx.exceptions(target.ref.key), now)
    if found is None:
        name = field_name(field)
        raise NotFoundError(
            f"No exception of {name} of {target.alias} is in force.",
            advice=f"`drift {target.alias}` lists those that are.",
        )
    return found


async def lift_exception(
    exception: DriftException, *, caller: Caller, now: datetime, tx: Transaction
) -> bool:
    """End the exception now and say so in the trail; False when somebody else has just lifted it."""
    if not await tx.lift_exception(exception, by=caller.user, at=now):
        return False
    event = DriftExceptionLifted(
        resource=exception.arm_id,
        alias=exception.target,
        field=field_name(exception.field),
        owner=exception.owner,
        until=f"{exception.until - timedelta(days=1):%Y-%m-%d}",
    )
    await tx.record(event, by=caller.actor, cause=caller.cause)
    return True
