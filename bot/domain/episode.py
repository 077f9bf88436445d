"""An episode of trouble: one rule of the watch on one target, from the look that found it to those that did not."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.signs import Finding, Level, Sign

ENOUGH = 2  # looks that must agree before people are told
CALM = 3  # looks without it before what was told is over


@dataclass(frozen=True)
class Episode:
    """What a rule finds critical on a target.

    `looks` counts the looks in a row that found it, below zero those that found it healthy. `fired_at` is when people
    were told, or an incident was declared; None while one look alone says so. `ended_at` is None while it lasts.
    `ts` is the message that offers an incident, `incident` the one that it declared or joined (0: none).
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

    def after(self, found: Finding) -> int:
        """Return `looks` after another look; what is watched but not critical neither confirms nor ends it."""
        match found.level:
            case Level.CRITICAL:
                return max(self.looks, 0) + 1
            case Level.HEALTHY:
                return min(self.looks, 0) - 1
            case Level.WATCH | Level.UNKNOWN:
                return self.looks if self.fired_at else 0

    def is_over(self, looks: int) -> bool:
        """Return whether it ends with so many looks: at once when nobody was told, else after some calm ones."""
        return looks <= (-CALM if self.fired_at else 0)


def first_seen(found: Finding, target: str, at: datetime) -> Episode:
    """Return the episode that a critical finding begins."""
    return Episode(found.sign, target, min(found.since or at, at), at, found.words, found.figures)
