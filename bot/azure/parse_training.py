"""Fine-tuning jobs and checkpoints to values, by allow-list: no file name, grader, message or metadata."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from math import isfinite

from bot.azure import parse
from bot.domain.inventory import Checkpoint, TrainingJob
from bot.domain.json import Json

Raw = Mapping[str, Json]
HYPERPARAMETERS = (
    "batch_size",
    "beta",
    "compute_multiplier",
    "eval_interval",
    "eval_samples",
    "learning_rate_multiplier",
    "n_epochs",
    "reasoning_effort",
)
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_SETTING = re.compile(r"auto|default|low|medium|high|[0-9][0-9.e+-]{0,19}")


def job(raw: Raw) -> TrainingJob:
    """Return a fine-tuning job, without its checkpoints."""
    method = parse.at(raw, "method")
    kind = parse.word(method, "type") or "supervised"
    settings = {**parse.at(raw, "hyperparameters"), **parse.at(parse.at(method, kind), "hyperparameters")}
    known = {name: _setting(settings.get(name)) for name in HYPERPARAMETERS}
    results = raw.get("result_files")
    files = (
        raw.get("training_file"),
        raw.get("validation_file"),
        *(results if isinstance(results, list) else ()),
    )
    tokens = raw.get("trained_tokens")
    return TrainingJob(
        id=identifier(raw),
        base_model=parse.required(raw, "model"),
        method=kind,
        status=parse.required(raw, "status"),
        result_model=parse.word(raw, "fine_tuned_model"),
        seed=_setting(raw.get("seed")),
        hyperparameters={name: value for name, value in known.items() if value},
        trained_tokens=tokens if isinstance(tokens, int) and not isinstance(tokens, bool) else None,
        created_at=_epoch(raw.get("created_at")),
        finished_at=_epoch(raw.get("finished_at")),
        files=sum(isinstance(each, str) and bool(each) for each in files),
    )


def checkpoint(raw: Raw) -> Checkpoint:
    """Return a checkpoint with its losses."""
    metrics = parse.at(raw, "metrics")
    valid = metrics.get("full_valid_loss")
    return Checkpoint(
        id=identifier(raw),
        step=parse.integer(raw, "step_number"),
        model=parse.word(raw, "fine_tuned_model_checkpoint"),
        train_loss=_setting(metrics.get("train_loss")),
        valid_loss=_setting(metrics.get("valid_loss") if valid is None else valid),
    )


def identifier(raw: Raw) -> str:
    """Return the id of a job or checkpoint; raise ValueError when it could change the path it is put into."""
    value = raw.get("id")
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise ValueError("id")
    return value


def _setting(value: Json) -> str:
    """Return a number, or one of the few words a setting can be, as text; empty for anything else."""
    if isinstance(value, bool) or (isinstance(value, float) and not isfinite(value)):
        return ""
    text = str(value) if isinstance(value, int | float | str) else ""
    return text if _SETTING.fullmatch(text) else ""


def _epoch(value: Json) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 1e11:
        return None
    return datetime.fromtimestamp(value, UTC)
