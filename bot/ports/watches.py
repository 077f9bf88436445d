"""The part of a transaction that holds what alerts and the watch have found."""

from collections.abc import Sequence
from typing import Any, Protocol

from bot.domain.alert import Alert, AlertCondition
from bot.domain.episode import Episode


class WatchesLook(Protocol):
    """What can be read of it. It changes nothing."""

    async def alert(self, number: int) -> Alert | None:
        """Return an alert by its number."""
        ...

    async def alert_of(self, alert_id: str, condition: AlertCondition) -> Alert | None:
        """Return an alert by what Azure calls it; None when it never came."""
        ...

    async def episode(self, number: int) -> Episode | None:
        """Return an episode by its number."""
        ...

    async def lasting(self, target: str) -> Sequence[Episode]:
        """Return the episodes on a target that last, by number."""
        ...


class Watches(WatchesLook, Protocol):
    """An alert is kept once, however often it comes; an episode lasts once, however many look."""

    async def add_alert(self, alert: Alert) -> Alert | None:
        """Keep an alert under the next number; None when it is kept already."""
        ...

    async def join_alert(self, alert: Alert, incident: int) -> None:
        """Remember which incident an alert joined."""
        ...

    async def add_episode(self, episode: Episode) -> Episode | None:
        """Keep an episode under the next number; None when one of the same rule and target lasts."""
        ...

    async def change_episode(self, episode: Episode, **columns: Any) -> Episode | None:
        """Set columns while it was not looked at again (`seen_at`) and lasts; None when it moved."""
        ...

    async def show_episode(self, episode: Episode, channel: str, ts: str) -> None:
        """Remember which message tells of an episode."""
        ...
