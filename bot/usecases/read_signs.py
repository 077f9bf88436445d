"""Read the signs of trouble of a target: seven reads of its own at most, and four that its account shares."""

import asyncio
from collections.abc import Awaitable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from bot.domain.deployment import AvailableModel, Deployment, Target, Usage
from bot.domain.effect import Phase
from bot.domain.errors import CountersignError
from bot.domain.inventory import ActivityEntry
from bot.domain.sign_rules import DEFAULTS
from bot.domain.signs import Condition, FailedWrite, Restore, Signs, Unseen
from bot.ports.archive import Look
from bot.ports.registry import Readers
from bot.usecases.desk import Desk
from bot.usecases.measure_minutes import measure_minutes, measure_usual, measure_utilisation
from bot.usecases.step import FORWARD

SECONDS = 5.0
DAY = timedelta(hours=24)
Seen = TypeVar("Seen")


async def read_signs(target: Target, *, readers: Readers, desk: Desk) -> Signs:
    """Return the signs of a target as they are now; a part that could not be looked at says why."""
    at, ref, azure = desk.clock.now(), target.ref, readers.azure
    minutes, usual, deployments, models, quota, log = await asyncio.gather(
        seen_or_why(measure_minutes(readers.metrics, ref, at)),
        seen_or_why(measure_usual(readers.metrics, ref, at)),
        seen_or_why(azure.deployments(ref.account)),
        seen_or_why(azure.models(ref.account)),
        seen_or_why(azure.quota(ref.account)),
        seen_or_why(readers.inventory.activity(ref.account, at - DAY, at)),
    )
    live = deployments if isinstance(deployments, Unseen) else _mine(deployments, target)
    async with desk.archive.reading() as look:
        condition = await _condition(target, live, log, readers, look)
        planned = isinstance(condition, Condition) and condition.is_planned
        restore = await _restore(target, live, models, look, is_planned=planned)
    return Signs(
        target.alias,
        at,
        minutes,
        usual,
        condition,
        _pool(target, live, models, quota),
        log if isinstance(log, Unseen) else _failed(target, log, at),
        restore,
    )


async def seen_or_why(read: Awaitable[Seen]) -> Seen | Unseen:
    """Return what a read gives within five seconds, or why it gives nothing."""
    try:
        async with asyncio.timeout(SECONDS):
            return await read
    except TimeoutError:
        return Unseen(f"no answer within {SECONDS:g} s")
    except CountersignError as error:
        return Unseen(f"{error} {error.advice}".strip())


def _mine(deployments: Sequence[Deployment], target: Target) -> Deployment | None:
    return next((each for each in deployments if each.ref.key == target.ref.key), None)


async def _condition(
    target: Target,
    live: Deployment | Unseen | None,
    log: Sequence[ActivityEntry] | Unseen,
    readers: Readers,
    look: Look,
) -> Condition | Unseen:
    if isinstance(live, Unseen):
        return live
    if live is None:
        return await _gone(target, log, look)
    used = None
    if "provisioned" in live.sku.name.lower():
        found = await seen_or_why(measure_utilisation(readers.metrics, target.ref, live.observed_at))
        used = None if isinstance(found, Unseen) else found
    return Condition(live.provisioning_state, live.running_state, used)


async def _gone(target: Target, log: Sequence[ActivityEntry] | Unseen, look: Look) -> Condition:
    """Return what is known of a deployment that does not exist: deleted as approved, or by somebody, or unknown."""
    change = await _deleting_change(target, look)
    if change:
        return Condition("", deleted=f"{change} deleted it", is_planned=True)
    entries = () if isinstance(log, Unseen) else log
    entry = next((each for each in entries if _is_deletion(each, target)), None)
    if entry is None:
        return Condition("")
    return Condition("", deleted=f"deleted {entry.at:%H:%M} UTC by {entry.caller}", deleted_at=entry.at)


async def _deleting_change(target: Target, look: Look) -> str:
    """Return the change whose last step on the deployment left none there, empty when there is none."""
    done = [each for each in await look.effects_on(target.ref.key) if each.phase is Phase.DONE]
    last = max(done, key=lambda each: each.at, default=None)
    if last is None:
        return ""
    change = await look.change(last.number)
    if change.plan is None:
        return ""
    left = change.plan.after if last.step == FORWARD else change.plan.before
    return "" if left else change.id


def _is_deletion(entry: ActivityEntry, target: Target) -> bool:
    is_it = entry.resource.lower() == target.ref.key and entry.operation.lower().endswith("/delete")
    return is_it and entry.status.lower() not in ("failed", "canceled")


def _pool(
    target: Target,
    live: Deployment | Unseen | None,
    models: Sequence[AvailableModel] | Unseen,
    quota: Sequence[Usage] | Unseen,
) -> Usage | Unseen:
    if live is None:
        return Unseen("there is no deployment, so it draws from no quota")
    if isinstance(live, Unseen):
        return live
    if isinstance(models, Unseen):
        return models
    if isinstance(quota, Unseen):
        return quota
    model = _model(live, models)
    name = model.usage_names.get(live.sku.name.lower(), "") if model else ""
    pool = next((each for each in quota if name and each.name.lower() == name.lower()), None)
    return pool or Unseen(f"Azure does not say which quota {target.alias} draws from")


def _model(live: Deployment, models: Sequence[AvailableModel]) -> AvailableModel | None:
    wanted = (live.model.name.lower(), live.model.version)
    return next((each for each in models if (each.name.lower(), each.version) == wanted), None)


def _failed(target: Target, log: Sequence[ActivityEntry], at: datetime) -> tuple[FailedWrite, ...]:
    since, mine = at - DEFAULTS.history, (target.ref.key, target.ref.account.arm_id.lower())
    return tuple(
        FailedWrite(each.at, " ".join(each.operation.rsplit("/", 2)[-2:]), each.caller)
        for each in log
        if each.status.lower() == "failed" and each.at >= since and each.resource.lower() in mine
    )


async def _restore(
    target: Target,
    live: Deployment | Unseen | None,
    models: Sequence[AvailableModel] | Unseen,
    look: Look,
    *,
    is_planned: bool,
) -> Restore | Unseen:
    kept = await look.baselines(target.ref.key, 1)
    reference = kept[0].words if kept else ("the declared template" if target.declared else "")
    if live is None:
        return Restore(
            reference, "" if reference or is_planned else "it does not exist, and nothing says how it was"
        )
    if isinstance(live, Unseen):
        return live
    if isinstance(models, Unseen):
        return models
    is_offered = _model(live, models) is not None
    return Restore(reference, "" if is_offered else f"its model {live.model.name} is not offered any more")
