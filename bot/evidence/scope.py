"""Where exactly are we looking, and with which right?"""

from datetime import datetime
from typing import ClassVar

from bot.domain.az_command import deployment_show
from bot.domain.deployment import DeploymentRef
from bot.domain.evidence import Fact
from bot.ports.registry import Readers


class ScopeSection:
    """The scope line: subscription, resource group, account, environment, region, owner, credential."""

    key: ClassVar[str] = "scope"
    title: ClassVar[str] = "Scope"

    async def look(self, readers: Readers, ref: DeploymentRef, now: datetime) -> tuple[Fact, ...]:
        """Return where the deployment is, as configured, and which identity looks."""
        account, target, az = ref.account, readers.declared.target(ref), deployment_show(ref)
        rows = (
            ("Subscription", account.subscription),
            ("Resource group", account.resource_group),
            ("Account", account.account),
            ("Environment", account.environment),
            ("Region", account.location),
            ("Credential", "the reader identity: reads only"),
            ("First symptom", target.first_symptom if target and target.first_symptom else "not recorded"),
        )
        return tuple(Fact(name, value, "", az, now) for name, value in rows)
