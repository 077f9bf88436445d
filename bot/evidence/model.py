"""Which model is served, what is it made from, and how long will it live?"""

from collections.abc import Sequence
from datetime import UTC, datetime, time
from typing import ClassVar

from bot.domain.az_command import deployment_show, models_list
from bot.domain.deployment import AvailableModel, DeploymentRef, Model
from bot.domain.evidence import Fact, own
from bot.domain.retirements import TABLE, fine_tuned_end, first_end
from bot.ports.registry import Readers


class ModelSection:
    """The model, its base and the end of its life."""

    key: ClassVar[str] = "model"
    title: ClassVar[str] = "Model"

    async def look(self, readers: Readers, ref: DeploymentRef, now: datetime) -> tuple[Fact, ...]:
        """Return name and version, the base model of a fine-tuned one, lifecycle and retirement."""
        live = await readers.azure.deployment(ref)
        show, known = deployment_show(ref), models_list(ref.account)
        facts = [
            Fact("Model", live.model.name, "", show, live.observed_at),
            Fact("Version", live.model.version or "not said", "", show, live.observed_at),
        ]
        models = await readers.azure.models(ref.account)
        listed = _find(models, live.model.name, live.model.version)
        if listed is None:
            return (*facts, Fact("Lifecycle", _unlisted(live.model), "", known, now))
        base = _find(models, listed.base_name, listed.base_version)
        if listed.base_name:
            facts.append(
                Fact("Base model", f"{listed.base_name} {listed.base_version}".strip(), "", known, now)
            )
        lifecycle = listed.lifecycle or (base.lifecycle if base else "")
        facts.append(Fact("Lifecycle", lifecycle or "not said", "", known, now))
        facts.extend(_ends(listed, base, known, now))
        return (*facts, *_retires(live.model.name, listed.inference_ends, now))


def _find(models: Sequence[AvailableModel], name: str, version: str) -> AvailableModel | None:
    named = [model for model in models if model.name.lower() == name.lower()]
    same = [model for model in named if model.version == version]
    return next(iter(same or named), None) if name else None


def _unlisted(model: Model) -> str:
    return f"{model.name} is not among the models this account can deploy"


def _ends(model: AvailableModel, base: AvailableModel | None, az: str, now: datetime) -> list[Fact]:
    ends = [("Inference ends", model.inference_ends)]
    if base is not None and model.base_name:
        ends.append(("Base model ends", base.inference_ends))
    return [
        Fact(name, end.date().isoformat(), "", az, now, _left(end, now))
        for name, end in ends
        if end is not None
    ]


def _retires(model: str, inference_ends: datetime | None, now: datetime) -> list[Fact]:
    """Return when the table retires deployments of a fine-tuned model, and which of its two ends comes first."""
    end = fine_tuned_end(model)
    if end is None:
        return []
    first = first_end(inference_ends.date() if inference_ends else None, end)
    left = _left(datetime.combine(end, time(), UTC), now)
    retires = own("Deployment retires", end.isoformat(), now, TABLE, left)
    return [retires, *([own("Comes first", first, now, TABLE)] if first else [])]


def _left(end: datetime, now: datetime) -> str:
    return f"{(end - now).days:,} days left"
