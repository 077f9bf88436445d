"""The frame of every ARM call: request and answer, routes, identity, API versions, error words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import quote

from sandbox.azure.activity import Origin
from sandbox.azure.identity import identity_of
from sandbox.azure.names import COGNITIVE, SUBSCRIPTION_ID, ArmError, Json
from sandbox.azure.seed import Account
from sandbox.azure.state import AzureState, Deployment, principal

COGNITIVE_VERSIONS = frozenset(
    {
        "2024-10-01",
        "2025-06-01",
        "2025-09-01",
        "2025-12-01",
        "2026-03-01",
        "2026-05-01",
        "2026-07-01",
        "2026-05-15-preview",
    }
)
NEWER_VERSIONS = frozenset(version for version in COGNITIVE_VERSIONS if version >= "2025-12-01")
METRICS_VERSIONS = frozenset({"2018-01-01", "2019-07-01", "2021-05-01", "2023-10-01", "2024-02-01"})
DIAGNOSTICS_VERSIONS = frozenset({"2021-05-01-preview"})
ACTIVITY_VERSIONS = frozenset({"2015-04-01"})
PERMISSIONS_VERSIONS = frozenset({"2015-07-01", "2018-07-01", "2022-04-01"})
ROLES_VERSIONS = frozenset({"2018-01-01-preview", "2020-04-01-preview", "2022-04-01"})
SUBSCRIPTION_VERSIONS = frozenset({"2016-06-01", "2019-06-01", "2019-11-01", "2020-01-01", "2022-12-01"})
HEALTH_VERSIONS = frozenset({"2018-07-01", "2020-05-01", "2022-10-01", "2025-05-01"})
T = TypeVar("T")
_VERSION = re.compile(r"^\d{4}-\d{2}-\d{2}(-preview)?$", re.IGNORECASE)
_JWT = re.compile(r"^[\w-]+\.[\w-]+\.[\w-]*$")


@dataclass(frozen=True)
class Call:
    """One request, read and named."""

    state: AzureState
    method: str
    path: str
    query: Mapping[str, str]
    base_url: str
    identity: str
    request_id: str
    correlation_id: str
    client_request_id: str | None
    body: Any = None
    fails_later: bool = False
    action: str = ""
    groups: Mapping[str, str] = field(default_factory=dict)

    def part(self, name: str) -> str:
        """Return a named part of the path."""
        return self.groups[name]

    def ask(self, name: str) -> str | None:
        """Return a query parameter, whatever its case."""
        return self.query.get(name.lower())

    @property
    def api_version(self) -> str:
        """Return the API version asked for."""
        return self.ask("api-version") or ""

    def account(self) -> Account:
        """Return the account that the path names.

        Raises:
            ArmError: the resource group or the account does not exist.
        """
        group, name = self.part("group"), self.part("account")
        if group.lower() not in {one.group.lower() for one in self.state.accounts.values()}:
            raise ArmError(404, "ResourceGroupNotFound", f"Resource group '{group}' could not be found.")
        found = self.state.accounts.get(name.lower())
        if found is None or found.group.lower() != group.lower():
            raise not_found(f"{COGNITIVE}/accounts/{name}", group)
        return found

    def deployment(self) -> Deployment:
        """Return the deployment that the path names.

        Raises:
            ArmError: it does not exist.
        """
        account, name = self.account(), self.part("deployment")
        found = self.state.deployments.get((account.name.lower(), name.lower()))
        if found is None:
            raise not_found(f"{COGNITIVE}/accounts/{account.name}/deployments/{name}", account.group)
        return found

    def origin(self, resource_id: str) -> Origin:
        """Return who asks this, for the activity log."""
        return Origin(
            self.action,
            resource_id,
            principal(self.identity),
            self.correlation_id,
            self.client_request_id,
            self.method,
        )


@dataclass(frozen=True)
class Answer:
    """What goes back: a JSON body or none."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Route:
    """One path and method, the action it needs and the API versions that know it."""

    method: str
    pattern: re.Pattern[str]
    action: str
    versions: frozenset[str]
    run: Callable[[Call], Answer]
    also: tuple[str, ...] = ()
    public: bool = False


SUBSCRIPTION = r"/subscriptions/(?P<subscription>[^/]+)"
GROUP = SUBSCRIPTION + r"/resourceGroups/(?P<group>[^/]+)"
PROVIDER = r"/providers/Microsoft\.CognitiveServices"
ACCOUNT = GROUP + PROVIDER + r"/accounts/(?P<account>[^/]+)"
DEPLOYMENT = ACCOUNT + r"/deployments/(?P<deployment>[^/]+)"
LOCATION = SUBSCRIPTION + PROVIDER + r"/locations/(?P<location>[^/]+)"


def path(text: str) -> re.Pattern[str]:
    """Return the path pattern, without regard to case."""
    return re.compile(text + "/?", re.IGNORECASE)


def not_found(resource: str, group: str) -> ArmError:
    """Return ARM's answer for a resource that does not exist."""
    words = f"The Resource '{resource}' under resource group '{group}' was not found. "
    return ArmError(
        404, "ResourceNotFound", words + "For more details please go to https://aka.ms/ARMResourceNotFoundFix"
    )


def authenticate(header: str | None) -> str:
    """Return the identity of an Authorization header.

    Raises:
        ArmError: there is none, or it is not one of the two sandbox tokens.
    """
    challenge = {"WWW-Authenticate": 'Bearer authorization_uri="sandbox", error="invalid_token"'}
    if not header:
        raise ArmError(
            401,
            "AuthenticationFailed",
            "Authentication failed. The 'Authorization' header is missing.",
            challenge,
        )
    scheme, _, token = header.partition(" ")
    token = token.strip()
    if scheme.lower() == "bearer" and (known := identity_of(token)):
        return known
    if _JWT.match(token) or token.startswith("ey"):
        raise ArmError(
            401,
            "InvalidAuthenticationToken",
            "This is a sandbox, not Azure: it refuses real tokens. Do not send it real credentials; "
            "use identity 'sandbox'. The token was not stored.",
            challenge,
        )
    raise ArmError(401, "InvalidAuthenticationToken", "The access token is invalid.", challenge)


def check_version(call: Call, route: Route) -> None:
    """Refuse a missing, malformed or unknown API version.

    Raises:
        ArmError: 400 in ARM's words.
    """
    version = call.ask("api-version")
    if not route.versions:
        return
    if not version:
        raise ArmError(
            400,
            "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required for all requests.",
        )
    if not _VERSION.match(version):
        raise ArmError(400, "InvalidApiVersionParameter", f"The api-version '{version}' is invalid.")
    if version.lower() not in route.versions:
        known = ", ".join(sorted(route.versions))
        kind = route.action.rpartition("/")[0]
        raise ArmError(
            400,
            "NoRegisteredProviderFound",
            f"No registered resource provider found for API version '{version}' for type '{kind}'. "
            f"The supported api-versions are '{known}'.",
        )


def check_subscription(call: Call) -> None:
    """Refuse a subscription that the sandbox does not have.

    Raises:
        ArmError: 404 in ARM's words.
    """
    asked = call.groups.get("subscription")
    if asked is not None and asked.lower() != SUBSCRIPTION_ID:
        raise ArmError(404, "SubscriptionNotFound", f"The subscription '{asked}' could not be found.")


def check_role(call: Call, route: Route) -> None:
    """Refuse what the identity's role does not allow, naming the action.

    Raises:
        ArmError: 403 in ARM's words.
    """
    role = call.state.roles[call.identity]
    missing = [one for one in (route.action, *route.also) if not role.allows(one)]
    if not missing:
        return
    who = principal(call.identity)
    raise ArmError(
        403,
        "AuthorizationFailed",
        f"The client '{who}' with object id '{who}' does not have authorization to perform action "
        f"'{missing[0]}' over scope '{call.path}' or the scope is invalid. If access was recently granted, "
        "please refresh your credentials.",
    )


def paged(call: Call, items: list[Json], size: int) -> Answer:
    """Return one page of bodies, with a nextLink where more follows.

    Raises:
        ArmError: as `page_of`.
    """
    return page_of(call, items, size, lambda one: one)


def page_of(call: Call, items: Sequence[T], size: int, show: Callable[[T], Json]) -> Answer:
    """Return one page, with a nextLink where more follows; only what is on it is shown.

    Raises:
        ArmError: `$top` or `$skiptoken` is no number.
    """
    top, skip = _number(call.ask("$top"), size), _number(call.ask("$skiptoken"), 0)
    step = max(1, min(top, size))
    body: Json = {"value": [show(one) for one in items[skip : skip + step]]}
    if skip + step < len(items):
        kept = {key: value for key, value in call.query.items() if key != "$skiptoken"}
        kept["$skiptoken"] = str(skip + step)
        query = "&".join(f"{quote(key, safe='$-')}={quote(value, safe='')}" for key, value in kept.items())
        body["nextLink"] = f"{call.base_url}{call.path}?{query}"
    return Answer(200, body)


def _number(text: str | None, default: int) -> int:
    if text is None:
        return default
    if not text.isdigit():
        raise ArmError(400, "InvalidQueryParameter", f"'{text}' is not a number.")
    return int(text)
