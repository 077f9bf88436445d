"""The control plane, read: deployments, SKUs, quota, models and content filters as values."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import TypeVar

from bot.azure import parse
from bot.azure.fetch import Fetch
from bot.azure.sharing import NEVER
from bot.domain.deployment import (
    Account,
    AvailableModel,
    ContentFilter,
    Deployment,
    DeploymentRef,
    SkuBounds,
    Usage,
    parse_arm_id,
)
from bot.domain.errors import InvalidInputError
from bot.domain.json import Json
from bot.ports.clock import Clock

T = TypeVar("T")
API_VERSION = "2025-12-01"
QUOTA_KEPT = timedelta(seconds=60)
MODELS_KEPT = timedelta(minutes=5)
FILTERS_KEPT = timedelta(minutes=5)
_QUERY = {"api-version": API_VERSION}
_PLACE = re.compile(r"[a-z0-9]{1,40}")
_POLICY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._ -]{0,79}")


class ArmReader:
    """Reads of Microsoft.CognitiveServices; implements `bot.ports.azure.AzureReader`.

    Deployments are read anew each time, unless those that are at most `keep` old will do.
    """

    def __init__(self, fetch: Fetch, clock: Clock, keep: timedelta = NEVER) -> None:
        self._fetch = fetch
        self._clock = clock
        self._keep = keep

    async def deployments(self, account: Account) -> Sequence[Deployment]:
        """Return every deployment of the account, sorted by name."""
        found = await self._list(
            f"{account_path(account)}/deployments",
            f"the deployments of {account.name}",
            lambda raw: parse.deployment(raw, account, self._clock.now()),
            self._keep,
        )
        return sorted(found, key=lambda each: each.ref.deployment)

    async def deployment(self, ref: DeploymentRef) -> Deployment:
        """Return one deployment."""

        def read(raw: Mapping[str, Json]) -> Deployment:
            return parse.deployment(raw, ref.account, self._clock.now())

        what = f"the deployment {ref.deployment} of {ref.account.name}"
        return await self._fetch.one(deployment_path(ref), _QUERY, read, what=what, keep=self._keep)

    async def skus(self, ref: DeploymentRef) -> Sequence[SkuBounds]:
        """Return what SKUs and capacities the deployment can have, sorted by name."""
        what = f"the SKUs of {ref.deployment}"
        found = await self._list(f"{deployment_path(ref)}/skus", what, parse.sku_bounds)
        return sorted(found, key=lambda each: each.name)

    async def quota(self, account: Account) -> Sequence[Usage]:
        """Return the quota lines of the account's region, sorted by name."""
        path, place = region_path(account)
        found = await self._list(f"{path}/usages", f"the quota of {place}", parse.usage, QUOTA_KEPT)
        return sorted(found, key=lambda each: each.name)

    async def models(self, account: Account) -> Sequence[AvailableModel]:
        """Return the models the account can deploy, fine-tuned ones with their base, sorted."""
        what = f"the models of {account.name}"
        found = await self._list(f"{account_path(account)}/models", what, parse.available_model, MODELS_KEPT)
        return sorted(found, key=lambda each: (each.name, each.version))

    async def content_filter(self, account: Account, name: str) -> ContentFilter:
        """Return a content filter policy."""
        if not _POLICY.fullmatch(name):
            raise InvalidInputError(f"{name!r} is not the name of a content filter.", field="content_filter")
        what = f"the content filter {name}"
        path = f"{account_path(account)}/raiPolicies/{name}"
        return await self._fetch.one(path, _QUERY, parse.content_filter, what=what, keep=FILTERS_KEPT)

    async def content_filters(self, account: Account) -> Sequence[str]:
        """Return the names of the account's content filter policies, sorted."""
        path, what = f"{account_path(account)}/raiPolicies", f"the content filters of {account.name}"
        return sorted(await self._list(path, what, lambda raw: parse.required(raw, "name"), FILTERS_KEPT))

    async def _list(
        self, path: str, what: str, read: Callable[[Mapping[str, Json]], T], keep: timedelta = NEVER
    ) -> list[T]:
        return await self._fetch.pages(path, _QUERY, read, what=what, keep=keep)


def account_path(account: Account) -> str:
    """Return the account's ARM path; raise InvalidInputError when a part of it could change the path."""
    parse_arm_id(f"{account.arm_id}/deployments/any")
    return account.arm_id


def region_path(account: Account) -> tuple[str, str]:
    """Return the ARM path of the account's region, and its name; raise InvalidInputError when it is none."""
    place = account.location.lower().replace(" ", "")
    if not _PLACE.fullmatch(place):
        raise InvalidInputError(f"{account.location!r} is not an Azure region.", field="location")
    subscription = account_path(account).split("/")[2]
    return f"/subscriptions/{subscription}/providers/Microsoft.CognitiveServices/locations/{place}", place


def deployment_path(ref: DeploymentRef) -> str:
    """Return the deployment's ARM path; raise InvalidInputError when a part of it could change the path."""
    return arm_path(ref.arm_id)


def arm_path(arm_id: str) -> str:
    """Return a deployment's ARM path with the spelling of Azure's documentation, whatever that of the id.

    Raises:
        InvalidInputError: it is not exactly one deployment's ARM id.
    """
    subscription, group, account, deployment = parse_arm_id(arm_id)
    provider = "providers/Microsoft.CognitiveServices"
    place = f"/subscriptions/{subscription}/resourceGroups/{group}"
    return f"{place}/{provider}/accounts/{account}/deployments/{deployment}"
