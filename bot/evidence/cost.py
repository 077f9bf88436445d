"""What does it cost? Eight drivers, each a value or `unknown`."""

import asyncio
from datetime import datetime, timedelta
from typing import ClassVar

from bot.domain.az_command import (
    deployment_show,
    diagnostics_list,
    metrics_list,
    training_job_show,
    training_jobs_list,
)
from bot.domain.budget import budget_words, forecast, hours_of, month_to_date
from bot.domain.deployment import Deployment, DeploymentRef
from bot.domain.errors import CountersignError
from bot.domain.evidence import DECLARED, Fact, Window, own
from bot.domain.prices import PRICES_VERSION, SOURCE, hosting_per_hour, spending
from bot.ports.registry import Readers

_MONTH_HOURS = 730
_WEEK = timedelta(days=7)
_HOUR = timedelta(hours=1)
TOKENS = ("ProcessedPromptTokens", "GeneratedTokens")
UNKNOWN = "unknown"
PRICES = f"prices of version {PRICES_VERSION}"
NO_METRIC = "Azure's list of metrics, which has none for them"


class CostSection:
    """The eight drivers of cost of a fine-tuned deployment, as estimates."""

    key: ClassVar[str] = "cost"
    title: ClassVar[str] = "Cost (estimates)"

    async def look(self, readers: Readers, ref: DeploymentRef, now: datetime) -> tuple[Fact, ...]:
        """Return training, hosting, tokens, evaluation, reservation, monitoring, storage and retraining."""
        live = await readers.azure.deployment(ref)
        trained, stored, again = await _training(readers, ref, live, now)
        week = Window(now - _WEEK, now)
        tokens = await readers.metrics.series(ref, "TokenTransaction", week, interval=_HOUR)
        total = f"{sum(each.total for each in tokens):,.0f}"
        counted = metrics_list(ref, "TokenTransaction", week, "PT1H")
        return (
            trained,
            own("Hosting", _hosting(live), now, PRICES),
            Fact("Tokens, 7 days", total, "tokens", counted, now),
            own("Evaluation runs", f"{UNKNOWN}: Azure has no metric for them", now, NO_METRIC),
            Fact("Reserved capacity", _reserved(live), "", deployment_show(ref), now),
            Fact("Monitoring", await _monitoring(readers, ref), "", diagnostics_list(ref.account), now),
            stored,
            again,
            await _budget(readers, ref, live, now),
            own(
                "Prices", f"examples, version {PRICES_VERSION}: {SOURCE}; your contract decides", now, PRICES
            ),
        )


async def _training(
    readers: Readers, ref: DeploymentRef, live: Deployment, now: datetime
) -> tuple[Fact, Fact, Fact]:
    listed = training_jobs_list(ref.account)
    names = ("Training", "Training-file storage", "Retraining")
    try:
        job = await readers.training.job_of(ref, live.model.name)
        jobs = [
            each for each in await readers.training.jobs(ref.account) if each.base_model == job.base_model
        ]
    except CountersignError as error:
        why = (f"{UNKNOWN}: {error}", UNKNOWN, UNKNOWN)
        first, second, third = (
            Fact(name, said, "", listed, now) for name, said in zip(names, why, strict=True)
        )
        return first, second, third
    show = training_job_show(ref.account, job.id)
    tokens = UNKNOWN if job.trained_tokens is None else f"{job.trained_tokens:,} tokens, once"
    return (
        Fact(names[0], tokens, "", show, now),
        Fact(names[1], f"{job.files} files", "", show, now),
        Fact(names[2], f"{len(jobs)} jobs on {job.base_model} so far", "", listed, now),
    )


def _hosting(live: Deployment) -> str:
    price = hosting_per_hour(live.sku.name)
    if price is None:
        return f"{UNKNOWN}: no price for {live.sku.name}"
    month = price * _MONTH_HOURS
    return f"${price}/h, about ${month:,.0f} a month, calls or not"


def _reserved(live: Deployment) -> str:
    if "provisioned" in live.sku.name.lower():
        return f"{live.sku.capacity:,} PTU"
    return "none: pay as you go"


async def _monitoring(readers: Readers, ref: DeploymentRef) -> str:
    try:
        settings = await readers.inventory.diagnostics(ref.account)
    except CountersignError as error:
        return f"{UNKNOWN}: {error}"
    return f"{len(settings)} diagnostic settings; ingestion is billed by volume" if settings else "none"


async def _budget(readers: Readers, ref: DeploymentRef, live: Deployment, now: datetime) -> Fact:
    target = readers.declared.target(ref)
    if target is None or target.monthly_budget_usd is None:
        return own("Budget", "none recorded", now, DECLARED)
    so_far = month_to_date(live.created_at, now)
    prompt, generated = await asyncio.gather(
        *(readers.metrics.series(ref, name, so_far, interval=_HOUR) for name in TOKENS)
    )
    hours = float(hours_of(so_far))
    counts = [sum(each.total for each in found) for found in (prompt, generated)]
    expected = forecast(spending(live.sku.name, live.model.name, counts[0], counts[1], hours), so_far)
    words = budget_words(target.monthly_budget_usd, expected, target.owner)
    spent = f"month to date ${expected.spent:,.0f}" if expected else ""
    return own("Budget", words, now, f"{DECLARED} and {PRICES}", spent)
