"""The routes of the simulated Azure: method, path, action and versions, one line each."""

from __future__ import annotations

from sandbox.azure import arm, deployments, metrics, reads
from sandbox.azure.arm import ACCOUNT, DEPLOYMENT, GROUP, LOCATION, PROVIDER, SUBSCRIPTION, Route, path
from sandbox.azure.names import COGNITIVE
from sandbox.azure.roles import FINE_TUNES, OPERATION_RESULTS, PERMISSIONS

_JOBS = r"/dataplane/(?P<account>[^/]+)/openai(?:/v1)?/fine_tuning/jobs"
_ANY = arm.COGNITIVE_VERSIONS
_INSIGHTS = r"/providers/Microsoft\.Insights"


def _scope() -> str:
    patterns = (DEPLOYMENT, ACCOUNT, GROUP, SUBSCRIPTION)
    plain = [one.replace("?P<subscription>", "").replace("?P<group>", "") for one in patterns]
    plain = [one.replace("?P<account>", "").replace("?P<deployment>", "") for one in plain]
    return rf"(?:{'|'.join(plain)})"


def routes() -> tuple[Route, ...]:
    """Return every route of the control plane and of the data plane."""
    return _resources() + _regional() + _monitoring() + _training()


def _resources() -> tuple[Route, ...]:
    base = f"{COGNITIVE}/accounts"
    live = f"{base}/deployments"
    newer = arm.NEWER_VERSIONS
    return (
        Route(
            "GET",
            path(SUBSCRIPTION + PROVIDER + "/accounts"),
            f"{base}/read",
            _ANY,
            reads.accounts,
            "accounts",
        ),
        Route("GET", path(GROUP + PROVIDER + "/accounts"), f"{base}/read", _ANY, reads.accounts, "accounts"),
        Route("GET", path(ACCOUNT), f"{base}/read", _ANY, reads.account, "accounts"),
        Route(
            "GET",
            path(ACCOUNT + "/models"),
            f"{base}/models/read",
            _ANY,
            reads.account_models,
            "accounts/models",
        ),
        Route(
            "GET",
            path(ACCOUNT + "/usages"),
            f"{base}/usages/read",
            _ANY,
            reads.account_usages,
            "accounts/usages",
        ),
        Route("POST", path(ACCOUNT + "/listKeys"), f"{base}/listKeys/action", _ANY, reads.keys, "accounts"),
        Route(
            "GET",
            path(ACCOUNT + "/raiPolicies"),
            f"{base}/raiPolicies/read",
            _ANY,
            reads.policies,
            "raiPolicies",
        ),
        Route(
            "GET",
            path(ACCOUNT + "/raiPolicies/(?P<policy>[^/]+)"),
            f"{base}/raiPolicies/read",
            _ANY,
            reads.policy,
            "raiPolicies",
        ),
        Route(
            "GET", path(ACCOUNT + "/deployments"), f"{live}/read", _ANY, deployments.listing, "deployments"
        ),
        Route("GET", path(DEPLOYMENT), f"{live}/read", _ANY, deployments.get, "deployments"),
        Route("PUT", path(DEPLOYMENT), f"{live}/write", _ANY, deployments.put, "deployments"),
        Route("PATCH", path(DEPLOYMENT), f"{live}/write", _ANY, deployments.patch, "deployments"),
        Route("DELETE", path(DEPLOYMENT), f"{live}/delete", _ANY, deployments.delete, "deployments"),
        Route("GET", path(DEPLOYMENT + "/skus"), f"{live}/read", _ANY, deployments.skus, "deployments/skus"),
        Route(
            "POST",
            path(DEPLOYMENT + "/pause"),
            f"{live}/pause/action",
            newer,
            deployments.pause,
            "deployments",
        ),
        Route(
            "POST",
            path(DEPLOYMENT + "/resume"),
            f"{live}/resume/action",
            newer,
            deployments.resume,
            "deployments",
        ),
    )


def _regional() -> tuple[Route, ...]:
    places = f"{COGNITIVE}/locations"
    return (
        Route(
            "GET", path(LOCATION + "/usages"), f"{places}/usages/read", _ANY, reads.location_usages, "usages"
        ),
        Route(
            "GET", path(LOCATION + "/models"), f"{places}/models/read", _ANY, reads.location_models, "models"
        ),
        Route(
            "GET",
            path(LOCATION + "/modelCapacities"),
            f"{places}/modelCapacities/read",
            _ANY,
            reads.capacities,
            "modelCapacities",
        ),
        Route(
            "GET",
            path(SUBSCRIPTION + PROVIDER + "/modelCapacities"),
            f"{COGNITIVE}/modelCapacities/read",
            _ANY,
            reads.capacities,
            "modelCapacities",
        ),
        Route(
            "GET",
            path(LOCATION + "/operationResults/(?P<operation>[^/]+)"),
            OPERATION_RESULTS,
            _ANY,
            deployments.operation,
            "locations/operationResults",
        ),
    )


def _monitoring() -> tuple[Route, ...]:
    versions = arm.METRICS_VERSIONS
    return (
        Route(
            "GET",
            path(ACCOUNT + _INSIGHTS + "/metrics"),
            "Microsoft.Insights/metrics/read",
            versions,
            metrics.answer,
            "metrics",
        ),
        Route(
            "GET",
            path(ACCOUNT + _INSIGHTS + "/metricDefinitions"),
            "Microsoft.Insights/metricDefinitions/read",
            versions,
            metrics.definitions,
            "metricDefinitions",
        ),
        Route(
            "GET",
            path(ACCOUNT + _INSIGHTS + "/diagnosticSettings"),
            "Microsoft.Insights/diagnosticSettings/read",
            arm.DIAGNOSTICS_VERSIONS,
            reads.diagnostics,
            "diagnosticSettings",
        ),
        Route(
            "GET",
            path(SUBSCRIPTION + _INSIGHTS + "/eventtypes/management/values"),
            "Microsoft.Insights/eventtypes/values/read",
            arm.ACTIVITY_VERSIONS,
            reads.events,
            "eventtypes",
        ),
        Route(
            "GET",
            path(ACCOUNT + r"/providers/Microsoft\.ResourceHealth/availabilityStatuses/current"),
            "Microsoft.ResourceHealth/availabilityStatuses/read",
            arm.HEALTH_VERSIONS,
            reads.health,
            "availabilityStatuses",
        ),
        Route(
            "GET",
            path(_scope() + r"/providers/Microsoft\.Authorization/permissions"),
            PERMISSIONS,
            arm.PERMISSIONS_VERSIONS,
            reads.permissions,
            "permissions",
        ),
    )


def _training() -> tuple[Route, ...]:
    none: frozenset[str] = frozenset()
    return (
        Route("GET", path(_JOBS), FINE_TUNES, none, reads.jobs),
        Route("GET", path(_JOBS + "/(?P<job>[^/]+)"), FINE_TUNES, none, reads.job),
        Route("GET", path(_JOBS + "/(?P<job>[^/]+)/checkpoints"), FINE_TUNES, none, reads.checkpoints),
    )
