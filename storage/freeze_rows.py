"""The freezes of the chat in a transaction: added, and lifted once."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select, update

from bot.domain.errors import ConflictError, NotFoundError
from bot.domain.freeze import ChatFreeze
from storage.queries import Queries
from storage.tables import FREEZE

_NAMES = {"start": "start_at", "end": "end_at"}


class FreezeRows(Queries):
    """The part of a transaction that holds the freezes of the chat."""

    async def freezes(self, since: datetime) -> Sequence[ChatFreeze]:
        """Return those that were neither over nor lifted at a time, oldest first."""
        standing = or_(FREEZE.c.lifted_at.is_(None), FREEZE.c.lifted_at > since)
        chosen = select(FREEZE).where(FREEZE.c.end_at > since, standing).order_by(FREEZE.c.number)
        return [_freeze(row) for row in await self.all(chosen)]

    async def freeze(self, number: int) -> ChatFreeze:
        """Return one; raise NotFoundError."""
        row = await self.one(select(FREEZE).where(FREEZE.c.number == number))
        if row is None:
            raise NotFoundError(f"There is no FRZ-{number}.", advice="See `freeze list`.")
        return _freeze(row)

    async def add_freeze(self, freeze: ChatFreeze) -> ChatFreeze:
        """Keep a freeze under the next number."""
        columns = {_NAMES.get(name, name): value for name, value in vars(freeze).items() if name != "number"}
        row = await self.one(self.insert(FREEZE).values(columns).returning(*FREEZE.c))
        if row is None:
            raise ConflictError("The database did not keep it.", advice="Ask again.")
        return _freeze(row)

    async def lift_freeze(self, freeze: ChatFreeze, *, by: str, at: datetime, why: str) -> bool:
        """End a freeze before its time; False when it was lifted already."""
        mine = (FREEZE.c.number == freeze.number, FREEZE.c.lifted_at.is_(None))
        lifted = {"lifted_by": by, "lifted_at": at, "lifted_why": why}
        return await self.changed(update(FREEZE).where(*mine).values(lifted))


def _freeze(row: Mapping[str, Any]) -> ChatFreeze:
    return ChatFreeze(
        **{name: row[_NAMES.get(name, name)] for name in ChatFreeze.__dataclass_fields__},
    )
