"""The identities at the start: one that may do what it must not is refused, one that will not say is warned of."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import structlog

from bot.domain.deployment import Account
from bot.ports.azure import PermissionsReader
from bot.usecases.observe_permissions import refuse_wrong_hands

LOG = structlog.get_logger("hands")
PATIENCE_SECONDS = 8.0


async def check_hands(role: str, accounts: Sequence[Account], reader: PermissionsReader) -> None:
    """Refuse an identity that may do what it must not.

    Raises:
        InvalidInputError: the message names the account, the action and the fix.
    """
    unknown: tuple[str, ...] = ("Azure did not answer in time",)
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE_SECONDS):
            unknown = await refuse_wrong_hands(role, accounts, reader=reader)
    if unknown:
        LOG.warning("permissions.unknown", role=role, why="; ".join(unknown))
