"""The routes of the simulated Azure: method, path, action and versions, one line each."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.azure import access, arm, deployments, health, login, logs, metrics, reads
from sandbox.azure.arm import (
    ACCOUNT,
    DEPLOYMENT,
    GROUP,
    LOCATION,
    PROVIDER,
    SUBSCRIPTION,
    Answer,
    Call,
    Route,
    path,
)
from sandbox.azure.names import COGNITIVE
from sandbox.azure.roles import (
    AUTHORIZATION,
    FINE_TUNES,
    LOGS_QUERY,
    LOGS_TABLE,
    OPERATION_RESULTS,
    PERMISSIONS,
    SUBSCRIPTIONS,
)

Run = Callable[[Call], Answer]
_JOBS = r"/dataplane/(?P<account>[^/]+)/openai(?:/v1)?/fine_tuning/jobs"
_INSIGHTS = r"/providers/Microsoft\.Insights"
_HEALTH = r"/providers/Microsoft\.ResourceHealth/availabilityStatuses"
_NAMED = r"/accounts/[^/]+(?:/deployments/[^/]+)?"
_GRANTS = rf"(?:/resourceGroups/[^/]+(?:{PROVIDER}{_NAMED})?)?"


def routes() -> tuple[Route, ...]:
    """Return every route of the control plane and of the data plane."""
    return _reads() + _writes() + _monitoring() + _training() + _access() + _logs() + _sign_in()


def _read(tail: str, action: str, run: Run) -> Route:
    return Route("GET", path(tail), f"{COGNITIVE}/{action}/read", arm.COGNITIVE_VERSIONS, run)


def _reads() -> tuple[Route, ...]:
    return (
        _read(SUBSCRIPTION + PROVIDER + "/accounts", "accounts", reads.accounts),
        _read(GROUP + PROVIDER + "/accounts", "accounts", reads.accounts),
        _read(ACCOUNT, "accounts", reads.account),
        _read(ACCOUNT + "/models", "accounts/models", reads.account_models),
        _read(ACCOUNT + "/usages", "accounts/usages", reads.account_usages),
        _read(ACCOUNT + "/raiPolicies", "accounts/raiPolicies", reads.policies),
        _read(ACCOUNT + "/raiPolicies/(?P<policy>[^/]+)", "accounts/raiPolicies", reads.policy),
        _read(ACCOUNT + "/deployments", "accounts/deployments", deployments.listing),
        _read(DEPLOYMENT, "accounts/deployments", deployments.get),
        _read(DEPLOYMENT + "/skus", "accounts/deployments", deployments.skus),
        _read(LOCATION + "/usages", "locations/usages", reads.location_usages),
        _read(LOCATION + "/models", "locations/models", reads.location_models),
        _read(LOCATION + "/modelCapacities", "locations/modelCapacities", reads.capacities),
        _read(SUBSCRIPTION + PROVIDER + "/modelCapacities", "modelCapacities", reads.capacities),
    )


def _writes() -> tuple[Route, ...]:
    live = f"{COGNITIVE}/accounts/deployments"
    every, newer = arm.COGNITIVE_VERSIONS, arm.NEWER_VERSIONS
    results = path(LOCATION + "/operationResults/(?P<operation>[^/]+)")
    return (
        Route("PUT", path(DEPLOYMENT), f"{live}/write", every, deployments.put),
        Route("PATCH", path(DEPLOYMENT), f"{live}/write", every, deployments.patch),
        Route("DELETE", path(DEPLOYMENT), f"{live}/delete", every, deployments.delete),
        Route("POST", path(DEPLOYMENT + "/pause"), f"{live}/pause/action", newer, deployments.pause),
        Route("POST", path(DEPLOYMENT + "/resume"), f"{live}/resume/action", newer, deployments.resume),
        Route("GET", results, OPERATION_RESULTS, every, deployments.operation),
        Route(
            "POST", path(ACCOUNT + "/listKeys"), f"{COGNITIVE}/accounts/listKeys/action", every, reads.keys
        ),
    )


def _insight(tail: str, action: str, versions: frozenset[str], run: Run) -> Route:
    return Route("GET", path(tail), f"Microsoft.Insights/{action}/read", versions, run)


def _monitoring() -> tuple[Route, ...]:
    values = SUBSCRIPTION + _INSIGHTS + "/eventtypes/management/values"
    grants = path(SUBSCRIPTION + _GRANTS + r"/providers/Microsoft\.Authorization/permissions")
    healthy = "Microsoft.ResourceHealth/availabilityStatuses/read"
    numbers = arm.METRICS_VERSIONS
    return (
        _insight(ACCOUNT + _INSIGHTS + "/metrics", "metrics", numbers, metrics.answer),
        _insight(
            ACCOUNT + _INSIGHTS + "/metricDefinitions", "metricDefinitions", numbers, metrics.definitions
        ),
        _insight(
            ACCOUNT + _INSIGHTS + "/diagnosticSettings",
            "diagnosticSettings",
            arm.DIAGNOSTICS_VERSIONS,
            reads.diagnostics,
        ),
        _insight(values, "eventtypes/values", arm.ACTIVITY_VERSIONS, reads.events),
        Route("GET", path(ACCOUNT + _HEALTH), healthy, arm.HEALTH_VERSIONS, health.history),
        Route("GET", path(ACCOUNT + _HEALTH + "/current"), healthy, arm.HEALTH_VERSIONS, health.current),
        Route("GET", grants, PERMISSIONS, arm.PERMISSIONS_VERSIONS, reads.permissions),
    )


def _training() -> tuple[Route, ...]:
    none: frozenset[str] = frozenset()
    return (
        Route("GET", path(_JOBS), FINE_TUNES, none, reads.jobs),
        Route("GET", path(_JOBS + "/(?P<job>[^/]+)"), FINE_TUNES, none, reads.job),
        Route("GET", path(_JOBS + "/(?P<job>[^/]+)/checkpoints"), FINE_TUNES, none, reads.checkpoints),
    )


def _access() -> tuple[Route, ...]:
    grants = path(SUBSCRIPTION + _GRANTS + r"/providers/Microsoft\.Authorization/roleAssignments")
    roles = SUBSCRIPTION + _GRANTS + r"/providers/Microsoft\.Authorization/roleDefinitions"
    one = rf"(?:{SUBSCRIPTION}{_GRANTS})?/providers/Microsoft\.Authorization/roleDefinitions/(?P<role>[^/]+)"
    known, reading = arm.ROLES_VERSIONS, f"{AUTHORIZATION}/roleDefinitions/read"
    return (
        Route("GET", grants, f"{AUTHORIZATION}/roleAssignments/read", known, access.assignments),
        Route("GET", path(roles), reading, known, access.definitions),
        Route("GET", path(one), reading, known, access.definition),
    )


def _logs() -> tuple[Route, ...]:
    place = path(r"/v1/workspaces/(?P<workspace>[^/]+)/query")
    none: frozenset[str] = frozenset()
    return (Route("POST", place, LOGS_QUERY, none, logs.query, also=(LOGS_TABLE,)),)


def _sign_in() -> tuple[Route, ...]:
    none: frozenset[str] = frozenset()
    tenant = r"/(?P<tenant>[^/]+)"
    known = arm.SUBSCRIPTION_VERSIONS
    path(r"/subscriptions/(?P<subscription>[0-9a-f-]{36})")
    return (
        Route("GET", path("/metadata/endpoints"), "", none, login.endpoints, public=True),
        Route(
            "GET",
            path(tenant + r"(?:/v2\.0)?/\.well-known/openid-configuration"),
            "",
            none,
            login.openid,
            public=True,
        ),
        Route("GET", path("/common/discovery/instance"), "", none, login.discovery, public=True),
        Route("POST", path(tenant + r"/oauth2/v2\.0/token"), "", none, login.token, public=True),
        Route("GET", path("/subscriptions"), SUBSCRIPTIONS, known, login.subscriptions),
        Route(
            "GET",
            path(r"/subscriptions/(?P<subscription>[0-9a-f-]{36})"),
            SUBSCRIPTIONS,
            known,
            login.subscription,
        ),
        Route("GET", path("/tenants"), SUBSCRIPTIONS, known, login.tenants),
    )
