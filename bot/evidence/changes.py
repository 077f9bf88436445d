"""What was changed in the last 24 hours, and by whom?"""

from datetime import datetime, timedelta
from typing import ClassVar

from bot.domain.az_command import activity_list
from bot.domain.deployment import DeploymentRef
from bot.domain.evidence import Fact
from bot.ports.registry import Readers

_SHOWN = 8


class ChangesSection:
    """Control-plane writes of the last 24 hours on the account and this deployment."""

    key: ClassVar[str] = "changes"
    title: ClassVar[str] = "Changes of the last 24 h"

    async def look(self, readers: Readers, ref: DeploymentRef, now: datetime) -> tuple[Fact, ...]:
        """Return each write with its caller and correlation id, newest first."""
        since = now - timedelta(hours=24)
        found = await readers.inventory.activity(ref.account, since, now)
        mine = [each for each in found if each.resource.lower() in (ref.key, ref.account.arm_id.lower())]
        az = activity_list(ref.account, since)
        if not mine:
            return (Fact("Writes", "none", "", az, now),)
        facts = [Fact("Writes", f"{len(mine)}", "", az, now)]
        facts += [
            Fact(
                f"{each.at:%d %b %H:%M} UTC",
                f"{each.operation.rsplit('/', 2)[-2]} {each.operation.rsplit('/', 1)[-1]} · {each.status} · "
                f"by {each.caller} · correlation {each.correlation}",
                "",
                az,
                now,
            )
            for each in mine[:_SHOWN]
        ]
        return tuple(facts)
