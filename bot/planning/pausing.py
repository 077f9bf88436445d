"""Pausing and resuming, which are each other's way back: the two calls, which SKUs know them, what to know."""

from bot.domain.deployment import DeploymentRef
from bot.domain.errors import InvalidInputError
from bot.domain.operation import Operation, Plan
from bot.planning.capacity import sku_of
from bot.planning.models import PAUSABLE
from bot.planning.projections import PAUSED, RUNNING, STATE, property_of, with_property
from bot.ports.registry import Site

UNDOCUMENTED = (
    "What a paused deployment costs is not documented: expect to pay as before.",
    "A paused deployment gets no calls, and Azure removes one that had none for 15 days: resume it in time.",
)


def switched(kind: str, site: Site, wanted: str) -> Plan:
    """Return the plan that pauses or resumes; raise InvalidInputError when it is so already."""
    live = site.existing
    if (live.running_state or RUNNING) == wanted:
        raise InvalidInputError(f"{live.ref.deployment} is {wanted.lower()} already: nothing would change.")
    other = RUNNING if wanted == PAUSED else PAUSED
    after = with_property(live.projection, STATE, wanted)
    return Plan(
        kind, live.ref.key, live.projection, after, (_call(live.ref, wanted),), (_call(live.ref, other),)
    )


def not_pausable(plan: Plan) -> tuple[str, ...]:
    """Return that the SKU knows no pause, with what can be done instead."""
    sku = sku_of(plan.before)[0]
    if sku.lower() in PAUSABLE:
        return ()
    return (
        f"{sku} cannot be paused; Standard, GlobalStandard and DataZoneStandard can. Scale it down instead.",
    )


def state_words(plan: Plan) -> str:
    """Return `running → paused`."""
    return " → ".join((property_of(side, STATE) or RUNNING).lower() for side in (plan.before, plan.after))


def _call(ref: DeploymentRef, state: str) -> Operation:
    return Operation("POST", ref.arm_id, {}, "pause" if state == PAUSED else "resume")
