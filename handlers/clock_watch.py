"""Comparing this machine's clock with those of Slack and Azure, by every answer of theirs."""

import structlog

from bot.domain.skew import NOTABLE_SECONDS, skew_of, wrong_words
from bot.ports.clock import Clock

LOG = structlog.get_logger("clock")


class ClockWatch:
    """Hears the Date of each answer; the last one of each source counts, so a clock that was set right heals it."""

    def __init__(self, wall: Clock) -> None:
        self._wall = wall
        self.skews: dict[str, float] = {}

    def hear(self, source: str, date: str) -> None:
        """Hear the Date of an answer that has just come; what is no date is not heard."""
        skew = skew_of(date, self._wall.now())
        if skew is None:
            return
        if abs(skew) > NOTABLE_SECONDS >= abs(self.skews.get(source, 0.0)):
            LOG.warning("clock.skewed", source=source, seconds=round(skew))
        self.skews[source] = skew

    def wrong(self) -> str:
        """Return why nothing is decided by this clock now; empty when it is right enough."""
        return wrong_words(self.skews)
