"""What was changed in the last 24 hours, and by whom?"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import ClassVar

from bot.domain.az_command import activity_list
from bot.domain.deployment import DeploymentRef
from bot.domain.evidence import Fact, own
from bot.domain.inventory import ActivityEntry
from bot.domain.own_write import JOURNAL, OwnWrite, change_of, own_writes
from bot.ports.registry import Readers

LATE = "Azure's activity log shows a write some minutes late"
_SHOWN = 8


class ChangesSection:
    """Control-plane writes of the last 24 hours on the account and this deployment."""

    key: ClassVar[str] = "changes"
    title: ClassVar[str] = "Changes of the last 24 h"

    async def look(self, readers: Readers, ref: DeploymentRef, now: datetime) -> tuple[Fact, ...]:
        """Return each write with its caller and correlation id, newest first."""
        since = now - timedelta(hours=24)
        found = await readers.inventory.activity(ref.account, since, now)
        ours = own_writes(await readers.journal.sent(ref))
        mine = [each for each in found if each.resource.lower() in (ref.key, ref.account.arm_id.lower())]
        az = activity_list(ref.account, since)
        unlogged = [each for each in ours if each.ended >= since and not any(map(each.is_of, mine))]
        return (
            Fact("Writes", f"{len(mine) or 'none'}", f"({LATE})", az, now),
            *(_unlogged(each, now) for each in unlogged[:_SHOWN]),
            *(Fact(_at(each.at), _words(each, ours), "", az, now) for each in mine[:_SHOWN]),
        )


def _at(moment: datetime) -> str:
    return f"{moment:%d %b %H:%M} UTC"


def _unlogged(write: OwnWrite, now: datetime) -> Fact:
    what = "was rolled back" if write.step == "rollback" else "was applied"
    said = f"{write.change} {what} · Azure's activity log does not show it yet"
    return own(_at(write.ended), said, now, JOURNAL)


def _words(entry: ActivityEntry, ours: Sequence[OwnWrite]) -> str:
    change = change_of(entry, ours)
    kind, verb = entry.operation.rsplit("/", 2)[-2:]
    said = (
        f"{kind} {verb}",
        entry.status,
        f"by {entry.caller}{f' for {change}' if change else ''}",
        f"correlation {entry.correlation}",
    )
    return " · ".join(said)
