"""How much of provisioned capacity is used?"""

from datetime import datetime
from typing import ClassVar

from bot.domain.az_command import deployment_show, metrics_list
from bot.domain.deployment import DeploymentRef
from bot.domain.errors import NotFoundError
from bot.domain.evidence import Fact
from bot.domain.hourly import BUCKET, last_hour
from bot.ports.registry import Readers

METRIC = "AzureOpenAIProvisionedManagedUtilizationV2"


class PtuSection:
    """Utilisation of provisioned throughput in the last hour."""

    key: ClassVar[str] = "ptu"
    title: ClassVar[str] = "Provisioned utilisation"

    async def look(self, readers: Readers, ref: DeploymentRef, now: datetime) -> tuple[Fact, ...]:
        """Return mean and highest utilisation; of a SKU that is not provisioned, that there is none."""
        live = await readers.azure.deployment(ref)
        window = last_hour(now)
        az = metrics_list(ref, METRIC, window, "PT5M")
        if "provisioned" not in live.sku.name.lower():
            none = f"none: {live.sku.name} is not provisioned"
            return (Fact("Utilisation", none, "", deployment_show(ref), now),)
        found = await readers.metrics.series(ref, METRIC, window, interval=BUCKET)
        values = [point.value for each in found for point in each.points if point.value is not None]
        if not values:
            raise NotFoundError("Azure Monitor has no utilisation for the last hour.")
        return (
            Fact("Mean", f"{sum(values) / len(values):.1f}", "%", az, now),
            Fact("Highest", f"{max(values):.1f}", "%", az, now),
        )
