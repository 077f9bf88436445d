"""Reads around a deployment: account, history, access, training, logs, and what was declared of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.deployment import Account, DeploymentRef, Target
from bot.domain.effect import Effect
from bot.domain.errors import NotFoundError
from bot.domain.evidence import Window
from bot.domain.inventory import (
    AccountPosture,
    ActivityEntry,
    DiagnosticSetting,
    Health,
    Lifecycle,
    LogFigures,
    Operator,
    RoleAssignment,
    TrainingJob,
)
from bot.domain.json import Json


class InventoryReader(Protocol):
    """Reads of the control plane around deployments. Raises (every method): AzureUnavailableError, NotFoundError."""

    async def tenant(self, account: Account) -> str:
        """Return the Entra tenant that the account's subscription trusts."""
        ...

    async def posture(self, account: Account) -> AccountPosture:
        """Return how the account is set up and protected."""
        ...

    async def diagnostics(self, account: Account) -> Sequence[DiagnosticSetting]:
        """Return the account's diagnostic settings, by name."""
        ...

    async def health(self, account: Account) -> Health:
        """Return what Azure Resource Health says of the account."""
        ...

    async def lifecycles(self, account: Account) -> Sequence[Lifecycle]:
        """Return the life of every base model in the account's region."""
        ...

    async def activity(self, account: Account, since: datetime, until: datetime) -> Sequence[ActivityEntry]:
        """Return the writes on the account and its deployments, newest first."""
        ...

    async def role_assignments(self, account: Account) -> Sequence[RoleAssignment]:
        """Return who holds a role that reaches the account."""
        ...


class OperatorReader(Protocol):
    """Who looks. Raises nothing: what cannot be known is empty."""

    async def operator(self) -> Operator:
        """Return the identity whose reads these are."""
        ...


class UnknownOperator:
    """Who looks where no identity is connected: nobody that has a name."""

    async def operator(self) -> Operator:
        """Return nobody."""
        return Operator("")


class TrainingReader(Protocol):
    """Reads of the data plane: fine-tuning jobs. Raises: AzureUnavailableError, NotFoundError."""

    async def job_of(self, ref: DeploymentRef, model: str) -> TrainingJob:
        """Return the job whose result, or one of whose checkpoints, is this model, with its checkpoints."""
        ...

    async def jobs(self, account: Account) -> Sequence[TrainingJob]:
        """Return every job of the account, newest first, without checkpoints."""
        ...


class LogsReader(Protocol):
    """Reads of Log Analytics. Raises: AzureUnavailableError; NotFoundError when no workspace is configured."""

    async def figures(self, ref: DeploymentRef, window: Window) -> LogFigures:
        """Return counts by status and percentiles of the duration of requests."""
        ...


class JournalReader(Protocol):
    """What Countersign's own record says of a deployment; it is read, never written."""

    async def sent(self, ref: DeploymentRef) -> Sequence[Effect]:
        """Return every step of a change that was sent to the deployment."""
        ...


class NothingSent:
    """What was sent where no record is connected: nothing."""

    async def sent(self, ref: DeploymentRef) -> Sequence[Effect]:
        """Return nothing."""
        return ()


class DeclaredReader(Protocol):
    """What was declared of a target in files and configuration; the bot reads it, never writes it."""

    def target(self, ref: DeploymentRef) -> Target | None:
        """Return the target that aliases a deployment."""
        ...

    def document(self, target: Target) -> Mapping[str, Json]:
        """Return the declared ARM template of a target; raise NotFoundError when none is declared."""
        ...


class NothingDeclared:
    """What is declared where no files are configured: nothing."""

    def target(self, ref: DeploymentRef) -> Target | None:
        """Return no target."""
        return None

    def document(self, target: Target) -> Mapping[str, Json]:
        """Raise NotFoundError."""
        raise NotFoundError(
            f"Nothing is declared for {target.alias}.",
            advice="Name its template in `declared` of [[targets]].",
        )
