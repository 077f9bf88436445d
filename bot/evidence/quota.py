"""How much more capacity could this deployment have, in this SKU and region?"""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from bot.domain.az_command import models_list, usage_list
from bot.domain.deployment import AvailableModel, Deployment, DeploymentRef
from bot.domain.errors import NotFoundError
from bot.domain.evidence import Fact
from bot.ports.registry import Readers


class QuotaSection:
    """The quota pool this deployment draws from, and what is left in it."""

    key: ClassVar[str] = "quota"
    title: ClassVar[str] = "Quota"

    async def look(self, readers: Readers, ref: DeploymentRef, now: datetime) -> tuple[Fact, ...]:
        """Return the pool, what is allocated, its limit and what is left.

        Raises:
            NotFoundError: Azure does not say which pool the deployment draws from, or does not list it.
        """
        live = await readers.azure.deployment(ref)
        name = _pool(await readers.azure.models(ref.account), live)
        if not name:
            raise NotFoundError("Azure does not say which quota this model and SKU draw from.")
        usages = await readers.azure.quota(ref.account)
        usage = next((each for each in usages if each.name.lower() == name.lower()), None)
        if usage is None:
            raise NotFoundError(f"Azure does not list the quota {name} in {ref.account.location}.")
        az = usage_list(ref.account)
        return (
            Fact("Pool", usage.name, "", models_list(ref.account), now),
            Fact("Allocated", f"{usage.current.normalize():,f}", "units", az, now),
            Fact("Limit", f"{usage.limit.normalize():,f}", "units", az, now),
            Fact("Left", f"{usage.left.normalize():,f}", "units", az, now),
        )


def _pool(models: Sequence[AvailableModel], live: Deployment) -> str:
    wanted = live.sku.name.lower()
    for model in models:
        if (model.name.lower(), model.version) == (live.model.name.lower(), live.model.version):
            return model.usage_names.get(wanted, "")
    return ""
