"""The part of a transaction that holds what people were told and said about changes, and when to tell again."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.comment import Comment
from bot.domain.notice import Notice
from bot.domain.revision import Revision


class TalksLook(Protocol):
    """What can be read of it. It changes nothing."""

    async def notices(self, about: str) -> Sequence[Notice]:
        """Return everything people were told about a change, oldest first."""
        ...

    async def comments(self, number: int) -> Sequence[Comment]:
        """Return the comments on a change, oldest first."""
        ...

    async def revision(self, number: int, revision: int) -> Revision | None:
        """Return a revision as it was submitted, None when it never was."""
        ...

    async def reminders_due(self, now: datetime, limit: int) -> Mapping[str, datetime]:
        """Return the changes (as `CHG-n`) at whose people somebody must look, with the time that has come."""
        ...


class Talks(TalksLook, Protocol):
    """What people were told and said, and when the people of a change are next looked at."""

    async def notify(self, notice: Notice) -> bool:
        """Write down that somebody is to be told; False when that is written down already."""
        ...

    async def said(self, notice: Notice, *, times: int, channel: str, ts: str) -> bool:
        """Write down what a notice's message says by now and where it is; False when another said it first."""
        ...

    async def add_comment(self, comment: Comment) -> Comment:
        """Keep a comment under its change's next `n`."""
        ...

    async def keep_revision(self, revision: Revision) -> None:
        """Keep a revision as it is submitted; the first word stands."""
        ...

    async def remind_at(self, change: str, at: datetime | None) -> None:
        """Have the people of a change looked at then; None: never again."""
        ...

    async def remind_later(self, change: str, *, due: datetime, until: datetime) -> bool:
        """Put a look off that was due then; False when another did it first."""
        ...
