"""Which models and SKUs the simulated regions offer, with their bounds and quota limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.azure.names import Json, iso_seconds


@dataclass(frozen=True)
class SkuRule:
    """Bounds of one SKU's capacity, in thousands of tokens per minute (PTU for provisioned)."""

    name: str
    minimum: int
    maximum: int
    step: int
    default: int
    allowed: tuple[int, ...] = ()

    def body(self) -> Json:
        """Return the bounds in ARM's CapacityConfig shape."""
        bounds: Json = {
            "minimum": self.minimum,
            "maximum": self.maximum,
            "step": self.step,
            "default": self.default,
        }
        return bounds | ({"allowedValues": list(self.allowed)} if self.allowed else {})

    def accepts(self, capacity: int) -> bool:
        """Tell whether the capacity lies within the bounds and on the grid."""
        if self.allowed:
            return capacity in self.allowed
        within = self.minimum <= capacity <= self.maximum
        return within and (capacity - self.minimum) % self.step == 0


SKU_RULES: Mapping[str, SkuRule] = {
    rule.name.lower(): rule
    for rule in (
        SkuRule("Standard", 1, 300, 1, 10),
        SkuRule("GlobalStandard", 1, 1000, 1, 10),
        SkuRule("DataZoneStandard", 1, 600, 1, 10),
        SkuRule("DeveloperTier", 10, 250, 10, 10, (10, 20, 50, 100, 250)),
        SkuRule("ProvisionedManaged", 25, 200, 25, 50, (25, 50, 75, 100, 150, 200)),
    )
}
PAUSABLE = frozenset({"standard", "globalstandard", "datazonestandard"})


@dataclass(frozen=True)
class BaseModel:
    """One model that the simulated regions offer for fine-tuning and for inference."""

    name: str
    version: str
    lifecycle: str
    retires_in_days: int
    training_ends_in_days: int
    status: str
    default: bool = False
    successor: tuple[str, str] | None = None

    @property
    def full_name(self) -> str:
        """Return name and version joined as training jobs write them."""
        return f"{self.name}-{self.version}"


BASE_MODELS: tuple[BaseModel, ...] = (
    BaseModel("gpt-4.1", "2025-04-14", "GenerallyAvailable", 326, 230, "Tentative", True),
    BaseModel("gpt-4.1-mini", "2025-04-14", "GenerallyAvailable", 326, 230, "Tentative", True),
    BaseModel("gpt-4.1-nano", "2025-04-14", "GenerallyAvailable", 326, 230, "Tentative", True),
    BaseModel(
        "gpt-4o-mini", "2024-07-18", "Deprecating", 74, -50, "Planned", True, ("gpt-4.1-mini", "2025-04-14")
    ),
    BaseModel("gpt-4o", "2024-08-06", "Deprecating", 74, -50, "Planned", False, ("gpt-4.1", "2025-04-14")),
)


@dataclass(frozen=True)
class Quota:
    """One quota pool of a region: its limit and what others in the subscription use of it."""

    limit: int
    others: int


QUOTAS: Mapping[tuple[str, str, str], Quota] = {
    ("westeurope", "Standard", "gpt-4.1-mini"): Quota(240, 30),
    ("westeurope", "Standard", "gpt-4.1"): Quota(100, 10),
    ("westeurope", "Standard", "gpt-4.1-nano"): Quota(200, 0),
    ("westeurope", "Standard", "gpt-4o-mini"): Quota(200, 20),
    ("westeurope", "Standard", "gpt-4o"): Quota(100, 0),
    ("westeurope", "GlobalStandard", "gpt-4.1-mini"): Quota(1000, 100),
    ("westeurope", "GlobalStandard", "gpt-4.1"): Quota(500, 40),
    ("westeurope", "GlobalStandard", "gpt-4.1-nano"): Quota(1000, 0),
    ("westeurope", "GlobalStandard", "gpt-4o-mini"): Quota(500, 0),
    ("westeurope", "GlobalStandard", "gpt-4o"): Quota(450, 0),
    ("westeurope", "ProvisionedManaged", "gpt-4.1-mini"): Quota(100, 0),
    ("swedencentral", "Standard", "gpt-4.1-mini"): Quota(150, 20),
    ("swedencentral", "Standard", "gpt-4.1"): Quota(80, 0),
    ("swedencentral", "Standard", "gpt-4.1-nano"): Quota(150, 10),
    ("swedencentral", "Standard", "gpt-4o-mini"): Quota(100, 0),
    ("swedencentral", "GlobalStandard", "gpt-4.1-mini"): Quota(500, 0),
    ("swedencentral", "GlobalStandard", "gpt-4.1"): Quota(250, 0),
    ("swedencentral", "DeveloperTier", "gpt-4.1-mini"): Quota(250, 0),
    ("swedencentral", "DeveloperTier", "gpt-4.1"): Quota(250, 0),
    ("swedencentral", "DeveloperTier", "gpt-4.1-nano"): Quota(250, 0),
}


def locations() -> frozenset[str]:
    """Return the regions that the simulation knows."""
    return frozenset(location for location, _, _ in QUOTAS)


def skus_of(location: str, model: str) -> tuple[SkuRule, ...]:
    """Return the SKUs in which a base model can be deployed in a region."""
    return tuple(SKU_RULES[sku.lower()] for place, sku, name in QUOTAS if (place, name) == (location, model))


def usage_name(sku: str, model: str) -> str:
    """Return the name of the quota pool of a SKU and a base model."""
    rule = SKU_RULES.get(sku.lower())
    return f"OpenAI.{rule.name if rule else sku}.{model}"


def base_model(name: str, version: str | None = None) -> BaseModel | None:
    """Return the base model of that name (and version, when given)."""
    for model in BASE_MODELS:
        if model.name.lower() == name.lower() and version in (None, model.version):
            return model
    return None


def _midnight(start: datetime, days: int) -> str:
    moment = start + timedelta(days=days)
    return iso_seconds(moment.replace(hour=0, minute=0, second=0, microsecond=0))


def _skus_body(model: BaseModel, location: str, retires: str) -> list[Json]:
    return [
        {
            "name": rule.name,
            "usageName": usage_name(rule.name, model.name),
            "deprecationDate": retires,
            "capacity": rule.body(),
        }
        for rule in skus_of(location, model.name)
    ]


def _made_by_microsoft(day: str) -> Json:
    moment = f"{day}T00:00:00Z"
    return {
        "createdBy": "Microsoft",
        "createdByType": "Application",
        "createdAt": moment,
        "lastModifiedBy": "Microsoft",
        "lastModifiedByType": "Application",
        "lastModifiedAt": moment,
    }


def model_body(model: BaseModel, location: str, start: datetime) -> Json:
    """Return a base model in ARM's AccountModel shape."""
    retires = _midnight(start, model.retires_in_days)
    able = {"fineTune": "true", "inference": "true", "chatCompletion": "true"}
    body: Json = {
        "format": "OpenAI",
        "name": model.name,
        "version": model.version,
        "isDefaultVersion": model.default,
        "maxCapacity": max((rule.maximum for rule in skus_of(location, model.name)), default=0),
        "capabilities": able | {"responses": "true"},
        "finetuneCapabilities": able,
        "deprecation": {
            "fineTune": _midnight(start, model.training_ends_in_days),
            "inference": retires,
            "deprecationStatus": model.status,
        },
        "lifecycleStatus": model.lifecycle,
        "skus": _skus_body(model, location, retires),
        "systemData": _made_by_microsoft(model.version),
    }
    if model.successor:
        body["replacementConfig"] = {
            "targetModelName": model.successor[0],
            "targetModelVersion": model.successor[1],
            "upgradeOnExpiryLeadTimeDays": 14,
        }
    return body
