"""What Azure says around a deployment: its account, its history, who may touch it, how the platform is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class AccountPosture:
    """How an account is set up and protected. Endpoints, addresses and key identifiers are counted, never kept."""

    kind: str
    sku: str
    location: str
    provisioning_state: str
    local_auth: bool | None
    public_network: str
    network_default: str
    network_rules: int
    private_endpoints: Mapping[str, int]
    encryption: str
    identity: str
    tags: Mapping[str, str]
    observed_at: datetime
    endpoint_kind: str = ""


@dataclass(frozen=True)
class Operator:
    """The identity that looks: its credential, Entra object id, kind and tenant; empty where its token is silent."""

    credential: str
    object_id: str = ""
    kind: str = ""
    tenant: str = ""


@dataclass(frozen=True)
class DiagnosticSetting:
    """A diagnostic setting: its name, the categories it sends, and to what kinds of place."""

    name: str
    categories: tuple[str, ...]
    destinations: tuple[str, ...]


@dataclass(frozen=True)
class Health:
    """What Azure Resource Health says of the account."""

    state: str
    reason: str
    since: datetime | None


@dataclass(frozen=True)
class ActivityEntry:
    """One control-plane write: when, what, how it went, by whom (Entra object id or application), correlation id.

    `request` is the id that the caller gave its call; empty when it gave none.
    """

    at: datetime
    operation: str
    status: str
    caller: str
    correlation: str
    resource: str
    request: str = ""


@dataclass(frozen=True)
class RoleAssignment:
    """A principal's role at a scope, and which of the three dangerous things its actions allow."""

    principal: str
    principal_type: str
    role: str
    scope: str
    may_write: bool
    may_delete: bool
    may_list_keys: bool


@dataclass(frozen=True)
class Lifecycle:
    """A base model's life in a region: status, when inference and fine-tuning end, and what replaces it."""

    model: str
    version: str
    status: str
    inference_ends: datetime | None
    fine_tune_ends: datetime | None
    replacement: str = ""


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint of a training job: its step, its model, its losses (decimal texts, empty when not given)."""

    id: str
    step: int
    model: str
    train_loss: str = ""
    valid_loss: str = ""


@dataclass(frozen=True)
class TrainingJob:
    """A fine-tuning job. File names, prompts, graders and messages are never kept; file ids are counted."""

    id: str
    base_model: str
    method: str
    status: str
    result_model: str
    seed: str
    hyperparameters: Mapping[str, str]
    trained_tokens: int | None
    created_at: datetime | None
    finished_at: datetime | None
    files: int
    checkpoints: tuple[Checkpoint, ...] = ()


@dataclass(frozen=True)
class LogFigures:
    """What the request logs say of a window; `partial` when Log Analytics gave only a part."""

    requests: int
    throttled: int
    client_errors: int
    server_errors: int
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    partial: bool = False
    by_status: Mapping[str, int] = field(default_factory=dict)
