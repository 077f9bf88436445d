"""What each of the two sandbox identities may do: the roles of deploy/roles, action for action."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from sandbox.azure.names import COGNITIVE, Json


@dataclass(frozen=True)
class Role:
    """Allowed actions of the control plane and of the data plane."""

    actions: tuple[str, ...]
    data_actions: tuple[str, ...] = ()

    def allows(self, action: str) -> bool:
        """Tell whether the action is in the role."""
        wanted = action.lower()
        granted = self.actions + self.data_actions + ALWAYS
        return any(fnmatchcase(wanted, one.lower()) for one in granted)

    def body(self) -> Json:
        """Return the role in the shape of Microsoft.Authorization/permissions."""
        return {
            "actions": list(self.actions),
            "notActions": [],
            "dataActions": list(self.data_actions),
            "notDataActions": [],
        }


AUTHORIZATION = "Microsoft.Authorization"
OPERATION_RESULTS = f"{COGNITIVE}/locations/operationResults/read"
PERMISSIONS = "Microsoft.Authorization/permissions/read"
FINE_TUNES = f"{COGNITIVE}/accounts/OpenAI/fine-tunes/read"
LOGS_QUERY = "Microsoft.OperationalInsights/workspaces/query/read"
LOGS_TABLE = "Microsoft.OperationalInsights/workspaces/query/AzureDiagnostics/read"
SUBSCRIPTIONS = "Microsoft.Resources/subscriptions/read"
ALWAYS = (PERMISSIONS, SUBSCRIPTIONS)

READER_ROLE = Role(
    (
        f"{COGNITIVE}/accounts/read",
        f"{COGNITIVE}/accounts/deployments/read",
        f"{COGNITIVE}/accounts/models/read",
        f"{COGNITIVE}/accounts/raiPolicies/read",
        f"{COGNITIVE}/locations/usages/read",
        f"{COGNITIVE}/locations/models/read",
        "Microsoft.Insights/metrics/read",
        "Microsoft.Insights/diagnosticSettings/read",
        "Microsoft.Insights/eventtypes/values/read",
        "Microsoft.ResourceHealth/availabilityStatuses/read",
        f"{AUTHORIZATION}/roleAssignments/read",
        f"{AUTHORIZATION}/roleDefinitions/read",
        PERMISSIONS,
        SUBSCRIPTIONS,
        LOGS_QUERY,
        LOGS_TABLE,
    ),
    (FINE_TUNES,),
)
EXECUTOR_ROLE = Role(
    (
        f"{COGNITIVE}/accounts/deployments/read",
        f"{COGNITIVE}/accounts/deployments/write",
        f"{COGNITIVE}/accounts/deployments/delete",
        f"{COGNITIVE}/accounts/deployments/pause/action",
        f"{COGNITIVE}/accounts/deployments/resume/action",
        f"{COGNITIVE}/accounts/models/read",
        f"{COGNITIVE}/accounts/raiPolicies/read",
        OPERATION_RESULTS,
        PERMISSIONS,
        f"{COGNITIVE}/locations/usages/read",
        "Microsoft.Insights/metrics/read",
    )
)
