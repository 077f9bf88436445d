"""When does this deployment retire, and what happens to it on that day?"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import ClassVar

from bot.domain.az_command import region_models_list
from bot.domain.deployment import Account, Deployment, DeploymentRef
from bot.domain.evidence import Fact, own
from bot.domain.inventory import Lifecycle
from bot.domain.retirements import RULE, TABLE, fine_tuned_end, upgrade_judged
from bot.ports.registry import Readers


class RetirementSection:
    """The countdown to the end of a deployment, what its upgrade option makes of it, and its base model's life."""

    key: ClassVar[str] = "retirement"
    title: ClassVar[str] = "Retirement"

    async def look(self, readers: Readers, ref: DeploymentRef, now: datetime) -> tuple[Fact, ...]:
        """Return the end of a fine-tuned deployment from the table, of another from Azure, and the base's life."""
        live = await readers.azure.deployment(ref)
        base, mark, _ = live.model.name.partition(".ft-")
        named = base if mark else f"{live.model.name}-{live.model.version}"
        lives = await readers.inventory.lifecycles(ref.account)
        mine = [each for each in lives if f"{each.model}-{each.version}" == named]
        ends = _fine_tuned(live, now) if mark else _standard(live, mine, now)
        return (*ends, *(fact for each in mine for fact in _life(each, ref.account, now)))


def _fine_tuned(live: Deployment, now: datetime) -> list[Fact]:
    end = fine_tuned_end(live.model.name)
    if end is None:
        unknown = "unknown: the table does not name its base model"
        return [own("Fine-tuned deployment retires", unknown, now, TABLE)]
    return [
        own("Fine-tuned deployment retires", end.isoformat(), now, TABLE, _left(end, now)),
        own("On that day", upgrade_judged(live.upgrade_option, end, is_fine_tuned=True), now, RULE),
    ]


def _standard(live: Deployment, lives: Sequence[Lifecycle], now: datetime) -> list[Fact]:
    ends = [each.inference_ends.date() for each in lives if each.inference_ends is not None]
    az = region_models_list(live.ref.account)
    if not ends:
        return [Fact("Deployment retires", "unknown: Azure names no date for its model", "", az, now)]
    return [
        Fact("Deployment retires", ends[0].isoformat(), "", az, now, _left(ends[0], now)),
        own("On that day", upgrade_judged(live.upgrade_option, ends[0], is_fine_tuned=False), now, RULE),
    ]


def _life(each: Lifecycle, account: Account, now: datetime) -> list[Fact]:
    rows = [
        ("Base model", f"{each.model} {each.version} · {each.status}"),
        ("Training ends", f"{each.fine_tune_ends:%Y-%m-%d}" if each.fine_tune_ends else ""),
        ("Replaced by", each.replacement),
    ]
    return [Fact(name, value, "", region_models_list(account), now) for name, value in rows if value]


def _left(end: date, now: datetime) -> str:
    return f"{(datetime.combine(end, time(), UTC) - now).days:,} days left"
