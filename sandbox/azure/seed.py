"""The believable company that the simulated Azure starts with: accounts, deployments, training, filters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sandbox.azure.names import Json, account_id, iso, stable_guid, stable_hex

PROD = "aoai-contoso-weu"
TEST = "aoai-contoso-test-swc"
PIPELINE_CALLER = stable_guid("principal", "release-pipeline")


@dataclass(frozen=True)
class Account:
    """One Azure OpenAI account."""

    name: str
    group: str
    location: str
    environment: str
    private: bool

    @property
    def id(self) -> str:
        """Return the ARM id."""
        return account_id(self.group, self.name)


@dataclass(frozen=True)
class Profile:
    """How an application uses one deployment: demand at the daily peak, size and pace of a request."""

    peak_tokens: float
    prompt: int = 400
    generated: int = 150
    latency_ms: float = 900.0
    share_400: float = 0.004
    share_500: float = 0.0008
    idle_since_days: float | None = None


@dataclass(frozen=True)
class SeedDeployment:
    """One deployment of the first day."""

    account: str
    name: str
    job: str
    sku: str
    capacity: int
    policy: str
    upgrade: str | None
    age_days: float
    profile: Profile
    tags: Mapping[str, str] = field(default_factory=dict)
    spillover: str = ""


@dataclass(frozen=True)
class SeedJob:
    """One fine-tuning job; `ended_days` counts back from the start, None means still running."""

    key: str
    account: str
    base: tuple[str, str]
    suffix: str
    ended_days: float | None
    hours: float
    steps: int
    status: str = "succeeded"
    epochs: int = 3

    @property
    def base_name(self) -> str:
        """Return the base model as training jobs write it."""
        return "-".join(self.base)

    @property
    def model(self) -> str | None:
        """Return the name of the fine-tuned model, None when there is none."""
        if self.status != "succeeded":
            return None
        return f"{self.base_name}.ft-{stable_hex('model', self.key)}-{self.suffix}"

    @property
    def id(self) -> str:
        """Return the job's id."""
        return f"ftjob-{stable_hex('job', self.key)}"


ACCOUNTS: tuple[Account, ...] = (
    Account(PROD, "rg-ai-prod", "westeurope", "production", private=True),
    Account(TEST, "rg-ai-test", "swedencentral", "test", private=False),
)

_MINI = ("gpt-4.1-mini", "2025-04-14")
JOBS: tuple[SeedJob, ...] = (
    SeedJob("triage-v1", PROD, _MINI, "support-triage", 46.0, 3.4, 420),
    SeedJob("triage-v2", PROD, _MINI, "support-triage-v2", 3.1, 4.1, 510),
    SeedJob("contract", PROD, ("gpt-4.1", "2025-04-14"), "contract-extract", 71.0, 7.8, 360, epochs=2),
    SeedJob("email", PROD, ("gpt-4o-mini", "2024-07-18"), "email-draft", 212.0, 2.2, 300),
    SeedJob("contract-v2", PROD, ("gpt-4.1", "2025-04-14"), "contract-extract-v2", 9.0, 1.1, 0, "failed"),
    SeedJob("triage-exp", TEST, _MINI, "support-triage-exp", 1.2, 3.9, 480),
    SeedJob("router", TEST, ("gpt-4.1-nano", "2025-04-14"), "intent-router", 38.0, 0.9, 240),
    SeedJob("summary", TEST, _MINI, "summary", 25.0, 2.6, 330),
    SeedJob("summary-v2", TEST, _MINI, "summary-v2", None, 0.0, 90, "running"),
)


def _tags(environment: str, owner: str, ticket: str, **more: str) -> Mapping[str, str]:
    return {"environment": environment, "owner": owner, "ticket": ticket, "managed-by": "bicep"} | more


DEPLOYMENTS: tuple[SeedDeployment, ...] = (
    SeedDeployment(
        PROD,
        "support-triage-ft",
        "triage-v1",
        "Standard",
        120,
        "strict-support-v3",
        "NoAutoUpgrade",
        41.0,
        Profile(146_000, 620, 140, 780.0),
        _tags("production", "support-ai", "OPS-1187"),
    ),
    SeedDeployment(
        PROD,
        "contract-extract-ft",
        "contract",
        "GlobalStandard",
        60,
        "Microsoft.DefaultV2",
        "OnceNewDefaultVersionAvailable",
        66.0,
        Profile(26_000, 3200, 420, 4200.0),
        _tags("production", "legal-ai", "OPS-1042", **{"declared-upgrade": "NoAutoUpgrade"}),
    ),
    SeedDeployment(
        PROD,
        "email-draft-ft",
        "email",
        "Standard",
        30,
        "Microsoft.DefaultV2",
        "NoAutoUpgrade",
        205.0,
        Profile(16_000, 380, 260, 1500.0),
        _tags("production", "growth-ai", "OPS-0611"),
        "contract-extract-ft",
    ),
    SeedDeployment(
        TEST,
        "support-triage-ft-test",
        "triage-exp",
        "DeveloperTier",
        20,
        "lenient-test-v1",
        None,
        0.375,
        Profile(3_000, 620, 140, 950.0),
        _tags("test", "support-ai", "OPS-1203"),
    ),
    SeedDeployment(
        TEST,
        "intent-router-ft",
        "router",
        "Standard",
        15,
        "Microsoft.DefaultV2",
        None,
        36.0,
        Profile(4_000, 180, 12, 310.0, idle_since_days=13.0),
        _tags("test", "support-ai", "OPS-1120"),
    ),
    SeedDeployment(
        TEST,
        "summary-ft",
        "summary",
        "Standard",
        10,
        "Microsoft.DefaultV2",
        "NoAutoUpgrade",
        22.0,
        Profile(4_500, 1500, 220, 1900.0),
        _tags("test", "content-ai", "OPS-1155"),
    ),
)

# severity threshold of each harm for prompts, then for completions; whether Jailbreak blocks
POLICIES: Mapping[str, tuple[str, str, bool]] = {
    "Microsoft.DefaultV2": ("Medium", "Medium", True),
    "strict-support-v3": ("Low", "Low", True),
    "lenient-test-v1": ("High", "High", False),
}
REJECTED_SHARE: Mapping[str, float] = {
    "Microsoft.DefaultV2": 0.002,
    "strict-support-v3": 0.007,
    "lenient-test-v1": 0.0004,
}


def policy_body(account: Account, name: str, start: datetime) -> Json:
    """Return a content filter policy in ARM's RaiPolicy shape."""
    prompt, completion, jailbreak = POLICIES[name]
    filters: list[Json] = [
        {"name": harm, "enabled": True, "blocking": True, "severityThreshold": level, "source": source}
        for source, level in (("Prompt", prompt), ("Completion", completion))
        for harm in ("Hate", "Sexual", "Violence", "Selfharm")
    ]
    filters.append({"name": "Jailbreak", "enabled": True, "blocking": jailbreak, "source": "Prompt"})
    managed = name.startswith("Microsoft.")
    properties: Json = {
        "mode": "Blocking" if managed else "Default",
        "type": "SystemManaged" if managed else "UserManaged",
        "contentFilters": filters,
    }
    if not managed:
        properties["basePolicyName"] = "Microsoft.DefaultV2"
    return {
        "id": f"{account.id}/raiPolicies/{name}",
        "name": name,
        "type": "Microsoft.CognitiveServices/accounts/raiPolicies",
        "etag": f'"{stable_guid("policy", account.name, name)}"',
        "properties": properties,
        "systemData": system_data(PIPELINE_CALLER, start - timedelta(days=90)),
    }


def system_data(caller: str, moment: datetime) -> Json:
    """Return ARM's system data for something made by an application."""
    kind = "User" if "@" in caller else "Application"
    return {
        "createdBy": caller,
        "createdByType": kind,
        "createdAt": iso(moment),
        "lastModifiedBy": caller,
        "lastModifiedByType": kind,
        "lastModifiedAt": iso(moment),
    }


def account_body(account: Account, start: datetime) -> Json:
    """Return an account in ARM's shape."""
    return {
        "id": account.id,
        "name": account.name,
        "type": "Microsoft.CognitiveServices/accounts",
        "kind": "OpenAI",
        "location": account.location,
        "etag": f'"{stable_guid("account", account.name)}"',
        "sku": {"name": "S0"},
        "identity": {"type": "SystemAssigned", "principalId": stable_guid("msi", account.name)},
        "tags": _account_tags(account),
        "properties": _account_properties(account, start),
        "systemData": system_data(PIPELINE_CALLER, start - timedelta(days=400)),
    }


def _account_tags(account: Account) -> Json:
    tags = {"environment": account.environment, "owner": "platform", "workload": "fine-tuned-models"}
    return tags | ({"cost-center": "cc-4410"} if account.private else {})


def _account_properties(account: Account, start: datetime) -> Json:
    host = f"https://{account.name}.openai.azure.com/"
    rule = {"key": "openai.dalle.post", "renewalPeriod": 1, "count": 30, "dynamicThrottlingEnabled": False}
    action = "Deny" if account.private else "Allow"
    return {
        "customSubDomainName": account.name,
        "endpoint": host,
        "endpoints": {"OpenAI Language Model Instance API": host},
        "dateCreated": iso(start - timedelta(days=400)),
        "disableLocalAuth": account.private,
        "dynamicThrottlingEnabled": False,
        "isMigrated": False,
        "networkAcls": {"defaultAction": action, "ipRules": [], "virtualNetworkRules": []},
        "privateEndpointConnections": [_private_endpoint(account)] if account.private else [],
        "provisioningState": "Succeeded",
        "publicNetworkAccess": "Disabled" if account.private else "Enabled",
        "callRateLimit": {"rules": [rule]},
    }


def _private_endpoint(account: Account) -> Json:
    name = f"pe-{account.name}.{stable_guid('pe', account.name)}"
    group = account.id.rsplit("/providers/", 1)[0]
    return {
        "id": f"{account.id}/privateEndpointConnections/{name}",
        "name": name,
        "type": "Microsoft.CognitiveServices/accounts/privateEndpointConnections",
        "properties": {
            "groupIds": ["account"],
            "privateEndpoint": {
                "id": f"{group}/providers/Microsoft.Network/privateEndpoints/pe-{account.name}"
            },
            "privateLinkServiceConnectionState": {"status": "Approved", "description": "Approved"},
            "provisioningState": "Succeeded",
        },
    }


def job_body(job: SeedJob, start: datetime) -> Json:
    """Return a fine-tuning job as the OpenAI data plane answers it."""
    ended = None if job.ended_days is None else start - timedelta(days=job.ended_days)
    created = (ended or start) - timedelta(hours=job.hours + 0.4)
    hyper: Json = {"n_epochs": job.epochs, "batch_size": 8, "learning_rate_multiplier": 1.8}
    failed = job.status == "failed"
    return {
        "id": job.id,
        "object": "fine_tuning.job",
        "model": job.base_name,
        "created_at": int(created.timestamp()),
        "finished_at": int(ended.timestamp()) if ended else None,
        "estimated_finish": None if ended else int((start + timedelta(hours=2)).timestamp()),
        "fine_tuned_model": job.model,
        "status": job.status,
        "seed": int(stable_hex("seed", job.key, length=7), 16),
        "trained_tokens": job.steps * 8 * 640 if job.model else None,
        "training_file": f"file-{stable_hex('train', job.key)}",
        "validation_file": f"file-{stable_hex('valid', job.key)}",
        "result_files": [f"file-{stable_hex('result', job.key)}"] if job.model else [],
        "hyperparameters": hyper,
        "method": {"type": "supervised", "supervised": {"hyperparameters": hyper}},
        "suffix": job.suffix,
        "metadata": {},
        "integrations": [],
        "error": {"code": "invalid_training_file", "message": "The training file has invalid lines."}
        if failed
        else None,
    }


def checkpoint_bodies(job: SeedJob, start: datetime) -> list[Json]:
    """Return the checkpoints of a finished job, newest first."""
    if job.model is None or job.ended_days is None:
        return []
    ended = start - timedelta(days=job.ended_days)
    found: list[Json] = []
    for index in range(3):
        step = job.steps * (3 - index) // 3
        loss = 0.31 + 0.12 * index
        found.append(
            {
                "id": f"ftchkpt-{stable_hex('checkpoint', job.key, step)}",
                "object": "fine_tuning.job.checkpoint",
                "created_at": int((ended - timedelta(minutes=3 + 25 * index)).timestamp()),
                "fine_tuned_model_checkpoint": job.model if index == 0 else f"{job.model}:ckpt-step-{step}",
                "fine_tuning_job_id": job.id,
                "step_number": step,
                "metrics": {
                    "step": step,
                    "train_loss": round(loss, 4),
                    "train_mean_token_accuracy": round(0.93 - 0.03 * index, 4),
                    "valid_loss": round(loss + 0.05, 4),
                    "valid_mean_token_accuracy": round(0.91 - 0.03 * index, 4),
                    "full_valid_loss": round(loss + 0.06, 4),
                    "full_valid_mean_token_accuracy": round(0.905 - 0.03 * index, 4),
                },
            }
        )
    return found


def job_named(key: str) -> SeedJob:
    """Return the seed job with that key."""
    return next(job for job in JOBS if job.key == key)
