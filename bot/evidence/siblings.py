"""What else is on the account, and what leans on this deployment?"""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from bot.domain.az_command import deployment_list
from bot.domain.deployment import Deployment, DeploymentRef
from bot.domain.evidence import Fact
from bot.ports.registry import Readers


class SiblingsSection:
    """The other deployments of the account, and those that spill over to this one."""

    key: ClassVar[str] = "siblings"
    title: ClassVar[str] = "Siblings"

    async def look(self, readers: Readers, ref: DeploymentRef, now: datetime) -> tuple[Fact, ...]:
        """Return how many deployments share the account, their capacity, and who refers to this one."""
        found = await readers.azure.deployments(ref.account)
        others = [each for each in found if each.ref.key != ref.key]
        leaning = [each.ref.deployment for each in others if ref.deployment in _referred(each)]
        az = deployment_list(ref.account)
        capacity = sum(each.sku.capacity for each in others)
        return (
            Fact("Others on the account", f"{len(others)}", "deployments", az, now),
            Fact("Their capacity", f"{capacity:,}", "units", az, now),
            Fact("Lean on this one", ", ".join(sorted(leaning)) or "none", "", az, now),
        )


def _referred(deployment: Deployment) -> set[str]:
    properties = deployment.projection.get("properties")
    values = properties if isinstance(properties, Mapping) else {}
    return {str(values.get(name)) for name in ("spilloverDeploymentName", "parentDeploymentName")}
