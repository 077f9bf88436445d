"""Rate limits as Slack documents them, as buckets that refill with time."""

import math
from dataclasses import dataclass

PER_MINUTE = {1: 1, 2: 20, 3: 50, 4: 100, 5: 600}


@dataclass
class Bucket:
    """So many calls at once, refilled at a steady rate."""

    size: float
    per_second: float
    left: float
    at: float

    def take(self, now: float) -> int:
        """Zero when the call may go on, else the seconds to wait."""
        self.left = min(self.size, self.left + max(0.0, now - self.at) * self.per_second)
        self.at = now
        if self.left >= 1:
            self.left -= 1
            return 0
        return max(1, math.ceil((1 - self.left) / self.per_second))


class RateLimits:
    """One bucket per method, and one per channel for posting: one a second with bursts."""

    def __init__(self, scale: float = 4.0, channel_burst: int = 20) -> None:
        self._scale = scale
        self._burst = channel_burst
        self._buckets: dict[tuple[str, str], Bucket] = {}

    def wait(self, method: str, tier: int, channel: str, now: float) -> int:
        """Seconds the caller must wait, zero for none; a scale of zero switches limits off."""
        if self._scale <= 0:
            return 0
        if method == "chat.postMessage":
            return self._bucket((method, channel), self._burst, 1.0, now).take(now)
        size = PER_MINUTE[tier] * self._scale
        return self._bucket((method, ""), size, size / 60, now).take(now)

    def _bucket(self, key: tuple[str, str], size: float, per_second: float, now: float) -> Bucket:
        return self._buckets.setdefault(key, Bucket(size, per_second, size, now))
