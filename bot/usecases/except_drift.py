"""Except a field from drift, until a day: who may, what must be given, and how it is written down."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.domain.baseline import DriftException
from bot.domain.configuration import Configuration
from bot.domain.deployment import Target
from bot.domain.drift_events import DriftExcepted
from bot.domain.errors import InvalidInputError
from bot.domain.field_names import field_name
from bot.domain.people import Standing
from bot.domain.policy import Allowed, Refused
from bot.ports.archive import Transaction
from bot.usecases.desk import Caller

LONGEST = timedelta(days=366)


@dataclass(frozen=True)
class Excepting:
    """What somebody asks for: which field of which target, who owns the exception, until when, and why."""

    target: Target
    field: str
    owner: str
    until: datetime
    reason: str


def last_moment(text: str, now: datetime) -> datetime:
    """Return the end of the day that is meant, UTC.

    Raises:
        InvalidInputError: it is no day, has passed, or is more than a year away.
    """
    try:
        day = datetime.strptime(text.strip(), "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise InvalidInputError(f"{text!r} is not a day.", advice="Write it as 2026-12-31.") from None
    until = day + timedelta(days=1)
    if until <= now:
        raise InvalidInputError(f"{text} has passed.", advice="Name a day to come.")
    if until - now > LONGEST:
        raise InvalidInputError("An exception lasts a year at most.", advice="Name an earlier day.")
    return until


def may_except(
    standing: Standing, target: Target, configuration: Configuration, *, people: Iterable[Standing] = ()
) -> Allowed | Refused:
    """Return whether a person may except drift of a target: its owner, or who decides in its environment.

    A refusal names the owner, and those of `people` who could.
    """
    if not standing.full_member:
        return Refused(f"Not allowed: {standing.why_not or 'you are not a full member of this workspace'}.")
    groups = deciding_groups(target.environment, configuration)
    if standing.user == target.owner or standing.groups & groups:
        return Allowed(standing.groups & groups)
    could = (each.user for each in people if each.full_member and each.groups & groups)
    rule = f"The owner of {target.alias}, or a member of {', '.join(sorted(groups)) or 'no group'}"
    return Refused(
        "Not allowed: an exception silences what others rely on.", rule, tuple(sorted({target.owner, *could}))
    )


def deciding_groups(environment: str, configuration: Configuration) -> frozenset[str]:
    """Return the groups whose members decide in an environment."""
    rules = [rule for rule in configuration.rules.values() if rule.environment == environment]
    return frozenset(name for rule in rules for name in (*rule.groups, *rule.required_groups))


async def except_drift(asked: Excepting, *, caller: Caller, now: datetime, tx: Transaction) -> DriftException:
    """Store the exception and say so in the trail; the newest one of a field counts."""
    kept = await tx.add_exception(
        DriftException(
            number=0,
            arm_id=asked.target.ref.key,
            target=asked.target.alias,
            field=asked.field.lower(),
            owner=asked.owner,
            until=asked.until,
            reason=asked.reason,
            by=caller.user,
            at=now,
        )
    )
    event = DriftExcepted(
        resource=kept.arm_id,
        alias=kept.target,
        field=field_name(kept.field),
        owner=kept.owner,
        until=f"{kept.until - timedelta(days=1):%Y-%m-%d}",
        reason=kept.reason,
    )
    await tx.record(event, by=caller.actor, cause=caller.cause)
    return kept
