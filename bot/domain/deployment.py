"""Accounts, targets and deployments: what is looked at and what a change may touch."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from bot.domain.errors import InvalidInputError
from bot.domain.json import Json

_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
_ARM_ID = re.compile(
    rf"/subscriptions/(?P<subscription>[0-9a-fA-F-]{{36}})/resourceGroups/(?P<group>[A-Za-z0-9._()-]{{1,90}})"
    rf"/providers/Microsoft\.CognitiveServices/accounts/(?P<account>{_NAME})/deployments/(?P<deployment>{_NAME})",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Account:
    """One Azure OpenAI account, as `[[accounts]]` of countersign.toml declares it."""

    name: str
    environment: str
    subscription: str
    resource_group: str
    account: str
    location: str
    log_workspace: str = ""

    @property
    def arm_id(self) -> str:
        """Return the ARM id of the account, as declared (not lower-cased)."""
        return (
            f"/subscriptions/{self.subscription}/resourceGroups/{self.resource_group}"
            f"/providers/Microsoft.CognitiveServices/accounts/{self.account}"
        )


@dataclass(frozen=True)
class DeploymentRef:
    """A deployment in an account: the thing every read and every operation names."""

    account: Account
    deployment: str

    def __post_init__(self) -> None:
        """Refuse a name that could change the path it is put into."""
        if not re.fullmatch(_NAME, self.deployment):
            raise InvalidInputError(
                f"{self.deployment!r} is not a deployment name.",
                advice="Letters, digits, dots, dashes and underscores, 64 at most.",
            )

    @property
    def arm_id(self) -> str:
        """Return the ARM id of the deployment."""
        return f"{self.account.arm_id}/deployments/{self.deployment}"

    @property
    def key(self) -> str:
        """Return the lower-cased ARM id, for comparing and for the plan digest."""
        return self.arm_id.lower()


@dataclass(frozen=True)
class Target:
    """An aliased deployment with the people and words around it (`[[targets]]`)."""

    alias: str
    ref: DeploymentRef
    owner: str
    channel: str
    first_symptom: str = ""
    monthly_budget_usd: Decimal | None = None
    declared: str = ""
    runbook: Mapping[str, Json] = field(default_factory=dict, hash=False)
    serves: str = ""
    dependents: tuple[str, ...] = ()

    @property
    def environment(self) -> str:
        """Return the environment of the account the target lives in."""
        return self.ref.account.environment


@dataclass(frozen=True)
class Sku:
    """What capacity is bought: SKU name and capacity in units (1 unit = 1,000 tokens per minute on Standard)."""

    name: str
    capacity: int


@dataclass(frozen=True)
class Model:
    """The model a deployment serves."""

    name: str
    version: str
    format: str = "OpenAI"
    source: str = ""


@dataclass(frozen=True)
class RateLimit:
    """A limit Azure computed from the capacity: `count` per `period_seconds`."""

    key: str
    count: Decimal
    period_seconds: int


@dataclass(frozen=True)
class Deployment:
    """A live deployment, as one GET said it. `projection` is what may be written, and nothing else."""

    ref: DeploymentRef
    provisioning_state: str
    sku: Sku
    model: Model
    content_filter: str
    upgrade_option: str
    running_state: str
    projection: Mapping[str, Json]
    observed_at: datetime
    tags: Mapping[str, str] = field(default_factory=dict)
    rate_limits: tuple[RateLimit, ...] = ()
    created_at: datetime | None = None
    modified_at: datetime | None = None


@dataclass(frozen=True)
class SkuBounds:
    """What capacities a deployment's SKU accepts, in units."""

    name: str
    minimum: int
    maximum: int
    step: int = 1
    allowed: tuple[int, ...] = ()


@dataclass(frozen=True)
class Usage:
    """One quota line of a region: `current` of `limit`, in units of thousand tokens per minute."""

    name: str
    label: str
    current: Decimal
    limit: Decimal

    @property
    def left(self) -> Decimal:
        """Return what can still be allocated, never negative."""
        return max(Decimal(0), self.limit - self.current)


@dataclass(frozen=True)
class AvailableModel:
    """A model an account can deploy, with its lineage and its end dates."""

    name: str
    version: str
    base_name: str = ""
    base_version: str = ""
    lifecycle: str = ""
    inference_ends: datetime | None = None
    usage_names: Mapping[str, str] = field(default_factory=dict)
    format: str = "OpenAI"
    skus: tuple[SkuBounds, ...] = ()


_CATEGORIES = {"selfharm": "Self-harm"}


@dataclass(frozen=True, order=True)
class FilterRule:
    """One line of a content filter: a category on one side (prompt, completion, both) and what happens to it.

    `threshold` is the severity from which it blocks (Low, Medium, High); empty where a category has none.
    """

    category: str
    side: str
    is_blocking: bool = False
    threshold: str = ""
    is_enabled: bool = True

    @property
    def words(self) -> str:
        """Return what happens: `Hate, prompt: blocked from Medium`."""
        return f"{self.title}, {self.side}: {self.does}"

    @property
    def title(self) -> str:
        """Return the category as people write it; Azure says `Selfharm`."""
        return _CATEGORIES.get(self.category.lower(), self.category)

    @property
    def does(self) -> str:
        """Return what happens without the category: `blocked from Medium`, `annotated`, `off`."""
        if not self.is_enabled:
            return "off"
        does = "blocked" if self.is_blocking else "annotated"
        return f"{does} from {self.threshold}" if self.threshold else does


@dataclass(frozen=True)
class ContentFilter:
    """A content filter policy: its mode and, per category and side, what is blocked from which severity."""

    name: str
    mode: str
    rules: tuple[FilterRule, ...]


def parse_arm_id(text: str) -> tuple[str, str, str, str]:
    """Return (subscription, resource group, account, deployment) of a deployment's ARM id.

    Raises:
        InvalidInputError: the text is not exactly one deployment's ARM id.
    """
    match = _ARM_ID.fullmatch(text)
    if match is None or ".." in text:
        raise InvalidInputError(
            "That is not the ARM id of a deployment.",
            advice="Copy it from `az cognitiveservices account deployment show --query id`, or use an alias.",
        )
    return match["subscription"], match["group"], match["account"], match["deployment"]
