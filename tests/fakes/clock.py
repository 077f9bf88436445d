"""A clock that stands still until it is told to move."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@dataclass
class FakeClock:
    """The time, moved by hand, forward only."""

    time: datetime = NOON

    def now(self) -> datetime:
        """Return the time."""
        return self.time

    def pass_by(self, span: timedelta) -> None:
        """Let time pass."""
        assert span >= timedelta(0), "time does not go back"
        self.time += span

    def reach(self, moment: datetime) -> None:
        """Let time pass until a moment, if it is still ahead."""
        self.time = max(self.time, moment)
