"""The shape of `countersign.toml`, one class per table; unknown keys are refused."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.fields import FieldInfo

from handlers.configuration_anchors import AnchorsPart
from handlers.configuration_incidents import IncidentsPart

Duration = Annotated[str, Field(json_schema_extra={"pattern": "^[0-9]{1,6}[smhdw]$"})]
Names = Annotated[list[str], Field(min_length=1)]
Flag = Annotated[bool, Field(strict=True)]
Whole = Annotated[int, Field(strict=True)]
TierName = Literal["standard", "normal", "high", "critical"]
ImpactName = Literal["modifying", "destructive", "cost", "security"]
KindName = Annotated[str, Field(min_length=1)]
EntraId = Annotated[str, StringConstraints(strip_whitespace=True, to_lower=True, min_length=1)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=False, populate_by_name=True)


class WorkspacePart(_Part):
    """[workspace]."""

    team_id: str = Field(pattern=r"^T[A-Z0-9]+$")
    app_id: str = ""
    audit_channel: str = ""
    feed_channel: str = ""
    incident_channel_pattern: str = ""
    freeze_groups: list[str] = []
    auditor_groups: list[str] = []
    shared_channels: list[Annotated[str, Field(pattern=r"^[CG][A-Z0-9]+$")]] = []


class AuditPart(_Part):
    """[audit]."""

    origin: str = Field(min_length=3)
    high_water: str = ""


class PrivacyPart(_Part):
    """[privacy]."""

    commit_actor_ids: Flag = False
    shred_backups: Flag = False
    keys: str = ""


class TimingPart(_Part):
    """[timing]: durations such as 30m."""

    validation_window: Duration = "30m"
    observation_window: Duration = "2h"
    evidence_max_age: Duration = "15m"
    doubt_grace: Duration = "90s"
    reconcile_every: Duration = "5m"


class AccountPart(_Part):
    """[[accounts]]."""

    name: str = Field(min_length=1)
    environment: str = Field(min_length=1)
    subscription: str = Field(min_length=1)
    resource_group: str = Field(min_length=1)
    account: str = Field(min_length=1)
    location: str = Field(min_length=1)
    log_workspace: str = ""


class TargetPart(_Part):
    """[[targets]]."""

    alias: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
    account: str
    deployment: str
    owner: str = Field(pattern=r"^[UW][A-Z0-9]+$")
    channel: str = Field(pattern=r"^[CG][A-Z0-9]+$")
    first_symptom: str = ""
    monthly_budget_usd: Decimal | None = None
    declared: str = ""
    runbook: dict[str, str | int | float | bool] = {}
    serves: str = ""
    dependents: list[Annotated[str, Field(min_length=1)]] = []


class PersonPart(_Part):
    """[[people]]. An id is one id however it is spelled: accounts that share it are one person."""

    user: str = Field(pattern=r"^[UW][A-Z0-9]+$")
    entra_oid: EntraId


class GroupPart(_Part):
    """[groups.<name>]."""

    users: list[str] = []
    usergroup: str = ""


class RulePart(_Part):
    """[policy.<environment>.<tier>]."""

    quorum: Whole = Field(ge=0, le=10)
    groups: list[str] = []
    distinct_groups: Flag = False
    required_groups: list[str] = []
    request_expires: Duration
    approval_expires: Duration
    may_apply: Names
    may_rollback: list[str] = []
    break_glass: Flag = False
    auto_rollback: Flag = False
    rollback_approvals: Whole = Field(default=0, ge=0, le=1)
    mapped_only: Flag = False
    expires_warning: Annotated[str, Field(json_schema_extra={"pattern": "^([0-9]{1,6}[smhdw])?$"})] = ""


class EnvironmentPart(_Part):
    """[policy.<environment>]: what holds in the whole environment, and a table for each tier that is possible."""

    may_request: list[str] = []
    in_place: Flag = False
    security_groups: Names | None = None
    standard: RulePart | None = None
    normal: RulePart | None = None
    high: RulePart | None = None
    critical: RulePart | None = None
    emergency: RulePart | None = None


class TemplatePart(_Part):
    """[[templates]]: a standard change, within bounds."""

    name: str = Field(min_length=1)
    kind: KindName
    environment: str = Field(min_length=1)
    targets: Names = ["*"]
    groups: Names
    tier: Literal["standard"] = "standard"
    min_capacity: Whole | None = Field(default=None, ge=0)
    max_capacity: Whole | None = Field(default=None, ge=0)
    max_rise_percent: Whole | None = Field(default=None, ge=0)
    max_fall_percent: Whole | None = Field(default=None, ge=0, le=100)
    tags: list[str] = []


class DelegationPart(_Part):
    """[[delegation]]: a vote lent to somebody else until a time."""

    giver: str = Field(alias="from", pattern=r"^[UW][A-Z0-9]+$")
    taker: str = Field(alias="to", pattern=r"^[UW][A-Z0-9]+$")
    groups: Names
    until: datetime


class TierRulePart(_Part):
    """[[tier_rule]]: a tier raised or lowered, and why."""

    name: str = Field(min_length=1)
    reason: str = Field(min_length=1)
    raise_to: TierName | None = None
    lower_to: TierName | None = None
    environments: Names = ["*"]
    kinds: Names = ["*"]
    targets: Names = ["*"]
    impact: list[ImpactName] = []


class FreezePart(_Part):
    """[[freeze]]."""

    name: str = Field(min_length=1)
    start: datetime = Field(alias="from")
    end: datetime = Field(alias="to")
    targets: Names = ["*"]
    override: list[str] = []


class FieldRulePart(_Part):
    """[[policy_rule]]: what a field of a deployment must be."""

    name: str = Field(min_length=1)
    field: str
    must: Literal["equals", "one_of", "at_least", "at_most"]
    value: str | int | float | bool | list[str | int | float | bool]
    targets: list[str] = ["*"]


class FilePart(_Part):
    """The whole file."""

    workspace: WorkspacePart
    audit: AuditPart
    anchors: AnchorsPart = AnchorsPart()
    privacy: PrivacyPart = PrivacyPart()
    incidents: IncidentsPart = IncidentsPart()
    timing: TimingPart = TimingPart()
    accounts: list[AccountPart] = Field(min_length=1)
    targets: list[TargetPart] = []
    people: list[PersonPart] = []
    groups: dict[str, GroupPart] = {}
    policy: dict[str, EnvironmentPart] = {}
    templates: list[TemplatePart] = []
    delegation: list[DelegationPart] = []
    tier_rule: list[TierRulePart] = []
    freeze: list[FreezePart] = []
    policy_rule: list[FieldRulePart] = []


def part_at(place: Sequence[str]) -> type[BaseModel]:
    """Return the table that a place of the file belongs to, such as `("policy", "production", "high", "quorum")`."""
    part: type[BaseModel] = FilePart
    for name in place[:-1]:
        part = _inside(part.model_fields.get(name)) or part
    return part


def _inside(field: FieldInfo | None) -> type[BaseModel] | None:
    """Return the table a key holds, in a list, under names or by itself."""
    pending: list[Any] = [] if field is None else [field.annotation]
    while pending:
        found = pending.pop()
        if isinstance(found, type) and issubclass(found, BaseModel):
            return found
        pending.extend(get_args(found))
    return None
