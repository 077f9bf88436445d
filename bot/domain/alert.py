"""An alert of Azure Monitor: what fired or was resolved, on which resources, and what became of it here."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.domain.configuration import Configuration
from bot.domain.incident import Severity

_SEVERITIES = {"Sev0": Severity.SEV1, "Sev1": Severity.SEV2, "Sev2": Severity.SEV3}


class AlertCondition(StrEnum):
    """Whether the trouble began or is over, as Azure Monitor says."""

    FIRED = "Fired"
    RESOLVED = "Resolved"


@dataclass(frozen=True)
class Alert:
    """One notification; it is kept once per `alert_id` and `condition`.

    `resources` are lower-cased ARM ids of accounts or deployments; `deployment` is what the dimension
    ModelDeploymentName says; `figure` is what was measured, in words. `correlation` is that of the write an activity
    log alert is about; `at` is then when that happened. `targets` are the aliases it is mapped to, `incident` the
    one it joined or declared.
    """

    alert_id: str
    condition: AlertCondition
    rule: str
    severity: str
    at: datetime
    resources: tuple[str, ...]
    deployment: str = ""
    figure: str = ""
    correlation: str = ""
    targets: frozenset[str] = field(default_factory=frozenset)
    incident: int = 0
    number: int = 0

    @property
    def words(self) -> str:
        """Return what it says, in one sentence."""
        did = "fired" if self.condition is AlertCondition.FIRED else "was resolved"
        said = f": {self.figure}" if self.figure else ""
        return f"The alert {self.rule or 'without a name'} ({self.severity or 'no severity'}) {did}{said}."

    @property
    def title(self) -> str:
        """Return what an incident is called that it declares."""
        return f"{self.rule or 'Alert'} on {', '.join(sorted(self.targets))}"[:200]


def severity_of(alert: Alert) -> Severity:
    """Return how bad an incident is that an alert declares: Azure's Sev0 is SEV1; Sev3 and Sev4 are SEV4."""
    return _SEVERITIES.get(alert.severity, Severity.SEV4)


def targets_of(alert: Alert, configuration: Configuration) -> frozenset[str]:
    """Return the aliases that an alert is about: of a deployment its own, of an account all of them."""
    return frozenset(
        target.alias
        for target in configuration.targets
        for resource in alert.resources
        if _is_about(
            resource, alert.deployment, target.ref.account.arm_id.lower(), target.ref.deployment.lower()
        )
    )


def _is_about(resource: str, deployment: str, account: str, name: str) -> bool:
    if resource == f"{account}/deployments/{name}":
        return True
    return resource == account and deployment.lower() in ("", name)
