"""The part of the archive in memory that remembers what was seen in Azure, and when to look again."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.domain.permission import Permissions
from bot.domain.sighting import Sighting, Unexplained
from tests.fakes.archive_state import State, through_json


class FakeSightings:
    """What was seen, what nothing explains, what the executor may, and what is due."""

    _state: State

    async def sighting(self, arm_id: str) -> Sighting | None:
        """Return how a deployment was last seen."""
        return self._state.sightings.get(arm_id.lower())

    async def see(self, sighting: Sighting, *, before: Sighting | None) -> bool:
        """Remember a sighting by compare-and-set."""
        if self._state.sightings.get(sighting.arm_id.lower()) != before:
            return False
        self._state.sightings[sighting.arm_id.lower()] = replace(sighting, state=through_json(sighting.state))
        return True

    async def add_unexplained(self, found: Unexplained) -> Unexplained | None:
        """Keep it under the next number, once per key."""
        if any(each.key == found.key for each in self._state.unexplained.values()):
            return None
        kept = replace(found, number=len(self._state.unexplained) + 1)
        self._state.unexplained[kept.number] = kept
        return kept

    async def unexplained(self, number: int) -> Unexplained | None:
        """Return one by its number."""
        return self._state.unexplained.get(number)

    async def unexplained_on(self, arm_id: str, since: datetime) -> Sequence[Unexplained]:
        """Return what was seen on a deployment since a time."""
        rows = self._state.unexplained.values()
        return [each for each in rows if each.arm_id == arm_id.lower() and each.seen_at >= since]

    async def attribute(self, found: Unexplained) -> bool:
        """Say who made a write."""
        if self._state.unexplained[found.number].correlation:
            return False
        self._state.unexplained[found.number] = found
        return True

    async def shown(self, number: int, channel: str, ts: str) -> None:
        """Remember which message tells of it."""
        kept = self._state.unexplained[number]
        self._state.unexplained[number] = replace(kept, channel=channel, ts=ts)

    async def permissions(self, account: str) -> Permissions | None:
        """Return what the executor was last seen to be allowed."""
        return self._state.permissions.get(account)

    async def observe_permissions(self, permissions: Permissions) -> None:
        """Remember what the executor is allowed."""
        self._state.permissions[permissions.account] = permissions

    async def dues(self, kind: str) -> Mapping[str, datetime]:
        """Return when each look is next due."""
        return {name: at for name, at in self._state.dues.items() if name.startswith(f"{kind}:")}

    async def put_off(self, name: str, *, due: datetime | None, until: datetime) -> bool:
        """Make a look due later, by compare-and-set."""
        if self._state.dues.get(name) != due:
            return False
        self._state.dues[name] = until
        return True
