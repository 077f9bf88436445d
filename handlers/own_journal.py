"""What Countersign itself sent to deployments, read from the archive for those who look."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.deployment import DeploymentRef
from bot.domain.effect import Effect
from bot.ports.archive import Archive


@dataclass(frozen=True)
class OwnJournal:
    """The journal of effects; implements `bot.ports.inventory.JournalReader`."""

    archive: Archive

    async def sent(self, ref: DeploymentRef) -> Sequence[Effect]:
        """Return every step of a change that was sent to the deployment."""
        async with self.archive.reading() as look:
            return await look.effects_on(ref.key)
