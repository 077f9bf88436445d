"""A deployment beside the old one: which of the two receives calls, and the proposal to delete the old one."""

from bot.domain.change import Change
from bot.domain.evidence import Window
from bot.domain.json import Json
from bot.evidence.traffic import traffic_between
from bot.ports.archive import Transaction
from bot.ports.azure import MetricsReader
from bot.usecases.desk import Desk
from bot.usecases.plan_change import written_to

REPLACES = frozenset({"swap-model", "change-sku"})


async def cutover(change: Change, window: Window, metrics: MetricsReader, desk: Desk) -> dict[str, Json]:
    """Return the requests of both in a window, nothing when the change made no deployment beside the target's.

    Raises:
        AzureUnavailableError: the metrics could not be read.
    """
    target, plan = desk.configuration.target(change.request.target), change.plan
    if plan is None or not is_beside(change, desk):
        return {}
    new = written_to(plan, target)
    old_traffic = await traffic_between(metrics, target.ref, window)
    new_traffic = await traffic_between(metrics, new, window)
    said: dict[str, Json] = {
        "old": target.ref.deployment,
        "new": new.deployment,
        "old_requests": round(old_traffic.requests),
        "new_requests": round(new_traffic.requests),
        "minutes": round((window.end - window.start).total_seconds() / 60),
    }
    return {"cutover": said}


def is_beside(change: Change, desk: Desk) -> bool:
    """Return whether the change made a new deployment beside the target's own."""
    plan = change.plan
    return (
        plan is not None
        and not plan.before
        and plan.arm_id != desk.configuration.target(change.request.target).ref.key
    )


async def propose_deletion(change: Change, *, tx: Transaction, desk: Desk) -> None:
    """Have the deletion of the old deployment proposed, where the closed change has replaced it."""
    if change.request.kind in REPLACES and is_beside(change, desk):
        await tx.enqueue("deliver", f"deliver:{change.id}:old-one")
