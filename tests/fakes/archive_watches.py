"""The part of the archive in memory that holds alerts and what the watch has found."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bot.domain.alert import Alert, AlertCondition
from bot.domain.episode import Episode
from tests.fakes.archive_state import State


class FakeWatches:
    """An alert is kept once; an episode of a rule and a target lasts once."""

    _state: State

    async def alert(self, number: int) -> Alert | None:
        """Return an alert by its number."""
        return self._state.alerts.get(number)

    async def alert_of(self, alert_id: str, condition: AlertCondition) -> Alert | None:
        """Return an alert by what Azure calls it."""
        found = self._state.alerts.values()
        return next(
            (each for each in found if (each.alert_id, each.condition) == (alert_id, condition)), None
        )

    async def add_alert(self, alert: Alert) -> Alert | None:
        """Keep an alert once."""
        if await self.alert_of(alert.alert_id, alert.condition) is not None:
            return None
        kept = replace(alert, number=len(self._state.alerts) + 1)
        self._state.alerts[kept.number] = kept
        return kept

    async def join_alert(self, alert: Alert, incident: int) -> None:
        """Remember which incident an alert joined."""
        self._state.alerts[alert.number] = replace(self._state.alerts[alert.number], incident=incident)

    async def episode(self, number: int) -> Episode | None:
        """Return an episode by its number."""
        return self._state.episodes.get(number)

    async def lasting(self, target: str) -> Sequence[Episode]:
        """Return the episodes on a target that last."""
        found = self._state.episodes.values()
        return [each for each in found if each.target == target and each.ended_at is None]

    async def add_episode(self, episode: Episode) -> Episode | None:
        """Keep an episode, one of a rule and a target at a time."""
        if any(each.sign is episode.sign for each in await self.lasting(episode.target)):
            return None
        kept = replace(episode, number=len(self._state.episodes) + 1)
        self._state.episodes[kept.number] = kept
        return kept

    async def change_episode(self, episode: Episode, **columns: Any) -> Episode | None:
        """Set columns by compare-and-set on the time of the last look."""
        now = self._state.episodes[episode.number]
        if now.seen_at != episode.seen_at or now.ended_at is not None:
            return None
        self._state.episodes[episode.number] = replace(now, **columns)
        return self._state.episodes[episode.number]

    async def show_episode(self, episode: Episode, channel: str, ts: str) -> None:
        """Remember which message tells of an episode."""
        kept = self._state.episodes[episode.number]
        self._state.episodes[episode.number] = replace(kept, channel=channel, ts=ts)
