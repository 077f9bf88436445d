"""What is around a deployment, read: its account, the platform's health, models' lives, writes, and roles."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from bot.azure import access, parse, parse_inventory
from bot.azure.fetch import Fetch, as_is
from bot.azure.reader import API_VERSION, account_path, region_path
from bot.domain.deployment import Account
from bot.domain.errors import NotFoundError
from bot.domain.inventory import (
    AccountPosture,
    ActivityEntry,
    DiagnosticSetting,
    Health,
    Lifecycle,
    RoleAssignment,
)
from bot.domain.json import Json
from bot.ports.clock import Clock

Raw = Mapping[str, Json]
DIAGNOSTICS = "2021-05-01-preview"
HEALTH = "2022-10-01"
ACTIVITY = "2015-04-01"
ROLES = "2022-04-01"
SUBSCRIPTION = "2022-12-01"
MINUTE = timedelta(seconds=60)
FIVE_MINUTES = timedelta(minutes=5)
HALF_A_DAY = timedelta(hours=12)
_SELECT = "eventTimestamp,operationName,status,caller,claims,correlationId,resourceId,httpRequest"


class ArmInventory:
    """Reads around deployments; implements `bot.ports.inventory.InventoryReader`."""

    def __init__(self, fetch: Fetch, clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock

    async def tenant(self, account: Account) -> str:
        """Return the Entra tenant that the account's subscription trusts."""
        path = f"/subscriptions/{account_path(account).split('/')[2]}"
        read = parse_inventory.tenant
        what = f"the subscription of {account.name}"
        return await self._fetch.one(path, _version(SUBSCRIPTION), read, what=what, keep=HALF_A_DAY)

    async def posture(self, account: Account) -> AccountPosture:
        """Return how the account is set up and protected."""
        what = f"the account {account.name}"

        def read(raw: Raw) -> AccountPosture:
            return parse_inventory.posture(raw, self._clock.now())

        return await self._fetch.one(
            account_path(account), _version(API_VERSION), read, what=what, keep=MINUTE
        )

    async def diagnostics(self, account: Account) -> Sequence[DiagnosticSetting]:
        """Return the account's diagnostic settings, by name."""
        path = f"{account_path(account)}/providers/Microsoft.Insights/diagnosticSettings"
        what = f"the diagnostic settings of {account.name}"
        read = parse_inventory.diagnostic_setting
        found = await self._fetch.pages(path, _version(DIAGNOSTICS), read, what=what, keep=FIVE_MINUTES)
        return sorted(found, key=lambda each: each.name)

    async def health(self, account: Account) -> Health:
        """Return what Azure Resource Health says of the account."""
        path = f"{account_path(account)}/providers/Microsoft.ResourceHealth/availabilityStatuses/current"
        what = f"the health of {account.name}"
        read = parse_inventory.health
        return await self._fetch.one(path, _version(HEALTH), read, what=what, keep=FIVE_MINUTES)

    async def lifecycles(self, account: Account) -> Sequence[Lifecycle]:
        """Return the life of every base model in the account's region, sorted."""
        path, place = region_path(account)
        what = f"the models of {place}"
        query, read = _version(API_VERSION), parse_inventory.lifecycle
        lives = set(await self._fetch.pages(f"{path}/models", query, read, what=what, keep=HALF_A_DAY))
        return sorted(lives, key=lambda each: (each.model, each.version, each.status))

    async def activity(self, account: Account, since: datetime, until: datetime) -> Sequence[ActivityEntry]:
        """Return the writes on the account and its deployments, newest first; whole minutes are asked for."""
        path = account_path(account)
        start, end = _minute(since), _minute(until) + MINUTE
        times = f"eventTimestamp ge '{_time(start)}' and eventTimestamp le '{_time(end)}'"
        wanted = f"{times} and resourceGroupName eq '{account.resource_group}'"
        query = {**_version(ACTIVITY), "$filter": wanted, "$select": _SELECT}
        events = (
            f"/subscriptions/{path.split('/')[2]}/providers/Microsoft.Insights/eventtypes/management/values"
        )
        what = f"the activity log of {account.name}"
        read = parse_inventory.activity_entry
        found = await self._fetch.pages(events, query, read, what=what, keep=MINUTE)
        mine = [
            each
            for each in found
            if each is not None and f"{each.resource}/".lower().startswith(f"{path}/".lower())
        ]
        seen = {each for each in mine if since <= each.at <= until}
        return sorted(seen, key=lambda each: (each.at, each.correlation, each.resource), reverse=True)

    async def role_assignments(self, account: Account) -> Sequence[RoleAssignment]:
        """Return who holds a role that reaches the account; what a role that cannot be read allows, it is said to."""
        path = f"{account_path(account)}/providers/Microsoft.Authorization/roleAssignments"
        what = f"the role assignments of {account.name}"
        found = await self._fetch.pages(path, _version(ROLES), as_is, what=what, keep=FIVE_MINUTES)
        guids = sorted({access.definition_id(raw) for raw in found} - {""})
        roles = await asyncio.gather(*(self._role(account, guid) for guid in guids))
        known = dict(zip(guids, roles, strict=True))

        def read() -> list[RoleAssignment]:
            return [access.role_assignment(raw, known.get(access.definition_id(raw))) for raw in found]

        return sorted(parse.parsed(read, what), key=lambda each: (each.role, each.principal, each.scope))

    async def _role(self, account: Account, guid: str) -> Raw | None:
        subscription = account_path(account).split("/")[2]
        path = f"/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions/{guid}"
        try:
            what = f"the role {guid}"
            return await self._fetch.one(path, _version(ROLES), as_is, what=what, keep=HALF_A_DAY)
        except NotFoundError:
            return None


def _version(version: str) -> dict[str, str]:
    return {"api-version": version}


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
