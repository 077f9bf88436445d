"""What an identity is allowed, from memory."""

from dataclasses import dataclass, field

from bot.domain.deployment import Account
from bot.domain.errors import CountersignError
from bot.domain.permission import ACTIONS, LIST_KEYS


@dataclass
class MemoryPermissions:
    """All of the executor's role, unless told otherwise; `broken` raises instead."""

    found: frozenset[str] = field(default_factory=lambda: frozenset(ACTIONS) - {LIST_KEYS})
    broken: CountersignError | None = None

    async def allowed(self, account: Account) -> frozenset[str]:
        """Return what is allowed."""
        if self.broken is not None:
            raise self.broken
        return self.found
