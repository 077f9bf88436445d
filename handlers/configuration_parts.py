"""The shape of `countersign.toml`, one class per table; unknown keys are refused."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=False, populate_by_name=True)


class WorkspacePart(_Part):
    """[workspace]."""

    team_id: str = Field(pattern=r"^T[A-Z0-9]+$")
    app_id: str = ""
    audit_channel: str = ""
    feed_channel: str = ""
    incident_channel_pattern: str = ""


class AuditPart(_Part):
    """[audit]."""

    origin: str = Field(min_length=3)


class TimingPart(_Part):
    """[timing]: durations such as 30m."""

    validation_window: str = "30m"
    observation_window: str = "2h"
    evidence_max_age: str = "15m"
    doubt_grace: str = "90s"
    reconcile_every: str = "5m"


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
    """[[people]]."""

    user: str
    entra_oid: str


class GroupPart(_Part):
    """[groups.<name>]."""

    users: list[str] = []
    usergroup: str = ""


class RulePart(_Part):
    """[policy.<environment>.<tier>]."""

    quorum: int = Field(ge=0, le=10)
    groups: list[str] = []
    distinct_groups: bool = False
    required_groups: list[str] = []
    request_expires: str
    approval_expires: str
    may_apply: list[str]
    may_rollback: list[str] = []
    break_glass: bool = False
    expires_warning: str = ""


class FreezePart(_Part):
    """[[freeze]]."""

    name: str
    start: datetime = Field(alias="from")
    end: datetime = Field(alias="to")
    targets: list[str] = ["*"]
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
    timing: TimingPart = TimingPart()
    accounts: list[AccountPart] = Field(min_length=1)
    targets: list[TargetPart] = []
    people: list[PersonPart] = []
    groups: dict[str, GroupPart] = {}
    policy: dict[str, dict[str, Any]] = {}
    freeze: list[FreezePart] = []
    policy_rule: list[FieldRulePart] = []


TABLES: dict[str, type[BaseModel]] = {
    "workspace": WorkspacePart,
    "audit": AuditPart,
    "timing": TimingPart,
    "accounts": AccountPart,
    "targets": TargetPart,
    "people": PersonPart,
    "groups": GroupPart,
    "freeze": FreezePart,
    "policy_rule": FieldRulePart,
}
