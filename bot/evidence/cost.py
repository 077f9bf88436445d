"""What does it cost? Eight drivers, each a value or `unknown`."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import ClassVar

from bot.domain.az_command import deployment_show, metrics_list, training_job_show
from bot.domain.deployment import Deployment, DeploymentRef
from bot.domain.errors import CountersignError
from bot.domain.evidence import Fact, Window
from bot.domain.prices import PRICES_VERSION, hosting_per_hour
from bot.ports.registry import Readers

_MONTH_HOURS = 730
_WEEK = timedelta(days=7)
UNKNOWN = "unknown"


class CostSection:
    """The eight drivers of cost of a fine-tuned deployment, as estimates."""

    key: ClassVar[str] = "cost"
    title: ClassVar[str] = "Cost (estimates)"

    async def look(self, readers: Readers, ref: DeploymentRef, now: datetime) -> tuple[Fact, ...]:
        """Return training, hosting, tokens, evaluation, reservation, monitoring, storage and retraining."""
        live = await readers.azure.deployment(ref)
        show = deployment_show(ref)
        training = await _training(readers, ref, live)
        week = Window(now - _WEEK, now)
        tokens = await readers.metrics.series(ref, "TokenTransaction", week, interval=timedelta(hours=1))
        total = sum(each.total for each in tokens)
        rows = (
            ("Training", training[0], training[1]),
            ("Hosting", _hosting(live), show),
            ("Tokens, 7 days", f"{total:,.0f} tokens", metrics_list(ref, "TokenTransaction", week, "PT1H")),
            ("Evaluation runs", f"{UNKNOWN}: Azure has no metric for them", show),
            ("Reserved capacity", _reserved(live), show),
            ("Monitoring", await _monitoring(readers, ref), show),
            ("Training-file storage", training[2], training[1]),
            ("Retraining", training[3], training[1]),
            ("Budget", _budget(readers, ref, live), show),
            ("Prices", f"examples of version {PRICES_VERSION}; your contract decides", show),
        )
        return tuple(Fact(name, value, "", az, now) for name, value, az in rows)


async def _training(readers: Readers, ref: DeploymentRef, live: Deployment) -> tuple[str, str, str, str]:
    try:
        job = await readers.training.job_of(ref, live.model.name)
        jobs = [
            each for each in await readers.training.jobs(ref.account) if each.base_model == job.base_model
        ]
    except CountersignError as error:
        return f"{UNKNOWN}: {error}", training_job_show(ref.account, ""), UNKNOWN, UNKNOWN
    tokens = UNKNOWN if job.trained_tokens is None else f"{job.trained_tokens:,} tokens, once"
    again = f"{len(jobs)} jobs on {job.base_model} so far"
    return tokens, training_job_show(ref.account, job.id), f"{job.files} files", again


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


def _budget(readers: Readers, ref: DeploymentRef, live: Deployment) -> str:
    target = readers.declared.target(ref)
    if target is None or target.monthly_budget_usd is None:
        return "none recorded"
    price = hosting_per_hour(live.sku.name) or Decimal(0)
    share = (
        100 * price * _MONTH_HOURS / target.monthly_budget_usd if target.monthly_budget_usd else Decimal(0)
    )
    return f"${target.monthly_budget_usd:,.0f} a month; hosting alone takes {share:.0f} %; owner <@{target.owner}>"
