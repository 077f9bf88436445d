"""Trace a lineage: from the base model over training job and checkpoint to every deployment that serves it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.configuration import Configuration
from bot.domain.deployment import Account, Deployment, DeploymentRef
from bot.domain.errors import CountersignError, NotFoundError
from bot.domain.inventory import Checkpoint, Lifecycle, TrainingJob
from bot.ports.registry import Readers


@dataclass(frozen=True)
class Serving:
    """A deployment that serves a model of the job: which one, and whether it is the very same."""

    live: Deployment
    alias: str
    is_same: bool


@dataclass(frozen=True)
class Lineage:
    """The chain. Without a job the deployment serves a base model, or `gap` says what could not be read."""

    alias: str
    live: Deployment
    job: TrainingJob | None
    checkpoint: Checkpoint | None
    life: Lifecycle | None
    serving: tuple[Serving, ...]
    gaps: tuple[str, ...]
    at: datetime


async def trace_lineage(
    ref: DeploymentRef, alias: str, *, readers: Readers, configuration: Configuration, now: datetime
) -> Lineage:
    """Return the lineage of a deployment; what could not be read is a gap.

    Raises:
        NotFoundError, AzureUnavailableError: the deployment itself could not be looked at.
    """
    live = await readers.azure.deployment(ref)
    gaps: list[str] = []
    job = await _job(ref, live, readers, gaps)
    base = job.base_model if job else live.model.name
    life, found = await asyncio.gather(
        _life(ref.account, base, readers, gaps),
        asyncio.gather(*(_of_account(account, readers, gaps) for account in configuration.accounts)),
    )
    models = _models(live, job)
    serving = [
        Serving(each, _alias(each, configuration), each.model.name.lower() == live.model.name.lower())
        for deployments in found
        for each in deployments
        if each.model.name.lower() in models
    ]
    return Lineage(alias, live, job, _checkpoint(live, job), life, tuple(serving), tuple(gaps), now)


async def _job(ref: DeploymentRef, live: Deployment, readers: Readers, gaps: list[str]) -> TrainingJob | None:
    try:
        return await readers.training.job_of(ref, live.model.name)
    except NotFoundError as error:
        gaps.append(f"{error} {error.advice}".strip())
    except CountersignError as error:
        gaps.append(f"The training job could not be read: {error} {error.advice}".strip())
    return None


async def _life(account: Account, base: str, readers: Readers, gaps: list[str]) -> Lifecycle | None:
    try:
        lives = await readers.inventory.lifecycles(account)
    except CountersignError as error:
        gaps.append(f"The base model's life could not be read: {error}")
        return None
    return next((each for each in lives if f"{each.model}-{each.version}".lower() == base.lower()), None)


async def _of_account(account: Account, readers: Readers, gaps: list[str]) -> Sequence[Deployment]:
    try:
        return await readers.azure.deployments(account)
    except CountersignError as error:
        gaps.append(f"The deployments of {account.name} could not be read: {error}")
        return ()


def _models(live: Deployment, job: TrainingJob | None) -> frozenset[str]:
    made = [] if job is None else [job.result_model, *(each.model for each in job.checkpoints)]
    return frozenset(name.lower() for name in (live.model.name, *made) if name)


def _checkpoint(live: Deployment, job: TrainingJob | None) -> Checkpoint | None:
    name = live.model.name.lower()
    found = [
        each for each in (job.checkpoints if job else ()) if name in (each.model.lower(), each.id.lower())
    ]
    return found[0] if found else None


def _alias(live: Deployment, configuration: Configuration) -> str:
    target = configuration.target_of(live.ref)
    return target.alias if target else ""
