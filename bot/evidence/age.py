"""How old is this deployment, when was it last changed, and will Azure delete it by itself?"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import ClassVar

from bot.domain.az_command import deployment_show, metrics_list
from bot.domain.deployment import Deployment, DeploymentRef
from bot.domain.evidence import Fact, Window, own
from bot.domain.own_write import OwnWrite, change_at, own_writes
from bot.ports.registry import Readers

RULE = "Microsoft Learn, Azure OpenAI fine-tuning, deploy, 2026-02-11"
IDLE_DAYS = 15
DEVELOPER_HOURS = 24
_SIX_HOURS = timedelta(hours=6)


class AgeSection:
    """Age, last change, and the clock of Azure's own deletion of fine-tuned deployments."""

    key: ClassVar[str] = "age"
    title: ClassVar[str] = "Age"

    async def look(self, readers: Readers, ref: DeploymentRef, now: datetime) -> tuple[Fact, ...]:
        """Return when it was created and last changed, and when Azure would delete it.

        Azure deletes a fine-tuned deployment after more than 15 days without calls, and one of the
        developer tier 24 hours after its creation. Source: RULE.
        """
        live = await readers.azure.deployment(ref)
        az = deployment_show(ref)
        ours = own_writes(await readers.journal.sent(ref))
        times = (("Created", live.created_at), ("Last changed", live.modified_at))
        facts = [
            Fact(name, f"{at:%Y-%m-%d %H:%M} UTC", "", az, live.observed_at, _aside(at, now, ours))
            for name, at in times
            if at is not None
        ]
        if ".ft-" not in live.model.name:
            return tuple(facts)
        if live.sku.name.lower() == "developertier":
            return (*facts, _developer(live, now))
        window = Window(_floor(now - timedelta(days=IDLE_DAYS)), _floor(now) + _SIX_HOURS)
        calls = await readers.metrics.series(ref, "AzureOpenAIRequests", window, interval=_SIX_HOURS)
        command = metrics_list(ref, "AzureOpenAIRequests", window, "PT6H")
        called = max((point.at for each in calls for point in each.points if point.value), default=None)
        last = f"{called:%Y-%m-%d}" if called else f"none in {IDLE_DAYS} days"
        return (*facts, Fact("Last call", last, "", command, now), _idle(called, live, now))


def _developer(live: Deployment, now: datetime) -> Fact:
    if live.created_at is None:
        return own("Azure deletes it", "24 h after its creation", now, RULE)
    end = live.created_at + timedelta(hours=DEVELOPER_HOURS)
    return own("Azure deletes it", f"{end:%Y-%m-%d %H:%M} UTC", now, RULE, "developer tier: 24 h")


def _idle(called: datetime | None, live: Deployment, now: datetime) -> Fact:
    born = live.created_at
    if called is None and born is not None and now - born < timedelta(days=IDLE_DAYS):
        called = born
    if called is None:
        return own("Azure deletes it", "at any time", now, RULE, f"no call in {IDLE_DAYS} days")
    end = called + timedelta(days=IDLE_DAYS)
    said = f"after {IDLE_DAYS} days without calls"
    return own("Azure deletes it", f"not before {end:%Y-%m-%d}", now, RULE, said)


def _floor(moment: datetime) -> datetime:
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + (moment - midnight) // _SIX_HOURS * _SIX_HOURS


def _aside(at: datetime, now: datetime, ours: Sequence[OwnWrite]) -> str:
    change = change_at(at, ours)
    return f"{_ago(now - at)}{f', {change}' if change else ''}"


def _ago(age: timedelta) -> str:
    if age < timedelta(hours=1):
        return f"{max(0, int(age.total_seconds() // 60))} min ago"
    if age < timedelta(days=2):
        return f"{int(age.total_seconds() // 3600)} h ago"
    return f"{age.days:,} days ago"
