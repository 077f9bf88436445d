"""Where exactly are we looking, as whom, and with which right?"""

import asyncio
from datetime import datetime
from typing import ClassVar

from bot.domain.az_command import account_show, deployment_show, subscription_show
from bot.domain.deployment import Account, DeploymentRef
from bot.domain.errors import CountersignError
from bot.domain.evidence import DECLARED, Fact, own
from bot.domain.inventory import Operator
from bot.ports.registry import Readers

CLAIMS = "the claims of the reader's own token"
SETTING = "COUNTERSIGN_AZURE_IDENTITY"


class ScopeSection:
    """The scope line: tenant to account, environment, region, who depends on it, operator and credential."""

    key: ClassVar[str] = "scope"
    title: ClassVar[str] = "Scope"

    async def look(self, readers: Readers, ref: DeploymentRef, now: datetime) -> tuple[Fact, ...]:
        """Return where the deployment is and which identity looks; what cannot be read is said to be unknown."""
        operator = await readers.operator.operator()
        tenant, region = await asyncio.gather(
            _tenant(readers, ref.account, operator, now), _region(readers, ref.account, now)
        )
        show = deployment_show(ref)
        target = readers.declared.target(ref)
        return (
            tenant,
            Fact("Subscription", ref.account.subscription, "", show, now),
            Fact("Resource group", ref.account.resource_group, "", show, now),
            Fact("Account", ref.account.account, "", show, now),
            own("Environment", ref.account.environment, now, DECLARED),
            region,
            own("Operator", _who(operator), now, CLAIMS),
            own("Credential", f"{operator.credential or 'the reader identity'}: reads only", now, SETTING),
            own("Called by", ", ".join(target.dependents if target else ()) or "not declared", now, DECLARED),
            own("First symptom", (target.first_symptom if target else "") or "not recorded", now, DECLARED),
        )


def _who(operator: Operator) -> str:
    if not operator.object_id:
        return "unknown: its token does not say"
    return f"{operator.kind or 'identity of a kind its token does not say'} {operator.object_id}"


async def _tenant(readers: Readers, account: Account, operator: Operator, now: datetime) -> Fact:
    try:
        return Fact("Tenant", await readers.inventory.tenant(account), "", subscription_show(account), now)
    except CountersignError as error:
        return own("Tenant", operator.tenant or f"unknown: {error}", now, CLAIMS)


async def _region(readers: Readers, account: Account, now: datetime) -> Fact:
    try:
        found = (await readers.inventory.posture(account)).location
    except CountersignError:
        found = ""
    if found:
        return Fact("Region", found, "", account_show(account), now)
    return own("Region", account.location, now, DECLARED)
