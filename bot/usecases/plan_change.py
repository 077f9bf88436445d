"""Plan a change on the live state of now: what its kind makes of it, and what its kind finds wrong."""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from bot.changes.kinds import kind_named
from bot.domain.change import Change, Impact
from bot.domain.configuration import Configuration
from bot.domain.deployment import Account, ContentFilter, Deployment, DeploymentRef, Target
from bot.domain.errors import NotFoundError
from bot.domain.evidence import Window
from bot.domain.field_rules import broken_by
from bot.domain.json import Json
from bot.domain.operation import Plan, differences
from bot.ports.azure import AzureReader, MetricsReader
from bot.ports.registry import ChangeKind, PlanFacts, Site

Found = TypeVar("Found")
_FILTER = "properties.raiPolicyName"
_HOUR, _BUCKET = timedelta(hours=1), timedelta(minutes=5)


@dataclass(frozen=True)
class Sight:
    """With whose eyes a plan is made: the reader's before people are asked, the executor's own at apply."""

    azure: AzureReader
    metrics: MetricsReader


@dataclass(frozen=True)
class Checked:
    """A plan on the live state, with what its pre-checks found. `live` is None where nothing is deployed yet."""

    plan: Plan
    live: Deployment | None
    kind: ChangeKind
    facts: PlanFacts
    problems: tuple[str, ...]


async def plan_change(
    change: Change, target: Target, *, sight: Sight, configuration: Configuration, now: datetime
) -> Checked:
    """Return the change's plan on the live state of now, and its kind's own red pre-checks.

    Raises:
        InvalidInputError: there is nothing to change. NotFoundError: the target is not deployed.
    """
    kind, azure, account = kind_named(change.request.kind), sight.azure, target.ref.account
    deployments = await azure.deployments(account)
    live = next((found for found in deployments if found.ref.key == target.ref.key), None)
    site = Site(
        live.ref if live is not None else target.ref,
        live,
        change.revision,
        in_place=change.environment in configuration.in_place,
    )
    plan = kind.plan(site, change.request.asked)
    skus, quota, models, filters = await asyncio.gather(
        _or_nothing(azure.skus(target.ref)),
        azure.quota(account),
        _or_nothing(azure.models(account)),
        _filters(plan, account, azure),
    )
    siblings = [found for found in deployments if found.ref.key != target.ref.key]
    facts = PlanFacts(site, skus, quota, models, siblings, filters, None, now)
    if Impact.DESTRUCTIVE in kind.impact(plan, facts) and live is not None:
        requests = await _requests(live.ref, sight.metrics, now)
        facts = PlanFacts(site, skus, quota, models, siblings, filters, requests, now)
    ruled = broken_by(plan, configuration.field_rules, target.alias)
    return Checked(plan, live, kind, facts, (*_unready(plan, deployments), *ruled, *kind.check(plan, facts)))


def written_to(plan: Plan, target: Target) -> DeploymentRef:
    """Return the deployment that a plan writes: the target's own, or a new one beside it."""
    if plan.arm_id == target.ref.key:
        return target.ref
    return DeploymentRef(target.ref.account, plan.arm_id.rsplit("/", 1)[-1])


def projection_in(deployments: Sequence[Deployment], arm_id: str) -> Mapping[str, Json]:
    """Return how a deployment is now; empty when it is not there."""
    live = next((found for found in deployments if found.ref.key == arm_id.lower()), None)
    return live.projection if live is not None else {}


def _unready(plan: Plan, deployments: Sequence[Deployment]) -> tuple[str, ...]:
    live = next((found for found in deployments if found.ref.key == plan.arm_id), None)
    if live is not None and not plan.before:
        return (f"There is a deployment called {live.ref.deployment} already. Choose another name.",)
    if live is None or live.provisioning_state == "Succeeded":
        return ()
    return (
        f"The deployment is {live.provisioning_state}, not Succeeded. Wait until its last operation is over.",
    )


async def _filters(plan: Plan, account: Account, azure: AzureReader) -> Mapping[str, ContentFilter]:
    """Return the content filters of both sides where the plan changes the filter."""
    if _FILTER not in differences(plan.before, plan.after):
        return {}
    names = {_filter_of(side) for side in (plan.before, plan.after)} - {""}
    found = [await _one_or_none(azure.content_filter(account, name)) for name in sorted(names)]
    return {each.name.lower(): each for each in found if each is not None}


def _filter_of(projection: Mapping[str, Json]) -> str:
    properties = projection.get("properties")
    return str(properties.get("raiPolicyName") or "") if isinstance(properties, Mapping) else ""


async def _requests(ref: DeploymentRef, metrics: MetricsReader, now: datetime) -> int:
    """Return how many calls the deployment answered in the last hour."""
    window = Window(now - _HOUR, now)
    series = await metrics.series(ref, "AzureOpenAIRequests", window, interval=_BUCKET)
    return int(sum(point.value or 0 for one in series for point in one.points))


async def _or_nothing(reading: Awaitable[Sequence[Found]]) -> Sequence[Found]:
    """Return what was found; where Azure has no such list, Azure itself is the only check."""
    try:
        return await reading
    except NotFoundError:
        return ()


async def _one_or_none(reading: Awaitable[Found]) -> Found | None:
    try:
        return await reading
    except NotFoundError:
        return None
