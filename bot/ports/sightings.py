"""The part of a transaction that remembers what was seen in Azure, and when to look again."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.permission import Permissions
from bot.domain.sighting import Sighting, Unexplained
from bot.ports.watches import Watches, WatchesLook


class SightingsLook(WatchesLook, Protocol):
    """What can be read of it. It changes nothing."""

    async def sighting(self, arm_id: str) -> Sighting | None:
        """Return how a deployment was last seen, None when it never was."""
        ...

    async def unexplained(self, number: int) -> Unexplained | None:
        """Return one by its number."""
        ...

    async def unexplained_on(self, arm_id: str, since: datetime) -> Sequence[Unexplained]:
        """Return what was seen on a deployment since a time, oldest first."""
        ...

    async def permissions(self, account: str) -> Permissions | None:
        """Return what the executor was last seen to be allowed on an account."""
        ...

    async def dues(self, kind: str) -> Mapping[str, datetime]:
        """Return when each look of a kind (`reconcile`: at an account, `verify`: at a trigger) is next due."""
        ...


class Sightings(SightingsLook, Watches, Protocol):
    """What was seen of deployments, what no change explains, what the executor may, and when a look is due."""

    async def see(self, sighting: Sighting, *, before: Sighting | None) -> bool:
        """Remember a sighting in the place of the one `before` (None: the first); False when another was quicker."""
        ...

    async def add_unexplained(self, found: Unexplained) -> Unexplained | None:
        """Keep a write that no change explains under the next number; None when its key is kept already."""
        ...

    async def attribute(self, found: Unexplained) -> bool:
        """Say who made a write of which only the traces were known; False when that is said already."""
        ...

    async def shown(self, number: int, channel: str, ts: str) -> None:
        """Remember which message tells of it."""
        ...

    async def observe_permissions(self, permissions: Permissions) -> None:
        """Remember what the executor is allowed on an account."""
        ...

    async def put_off(self, name: str, *, due: datetime | None, until: datetime) -> bool:
        """Make a look due at `until` that was due at `due` (None: never was); False when another did it first."""
        ...
