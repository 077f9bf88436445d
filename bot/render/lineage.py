"""A lineage for a person: base model, training job, checkpoint, model, and everything that serves it."""

from bot.domain.az_command import (
    checkpoints_list,
    deployment_list,
    deployment_show,
    region_models_list,
    training_job_show,
)
from bot.domain.inventory import Checkpoint, Lifecycle, TrainingJob
from bot.ports.slack import Message
from bot.render.blocks import context, footer, header, say, section, table
from bot.render.by_hand import by_hand
from bot.render.look_buttons import look_buttons
from bot.render.texts import code, count, escape, one_line, utc, when
from bot.render.texts import words as safe
from bot.usecases.trace_lineage import Lineage, Serving

_ROWS = 20


def render_lineage(lineage: Lineage, *, ref: str, share_value: str = "") -> Message:
    """Return the chain from top to bottom, and the deployments as a table."""
    alias, live, job = one_line(lineage.alias), lineage.live, lineage.job
    steps = [
        f"*Base model* · {code(job.base_model if job else live.model.name)}{_life(lineage.life)}",
        *([_job(job), _checkpoint(lineage.checkpoint)] if job else []),
        f"*Model* · {code(live.model.name)} version {code(live.model.version or 'none')}",
    ]
    gaps = [f"• {safe(one_line(gap), 400)}" for gap in lineage.gaps[:6]]
    accounts = {each.live.ref.account.name: each.live.ref.account for each in lineage.serving}
    az = [*_by_hand(lineage), *map(deployment_list, accounts.values())]
    served = count(len(lineage.serving), "deployment")
    origin = f"trained from {job.base_model} by {job.id}" if job else "no training job is known"
    text = f"Lineage of {alias}: {live.model.name}, {origin}, served by {served}."
    return say(
        escape(text, 800),
        [
            header(f"{alias} · Lineage"),
            context(
                "*Read-only*",
                f"{escape(one_line(live.ref.account.environment), 60)} · {code(live.ref.account.account, 80)} / "
                f"{code(live.ref.deployment, 80)}",
                f"Taken {when(lineage.at)}",
            ),
            section("\n↓\n".join(steps)),
            section(f"*Served by {served}*"),
            table(
                [
                    ("Target", "Environment", "Deployment", "SKU", "Serves"),
                    *map(_row, lineage.serving[:_ROWS]),
                ]
            ),
            *([section("*Not read*\n" + "\n".join(gaps))] if gaps else []),
            *by_hand(az),
            *look_buttons(share_value),
            footer(ref),
        ],
    )


def _by_hand(lineage: Lineage) -> list[str]:
    """Return the commands that show the chain, from the deployment up to its base model's life."""
    account, job = lineage.live.ref.account, lineage.job
    chain = [training_job_show(account, job.id), checkpoints_list(account, job.id)] if job else []
    return [
        deployment_show(lineage.live.ref),
        *chain,
        *([region_models_list(account)] if lineage.life else []),
    ]


def _life(life: Lifecycle | None) -> str:
    if life is None:
        return ""
    ends = f", inference ends {utc(life.inference_ends)}" if life.inference_ends else ""
    after = f", then {escape(life.replacement, 80)}" if life.replacement else ""
    return f" · {escape(life.status, 60) or 'status unknown'}{ends}{after}"


def _job(job: TrainingJob) -> str:
    finished = f", finished {utc(job.finished_at)}" if job.finished_at else ""
    settings = ", ".join(f"{name} {value}" for name, value in sorted(job.hyperparameters.items()))
    tokens = f", {job.trained_tokens:,} tokens trained" if job.trained_tokens is not None else ""
    about = f"{job.method}, {job.status}{finished}{tokens}"
    beside = f"\n{escape(settings, 300)} · seed {escape(job.seed, 40) or 'unknown'}" if settings else ""
    return f"*Training job* · {code(job.id)} · {escape(about, 300)} · {count(job.files, 'file')}{beside}"


def _checkpoint(checkpoint: Checkpoint | None) -> str:
    if checkpoint is None:
        return "*Checkpoint* · the job's final model"
    losses = [("training loss", checkpoint.train_loss), ("validation loss", checkpoint.valid_loss)]
    said = "".join(f", {name} {escape(value, 30)}" for name, value in losses if value)
    return f"*Checkpoint* · {code(checkpoint.id)} · step {checkpoint.step:,}{said}"


def _row(each: Serving) -> tuple[str, ...]:
    live = each.live
    what = "this model" if each.is_same else "another checkpoint"
    account = live.ref.account
    return (
        each.alias or "not a target",
        f"{account.environment} · {account.name}",
        live.ref.deployment,
        f"{live.sku.name} {live.sku.capacity:,}",
        what,
    )
