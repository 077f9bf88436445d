"""Counting who is turned away, so that nobody can fill the trail: one entry a minute for each person at most."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

EVERY = timedelta(seconds=60)
MOST = 1_000


@dataclass(frozen=True)
class Denied:
    """Somebody was refused something: a kind of door (`command` or `permission`), what, and why."""

    user: str
    team: str
    kind: str
    what: str
    why: str


@dataclass
class _Count:
    last: Denied
    since: datetime
    waiting: int = 0


@dataclass
class Denials:
    """What was counted since the last entry; kept in memory, so that a crash loses a minute's count, not more."""

    _counts: dict[tuple[str, str], _Count] = field(default_factory=dict)
    _unsigned: int = 0

    def count(self, denied: Denied, now: datetime) -> int:
        """Return how many attempts to record now, 0 when this one waits for the next entry."""
        key = (denied.user, denied.kind)
        known = self._counts.get(key)
        if known is None and len(self._counts) < MOST:
            self._counts[key] = _Count(denied, now)
            return 1
        if known is None:
            return 0
        known.last, known.waiting = denied, known.waiting + 1
        return 0

    def count_unsigned(self) -> None:
        """Count a request that was not proven to be Slack's."""
        self._unsigned += 1

    def due(self, now: datetime) -> Mapping[Denied, int]:
        """Return what waited for a minute, with how often, and forget it; who was quiet meanwhile is forgotten."""
        found = {}
        for key, count in list(self._counts.items()):
            if now - count.since < EVERY:
                continue
            if count.waiting:
                found[count.last] = count.waiting
                self._counts[key] = _Count(count.last, now)
            else:
                del self._counts[key]
        return found

    def take_unsigned(self) -> int:
        """Return how many requests were not Slack's since the last time."""
        found, self._unsigned = self._unsigned, 0
        return found
