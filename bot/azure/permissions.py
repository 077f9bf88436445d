"""What the identity that asks may do on an account, by Azure's own word."""

from collections.abc import Iterable, Mapping

from bot.azure import access
from bot.azure.fetch import Fetch, as_is
from bot.azure.reader import account_path
from bot.domain.deployment import Account
from bot.domain.json import Json
from bot.domain.permission import ACTIONS

_QUERY = {"api-version": "2022-04-01"}


class ArmPermissions:
    """Reads of Microsoft.Authorization/permissions; implements `bot.ports.azure.PermissionsReader`."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch

    async def allowed(self, account: Account) -> frozenset[str]:
        """Return which of `ACTIONS` this identity is allowed on the account, read anew each time."""
        path = f"{account_path(account)}/providers/Microsoft.Authorization/permissions"
        what = f"the permissions on {account.name}"
        found = await self._fetch.pages(path, _QUERY, as_is, what=what)
        return allowed_of(found)


def allowed_of(permissions: Iterable[Mapping[str, Json]]) -> frozenset[str]:
    """Return which of `ACTIONS` these permissions allow together."""
    rows = list(permissions)
    return frozenset(action for action in ACTIONS if access.allows(rows, action))
