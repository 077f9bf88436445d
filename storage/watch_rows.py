"""What alerts and the watch have found, in a transaction."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select, update

from bot.domain.alert import Alert, AlertCondition
from bot.domain.episode import Episode
from bot.domain.signs import Sign
from storage.queries import Queries
from storage.tables import ALERT, EPISODE


class WatchRows(Queries):
    """The part of a transaction that holds alerts and what the watch has found."""

    async def alert(self, number: int) -> Alert | None:
        """Return an alert by its number."""
        row = await self.one(select(ALERT).where(ALERT.c.number == number))
        return None if row is None else _alert(row)

    async def alert_of(self, alert_id: str, condition: AlertCondition) -> Alert | None:
        """Return an alert by what Azure calls it; None when it never came."""
        mine = (ALERT.c.alert_id == alert_id, ALERT.c.condition == condition)
        row = await self.one(select(ALERT).where(*mine))
        return None if row is None else _alert(row)

    async def add_alert(self, alert: Alert) -> Alert | None:
        """Keep an alert under the next number; None when it is kept already."""
        columns = {**vars(alert), "resources": list(alert.resources)}
        del columns["number"]
        row = await self.one(self.insert(ALERT).values(columns).on_conflict_do_nothing().returning(*ALERT.c))
        return None if row is None else _alert(row)

    async def join_alert(self, alert: Alert, incident: int) -> None:
        """Remember which incident an alert joined."""
        await self.changed(update(ALERT).where(ALERT.c.number == alert.number).values(incident=incident))

    async def episode(self, number: int) -> Episode | None:
        """Return an episode by its number."""
        row = await self.one(select(EPISODE).where(EPISODE.c.number == number))
        return None if row is None else _episode(row)

    async def lasting(self, target: str) -> Sequence[Episode]:
        """Return the episodes on a target that last, by number."""
        mine = (EPISODE.c.target == target, EPISODE.c.ended_at.is_(None))
        rows = await self.all(select(EPISODE).where(*mine).order_by(EPISODE.c.number))
        return [_episode(row) for row in rows]

    async def add_episode(self, episode: Episode) -> Episode | None:
        """Keep an episode under the next number; None when one of the same rule and target lasts."""
        columns = vars(episode).copy()
        del columns["number"]
        row = await self.one(
            self.insert(EPISODE).values(columns).on_conflict_do_nothing().returning(*EPISODE.c)
        )
        return None if row is None else _episode(row)

    async def change_episode(self, episode: Episode, **columns: Any) -> Episode | None:
        """Set columns while it was not looked at again (`seen_at`) and lasts; None when it moved."""
        mine = (EPISODE.c.number == episode.number, EPISODE.c.seen_at == episode.seen_at)
        lasts = (*mine, EPISODE.c.ended_at.is_(None))
        row = await self.one(update(EPISODE).where(*lasts).values(columns).returning(*EPISODE.c))
        return None if row is None else _episode(row)

    async def show_episode(self, episode: Episode, channel: str, ts: str) -> None:
        """Remember which message tells of an episode."""
        one = update(EPISODE).where(EPISODE.c.number == episode.number)
        await self.changed(one.values(channel=channel, ts=ts))


def _episode(row: Mapping[str, Any]) -> Episode:
    return Episode(**{**row, "sign": Sign(row["sign"])})


def _alert(row: Mapping[str, Any]) -> Alert:
    parts = {"condition": AlertCondition(row["condition"]), "resources": tuple(row["resources"])}
    return Alert(**{**row, **parts})
