"""An episode of trouble: one rule of the watch on one target, from the look that found it to the one that did not."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.signs import Finding, Sign

ENOUGH = 2  # looks that must agree


@dataclass(frozen=True)
class Episode:
    """What a rule finds critical on a target.

    `looks` is how often it was found in a row. `fired_at` is when people were told, or an incident was declared;
    None while one look alone says so. `ended_at` is None while it lasts. `ts` is the message that offers an incident,
    `incident` the one it declared or joined (0: none).
    """

    sign: Sign
    target: str
    began_at: datetime
    seen_at: datetime
    words: str
    figures: Mapping[str, str] = field(default_factory=dict)
    looks: int = 1
    fired_at: datetime | None = None
    ended_at: datetime | None = None
    incident: int = 0
    channel: str = ""
    ts: str = ""
    number: int = 0

    def is_ripe(self, found: Finding) -> bool:
        """Return whether people should be told now: it held at two looks, or cannot be a mistake; and only once."""
        return self.fired_at is None and (found.is_certain or self.looks >= ENOUGH)
