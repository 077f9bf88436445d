"""How is this deployment set up?"""

from datetime import datetime
from typing import ClassVar

from bot.domain.az_command import deployment_show
from bot.domain.deployment import Deployment, DeploymentRef, RateLimit
from bot.domain.evidence import Fact
from bot.domain.states import provisioning_words
from bot.ports.registry import Readers

_PROVISIONED = "provisioned"


class ConfigurationSection:
    """SKU, capacity, limits and state, as Azure has them now."""

    key: ClassVar[str] = "configuration"
    title: ClassVar[str] = "Configuration"

    async def look(self, readers: Readers, ref: DeploymentRef, now: datetime) -> tuple[Fact, ...]:
        """Return SKU, capacity, what Azure makes of it, and the states."""
        live = await readers.azure.deployment(ref)
        rows = [
            ("SKU", live.sku.name, ""),
            ("Capacity", f"{live.sku.capacity:,}", _unit(live)),
            *((f"Limit on {limit.key or 'calls'}s", *_limit(limit)) for limit in live.rate_limits),
            ("State", live.running_state, ""),
            ("Provisioning", provisioning_words(live.provisioning_state), ""),
            ("Version upgrade", live.upgrade_option, ""),
            *_extras(live),
        ]
        return tuple(
            Fact(name, value, unit, deployment_show(ref), live.observed_at) for name, value, unit in rows
        )


def _unit(live: Deployment) -> str:
    return "PTU" if _PROVISIONED in live.sku.name.lower() else "thousand tokens per minute"


def _limit(limit: RateLimit) -> tuple[str, str]:
    return f"{limit.count.normalize():,f}", f"per {limit.period_seconds} s"


def _extras(live: Deployment) -> list[tuple[str, str, str]]:
    properties = live.projection.get("properties")
    names = {"spilloverDeploymentName": "Spills over to", "serviceTier": "Service tier"}
    values = properties if isinstance(properties, dict) else {}
    return [
        (words, str(values[name]), "") for name, words in names.items() if isinstance(values.get(name), str)
    ]
