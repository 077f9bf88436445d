"""The part of the archive in memory that holds the freezes of the chat."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.domain.errors import NotFoundError
from bot.domain.freeze import ChatFreeze
from tests.fakes.archive_state import State


class FakeFreezes:
    """Freezes are added, and each may be lifted once."""

    _state: State

    async def freezes(self, since: datetime) -> Sequence[ChatFreeze]:
        """Return those that were neither over nor lifted at a time, oldest first."""
        return [
            each
            for _, each in sorted(self._state.freezes.items())
            if each.end > since and (each.lifted_at is None or each.lifted_at > since)
        ]

    async def freeze(self, number: int) -> ChatFreeze:
        """Return one."""
        if number not in self._state.freezes:
            raise NotFoundError(f"There is no FRZ-{number}.")
        return self._state.freezes[number]

    async def add_freeze(self, freeze: ChatFreeze) -> ChatFreeze:
        """Keep a freeze under the next number; one without a reason is refused, as by the database."""
        assert freeze.reason.strip()
        kept = replace(freeze, number=len(self._state.freezes) + 1)
        self._state.freezes[kept.number] = kept
        return kept

    async def lift_freeze(self, freeze: ChatFreeze, *, by: str, at: datetime, why: str) -> bool:
        """End a freeze, once."""
        now = self._state.freezes[freeze.number]
        if now.lifted_at is not None:
            return False
        self._state.freezes[freeze.number] = replace(now, lifted_by=by, lifted_at=at, lifted_why=why)
        return True
