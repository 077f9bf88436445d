"""Which content filter policy guards this deployment, and what does it let through?"""

from datetime import datetime
from typing import ClassVar

from bot.domain.az_command import content_filter_get, deployment_show
from bot.domain.deployment import DeploymentRef
from bot.domain.evidence import Fact
from bot.ports.registry import Readers


class ContentFilterSection:
    """The content filter policy and its rules."""

    key: ClassVar[str] = "content_filter"
    title: ClassVar[str] = "Content filter"

    async def look(self, readers: Readers, ref: DeploymentRef, now: datetime) -> tuple[Fact, ...]:
        """Return the policy, its mode, how many rules block, and by name those that do not."""
        live = await readers.azure.deployment(ref)
        name = live.content_filter
        if not name:
            return (Fact("Policy", "none named", "", deployment_show(ref), live.observed_at),)
        policy = await readers.azure.content_filter(ref.account, name)
        az = content_filter_get(ref.account, name)
        open_rules = [rule.words for rule in policy.rules if not (rule.is_enabled and rule.is_blocking)]
        blocking = f"{len(policy.rules) - len(open_rules)} of {len(policy.rules)}"
        return (
            Fact("Policy", name, "", deployment_show(ref), live.observed_at),
            Fact("Mode", policy.mode or "not said", "", az, now),
            Fact("Rules that block", blocking, "", az, now),
            Fact("Rules that do not block", "; ".join(open_rules) or "none", "", az, now),
        )
