"""What people were told about changes, in a transaction, and when somebody must look at them again."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, select, update

from bot.domain.notice import Notice
from storage.queries import Queries
from storage.tables import DUE, NOTICE

_PREFIX = "remind:"


class NoticeRows(Queries):
    """The part of a transaction that holds notices and the due times of reminders."""

    async def notices(self, about: str) -> Sequence[Notice]:
        """Return everything people were told about a change, oldest first."""
        mine = select(NOTICE).where(NOTICE.c.about == about)
        rows = await self.all(mine.order_by(NOTICE.c.last_at, NOTICE.c.person, NOTICE.c.kind))
        return [Notice(**row) for row in rows]

    async def notify(self, notice: Notice) -> bool:
        """Write down that somebody is to be told; False when that is written down already."""
        return await self.changed(self.insert(NOTICE).values(vars(notice)).on_conflict_do_nothing())

    async def said(self, notice: Notice, *, times: int, channel: str, ts: str) -> bool:
        """Write down what a notice's message says by now and where it is; False when another said it first."""
        one = (
            NOTICE.c.about == notice.about,
            NOTICE.c.person == notice.person,
            NOTICE.c.kind == notice.kind,
            NOTICE.c.times == notice.times,
        )
        return await self.changed(update(NOTICE).where(*one).values(times=times, channel=channel, ts=ts))

    async def reminders_due(self, now: datetime, limit: int) -> Mapping[str, datetime]:
        """Return the changes at whose people somebody must look, with the time that has come."""
        due = (DUE.c.at <= now, DUE.c.name.startswith(_PREFIX))
        rows = await self.all(select(DUE).where(*due).order_by(DUE.c.at, DUE.c.name).limit(limit))
        return {row["name"].removeprefix(_PREFIX): row["at"] for row in rows}

    async def remind_at(self, change: str, at: datetime | None) -> None:
        """Have the people of a change looked at then; None: never again."""
        name = f"{_PREFIX}{change}"
        if at is None:
            await self.changed(delete(DUE).where(DUE.c.name == name))
            return
        statement = self.insert(DUE).values(name=name, at=at)
        await self.changed(statement.on_conflict_do_update(index_elements=["name"], set_={"at": at}))

    async def remind_later(self, change: str, *, due: datetime, until: datetime) -> bool:
        """Put a look off that was due then; False when another did it first."""
        mine = (DUE.c.name == f"{_PREFIX}{change}", DUE.c.at == due)
        return await self.changed(update(DUE).where(*mine).values(at=until))
