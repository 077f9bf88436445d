"""The part of a transaction that holds the freezes of the chat."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.freeze import ChatFreeze


class FreezesLook(Protocol):
    """What can be read of them. It changes nothing."""

    async def freezes(self, since: datetime) -> Sequence[ChatFreeze]:
        """Return those that were neither over nor lifted at a time, oldest first."""
        ...

    async def freeze(self, number: int) -> ChatFreeze:
        """Return one; raise NotFoundError."""
        ...


class Freezes(FreezesLook, Protocol):
    """Freezes are added, and each may be lifted once."""

    async def add_freeze(self, freeze: ChatFreeze) -> ChatFreeze:
        """Keep a freeze under the next number."""
        ...

    async def lift_freeze(self, freeze: ChatFreeze, *, by: str, at: datetime, why: str) -> bool:
        """End a freeze before its time; False when it was lifted already."""
        ...
