"""How is the platform under it?"""

from datetime import datetime
from typing import ClassVar

from bot.domain.az_command import health_get
from bot.domain.deployment import DeploymentRef
from bot.domain.evidence import Fact
from bot.ports.registry import Readers


class HealthSection:
    """What Azure Resource Health says of the account."""

    key: ClassVar[str] = "health"
    title: ClassVar[str] = "Platform health"

    async def look(self, readers: Readers, ref: DeploymentRef, now: datetime) -> tuple[Fact, ...]:
        """Return the availability state, its reason and since when."""
        health = await readers.inventory.health(ref.account)
        az = health_get(ref.account)
        facts = [Fact("Availability", health.state or "not said", "", az, now)]
        if health.reason:
            facts.append(Fact("Reason", health.reason, "", az, now))
        if health.since is not None:
            facts.append(Fact("Since", f"{health.since:%Y-%m-%d %H:%M} UTC", "", az, now))
        return tuple(facts)
