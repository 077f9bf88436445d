"""What surrounds a deployment, from memory: account, history, access, training, logs, what was declared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bot.domain.deployment import Account, DeploymentRef, Target
from bot.domain.effect import Effect
from bot.domain.errors import CountersignError, NotFoundError
from bot.domain.evidence import Window
from bot.domain.inventory import (
    AccountPosture,
    ActivityEntry,
    Checkpoint,
    DiagnosticSetting,
    Health,
    Lifecycle,
    LogFigures,
    Operator,
    RoleAssignment,
    TrainingJob,
)
from bot.domain.json import Json

SEEN = datetime(2026, 11, 24, 12, 3, 20, tzinfo=UTC)
TENANT = "00000000-0000-0000-0000-0000000000c0"
READER = "00000000-0000-0000-0000-00000000ead0"
TRAINED = "gpt-4.1-mini-2025-04-14.ft-0a-triage"


def posture() -> AccountPosture:
    """Return a well-kept account."""
    return AccountPosture(
        kind="OpenAI",
        sku="S0",
        location="westeurope",
        provisioning_state="Succeeded",
        local_auth=False,
        public_network="Disabled",
        network_default="Deny",
        network_rules=2,
        private_endpoints={"Approved": 1},
        encryption="Microsoft.KeyVault",
        identity="SystemAssigned",
        tags={"owner": "support-ai"},
        observed_at=SEEN,
        endpoint_kind="custom subdomain",
    )


def training_job() -> TrainingJob:
    """Return the job whose result the fake deployment serves, with one checkpoint."""
    return TrainingJob(
        id="ftjob-0a",
        base_model="gpt-4.1-mini-2025-04-14",
        method="supervised",
        status="succeeded",
        result_model=TRAINED,
        seed="42",
        hyperparameters={"batch_size": "1", "n_epochs": "3"},
        trained_tokens=1_200_000,
        created_at=SEEN - timedelta(days=43),
        finished_at=SEEN - timedelta(days=42),
        files=2,
        checkpoints=(Checkpoint("ftchkpt-1", 100, f"{TRAINED}:ckpt-step-100", "0.41", "0.47"),),
    )


@dataclass
class _Breaking:
    """Whatever is named in `broken` raises instead."""

    broken: dict[str, CountersignError] = field(default_factory=dict)

    def _check(self, call: str) -> None:
        if call in self.broken:
            raise self.broken[call]


@dataclass
class MemoryInventory(_Breaking):
    """Answers around a deployment."""

    account: AccountPosture = field(default_factory=posture)
    settings: tuple[DiagnosticSetting, ...] = (
        DiagnosticSetting("to-logs", ("RequestResponse",), ("Log Analytics",)),
    )
    state: Health = field(default_factory=lambda: Health("Available", "", SEEN - timedelta(days=6)))
    lives: tuple[Lifecycle, ...] = (
        Lifecycle(
            "gpt-4.1-mini",
            "2025-04-14",
            "GenerallyAvailable",
            SEEN + timedelta(days=90),
            SEEN + timedelta(days=60),
        ),
    )
    writes: tuple[ActivityEntry, ...] = ()
    roles: tuple[RoleAssignment, ...] = ()

    async def tenant(self, account: Account) -> str:
        """Return the tenant."""
        self._check("tenant")
        return TENANT

    async def posture(self, account: Account) -> AccountPosture:
        """Return the account."""
        self._check("posture")
        return self.account

    async def diagnostics(self, account: Account) -> Sequence[DiagnosticSetting]:
        """Return the diagnostic settings."""
        self._check("diagnostics")
        return self.settings

    async def health(self, account: Account) -> Health:
        """Return the platform's state."""
        self._check("health")
        return self.state

    async def lifecycles(self, account: Account) -> Sequence[Lifecycle]:
        """Return the lives of base models."""
        self._check("lifecycles")
        return self.lives

    async def activity(self, account: Account, since: datetime, until: datetime) -> Sequence[ActivityEntry]:
        """Return the writes of the time asked for, newest first."""
        self._check("activity")
        found = [each for each in self.writes if since <= each.at <= until]
        return sorted(found, key=lambda each: each.at, reverse=True)

    async def role_assignments(self, account: Account) -> Sequence[RoleAssignment]:
        """Return who holds a role."""
        self._check("role_assignments")
        return self.roles


@dataclass
class MemoryOperator:
    """Who looks."""

    found: Operator = field(default_factory=lambda: Operator("managed", READER, "managed identity", TENANT))

    async def operator(self) -> Operator:
        """Return the identity."""
        return self.found


@dataclass
class MemoryTraining(_Breaking):
    """Fine-tuning jobs."""

    known: tuple[TrainingJob, ...] = field(default_factory=lambda: (training_job(),))

    async def job_of(self, ref: DeploymentRef, model: str) -> TrainingJob:
        """Return the job that made this model."""
        self._check("job_of")
        for job in self.known:
            if model in (job.result_model, *(each.model for each in job.checkpoints)):
                return job
        raise NotFoundError(f"No training job made {model}.")

    async def jobs(self, account: Account) -> Sequence[TrainingJob]:
        """Return every job."""
        self._check("jobs")
        return self.known


@dataclass
class MemoryLogs(_Breaking):
    """Figures of the request logs; None when no workspace is configured."""

    found: LogFigures | None = None

    async def figures(self, ref: DeploymentRef, window: Window) -> LogFigures:
        """Return the figures."""
        self._check("figures")
        if self.found is None:
            raise NotFoundError("No Log Analytics workspace is configured for this account.")
        return self.found


@dataclass
class MemoryJournal:
    """What Countersign itself sent."""

    found: tuple[Effect, ...] = ()

    async def sent(self, ref: DeploymentRef) -> Sequence[Effect]:
        """Return every step."""
        return self.found


@dataclass
class MemoryDeclared:
    """Targets and the documents that declare them, by alias."""

    targets: tuple[Target, ...] = ()
    documents: dict[str, Mapping[str, Json]] = field(default_factory=dict)

    def target(self, ref: DeploymentRef) -> Target | None:
        """Return the target that aliases a deployment."""
        return next((each for each in self.targets if each.ref.key == ref.key), None)

    def document(self, target: Target) -> Mapping[str, Json]:
        """Return the declared template."""
        if target.alias not in self.documents:
            raise NotFoundError(f"Nothing is declared for {target.alias}.")
        return self.documents[target.alias]
