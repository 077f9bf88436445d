"""When does this deployment retire?"""

from datetime import UTC, datetime, time
from typing import ClassVar

from bot.domain.az_command import deployment_show, models_list
from bot.domain.deployment import DeploymentRef
from bot.domain.evidence import Fact
from bot.domain.retirements import SOURCE, VERSION, fine_tuned_end
from bot.ports.registry import Readers


class RetirementSection:
    """The countdown to the end of a fine-tuned deployment, and of its base model."""

    key: ClassVar[str] = "retirement"
    title: ClassVar[str] = "Retirement"

    async def look(self, readers: Readers, ref: DeploymentRef, now: datetime) -> tuple[Fact, ...]:
        """Return the fine-tuned date from the table, the base model's dates and its replacement from Azure."""
        live = await readers.azure.deployment(ref)
        show, known = deployment_show(ref), models_list(ref.account)
        end = fine_tuned_end(live.model.name)
        left = ""
        if end is None:
            retires = "unknown: the table does not name its base model"
        else:
            retires = end.isoformat()
            left = f"{(datetime.combine(end, time(), UTC) - now).days:,} days left"
        facts = [
            Fact("Fine-tuned deployment retires", retires, "", show, now, left),
            Fact("According to", f"{SOURCE}, version {VERSION}", "", show, now),
        ]
        base = live.model.name.partition(".ft-")[0]
        for each in await readers.inventory.lifecycles(ref.account):
            if f"{each.model}-{each.version}" == base:
                facts.append(
                    Fact("Base model", f"{each.model} {each.version} · {each.status}", "", known, now)
                )
                if each.fine_tune_ends is not None:
                    facts.append(Fact("Training ends", f"{each.fine_tune_ends:%Y-%m-%d}", "", known, now))
                if each.replacement:
                    facts.append(Fact("Replaced by", each.replacement, "", known, now))
        return tuple(facts)
