"""What is this model made from, and where else does it serve?"""

import asyncio
from datetime import datetime
from typing import ClassVar

from bot.domain.az_command import checkpoints_list, deployment_list, training_job_show
from bot.domain.deployment import DeploymentRef
from bot.domain.evidence import Fact
from bot.ports.registry import Readers


class LineageSection:
    """Base model → training job → checkpoint → model → deployments."""

    key: ClassVar[str] = "lineage"
    title: ClassVar[str] = "Lineage"

    async def look(self, readers: Readers, ref: DeploymentRef, now: datetime) -> tuple[Fact, ...]:
        """Return the chain, read with the reader identity; names of training files are never read."""
        live, siblings = await asyncio.gather(
            readers.azure.deployment(ref), readers.azure.deployments(ref.account)
        )  # at once, so that the list is the one that the other sections are waiting for
        job = await readers.training.job_of(ref, live.model.name)
        serving = sorted(each.ref.deployment for each in siblings if each.model.name == live.model.name)
        step = next((point for point in job.checkpoints if point.model == live.model.name), None)
        az, steps = training_job_show(ref.account, job.id), checkpoints_list(ref.account, job.id)
        settings = ", ".join(f"{name} {value}" for name, value in sorted(job.hyperparameters.items()))
        rows = [
            ("Base model", job.base_model, az),
            ("Training job", f"{job.id} · {job.method} · {job.status}", az),
            ("Hyperparameters", settings or "not said", az),
            ("Checkpoint", f"step {step.step}" if step else "the job's final model", steps),
            ("Trained tokens", "unknown" if job.trained_tokens is None else f"{job.trained_tokens:,}", az),
            ("Finished", f"{job.finished_at:%Y-%m-%d}" if job.finished_at else "not finished", az),
            ("Training files", f"{job.files}", az),
            ("Serves as", ", ".join(serving), deployment_list(ref.account)),
        ]
        return tuple(Fact(name, value, "", command, now) for name, value, command in rows)
