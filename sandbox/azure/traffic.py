"""What applications do with the deployments, computed from (deployment, minute); what is kept is only kept warm."""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import chain, pairwise
from typing import Any, NamedTuple

from sandbox.azure.names import stable_hex
from sandbox.azure.seed import REJECTED_SHARE, Profile

WEEK = 7 * 24 * 60
START_IN_WEEK = 2 * 1440 + 10 * 60 + 30  # the simulation starts on a Wednesday, 10:30 office time
_MASK = (1 << 64) - 1
_BURSTS = (-0.3, -0.1, 0.1, 0.3)
_CALM = 1 / (1 + max(_BURSTS))


class Minute(NamedTuple):
    """One minute of one deployment."""

    ok: int = 0
    throttled: int = 0
    rejected: int = 0
    failed: int = 0
    locked: int = 0
    prompt: int = 0
    generated: int = 0
    latency_ms: float = 0.0
    filtered: int = 0
    harmful: int = 0
    category: int = 0
    utilization: float = 0.0

    @property
    def requests(self) -> int:
        """Return all requests of the minute, whatever their status."""
        return self.ok + self.throttled + self.rejected + self.failed + self.locked


SILENT = Minute()
HOURS_KEPT = 45 * 24


@dataclass(frozen=True)
class Hour:
    """The minutes of one hour in which somebody called; who makes something of them keeps it in `made`."""

    samples: tuple[tuple[int, Minute], ...]
    made: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Setting:
    """How a deployment was set from a minute on."""

    minute: int
    capacity: int
    alive: bool
    paused: bool
    policy: str
    model: str
    version: str
    provisioned: bool = False


@dataclass(frozen=True)
class Demand:
    """How demand was changed from a minute on, against the profile."""

    minute: int
    requests_factor: float = 1.0
    share_429: float | None = None
    share_5xx: float | None = None
    share_filtered: float | None = None
    latency_factor: float = 1.0
    idle: bool = False


@dataclass
class Track:
    """The history of one deployment name in one account, and its traffic."""

    account: str
    location: str
    name: str
    profile: Profile
    start_minute: int
    settings: list[Setting] = field(default_factory=list)
    demands: list[Demand] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.seed = int(stable_hex("traffic", self.account, self.name, length=15), 16)
        self._hours: dict[int, Hour] = {}

    def set(self, setting: Setting) -> None:
        """Record how the deployment is set from that minute on."""
        self.settings = [old for old in self.settings if old.minute < setting.minute] + [setting]
        self._forget(setting.minute)

    def change(self, demand: Demand) -> None:
        """Record how demand is from that minute on."""
        self.demands = [old for old in self.demands if old.minute < demand.minute] + [demand]
        self._forget(demand.minute)

    def setting_at(self, minute: int) -> Setting | None:
        """Return the setting in force in that minute."""
        index = bisect.bisect_right(self.settings, minute, key=lambda one: one.minute)
        return self.settings[index - 1] if index else None

    def demand_at(self, minute: int) -> Demand:
        """Return the demand in force in that minute."""
        index = bisect.bisect_right(self.demands, minute, key=lambda one: one.minute)
        return self.demands[index - 1] if index else Demand(minute)

    def amended(self, minute: int, changes: dict[str, Any]) -> Demand:
        """Return the demand of that minute with some fields changed."""
        return replace(self.demand_at(minute), minute=minute, **changes)

    def idle_from(self, minute: int) -> int | None:
        """Return since which minute nobody called, None when calls are coming in."""
        since: int | None = None
        for demand in reversed([one for one in self.demands if one.minute <= minute]):
            if not (demand.idle or demand.requests_factor == 0):
                return since
            since = demand.minute
        return self._bedtime() or since

    def minutes(self, first: int, end: int) -> Iterator[tuple[int, Minute]]:
        """Yield each minute from first to before end in which somebody called."""
        samples = chain.from_iterable(hour.samples for hour in self.hours(first, end))
        return ((minute, sample) for minute, sample in samples if first <= minute < end)

    def hours(self, first: int, end: int) -> Iterator[Hour]:
        """Yield each hour that has a minute from first to before end; an hour is computed once."""
        for number in range(first // 60, -(-end // 60)):
            hour = self._hours.get(number)
            if hour is None:
                hour = Hour(tuple(self._computed(number * 60, number * 60 + 60)))
                self._keep(number, hour)
            yield hour

    def _keep(self, number: int, hour: Hour) -> None:
        """Keep an hour warm; a silent one is made again in no time."""
        if hour.samples:
            if len(self._hours) == HOURS_KEPT:
                del self._hours[next(iter(self._hours))]
            self._hours[number] = hour

    def _forget(self, minute: int) -> None:
        """Let go of the hours from a minute on, which has become different."""
        self._hours = {number: hour for number, hour in self._hours.items() if number < minute // 60}

    def _computed(self, first: int, end: int) -> Iterator[tuple[int, Minute]]:
        changes = {one.minute for one in self.settings} | {one.minute for one in self.demands}
        bounds = sorted({first, end} | {one for one in changes | {self._bedtime()} if first < one < end})
        for begin, stop in pairwise(bounds):
            setting, demand = self.setting_at(begin), self.demand_at(begin)
            if setting is None or self._silent(begin, setting, demand):
                continue
            for minute in range(begin, stop):
                sample = self._sample(minute, setting, demand)
                if sample is not SILENT:
                    yield minute, sample

    def _bedtime(self) -> int:
        days = self.profile.idle_since_days
        return 0 if days is None else self.start_minute - round(days * 1440)

    def _silent(self, minute: int, setting: Setting, demand: Demand) -> bool:
        woken = bool(self.demands) and self.demands[0].minute <= minute
        asleep = not woken and 0 < self._bedtime() <= minute
        return not setting.alive or demand.idle or asleep

    def _sample(self, minute: int, setting: Setting, demand: Demand) -> Minute:
        relative = minute - self.start_minute
        one, two = noise(self.seed, relative)
        profile = self.profile
        rhythm = week_rhythm()[(relative + START_IN_WEEK) % WEEK]
        tokens = profile.peak_tokens * rhythm * (0.9 + 0.2 * one) * demand.requests_factor
        requests = _whole(tokens / (profile.prompt + profile.generated), two)
        if not requests:
            return SILENT
        if setting.paused:
            return Minute(locked=requests)
        return self._served(requests, tokens, setting, demand, (one, two))

    def _served(
        self, requests: int, tokens: float, setting: Setting, demand: Demand, dice: tuple[float, float]
    ) -> Minute:
        one, two = dice
        profile = self.profile
        load = tokens / (setting.capacity * 1000)
        share = throttled_share(load) if demand.share_429 is None else demand.share_429
        throttled = min(requests, _whole(requests * share, one))
        left = requests - throttled
        broken = profile.share_500 if demand.share_5xx is None else demand.share_5xx
        failed = min(left, _whole(left * broken, two))
        rejected = min(left - failed, _whole(left * profile.share_400, (one + two) % 1.0))
        ok = left - failed - rejected
        usual = REJECTED_SHARE.get(setting.policy, 0.002)
        stopped = usual if demand.share_filtered is None else demand.share_filtered
        filtered = min(ok, _whole(ok * stopped, (one * 7) % 1.0))
        pace = (1 + 0.6 * max(0.0, load - 0.6)) * (0.92 + 0.16 * two) * demand.latency_factor
        return Minute(
            ok=ok,
            throttled=throttled,
            rejected=rejected,
            failed=failed,
            prompt=round(ok * profile.prompt * (0.95 + 0.1 * two)),
            generated=round(ok * profile.generated * (0.95 + 0.1 * one)),
            latency_ms=round(profile.latency_ms * pace, 1),
            filtered=filtered,
            harmful=filtered + _whole(ok * 0.001, (two * 5) % 1.0),
            category=int(one * 1000) % 5,
            utilization=round(min(100.0, 100 * load), 1) if setting.provisioned else 0.0,
        )


def throttled_share(load: float) -> float:
    """Return which share of requests gets 429 when demand is `load` times the capacity.

    Demand is not even within a minute, so throttling begins below 1.
    """
    if load <= _CALM:
        return 0.0
    excess = sum([max(0.0, load * (1 + burst) - 1) for burst in _BURSTS]) / len(_BURSTS)
    return min(0.98, excess / load)


def noise(seed: int, minute: int) -> tuple[float, float]:
    """Return two numbers in [0, 1) that depend only on seed and minute (splitmix64)."""
    mixed = (seed + minute * 0x9E3779B97F4A7C15) & _MASK
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
    mixed ^= mixed >> 31
    return (mixed & 0xFFFFFFFF) / 4294967296, (mixed >> 32) / 4294967296


@lru_cache(maxsize=1)
def week_rhythm() -> tuple[float, ...]:
    """Return demand for each minute of the week, Monday first, as a share of the peak."""
    return tuple(_rhythm(minute) for minute in range(WEEK))


def _rhythm(minute: int) -> float:
    day, hour = minute // 1440, (minute % 1440) / 60
    morning = math.exp(-(((hour - 10.5) / 2.2) ** 2))
    afternoon = 0.88 * math.exp(-(((hour - 15.0) / 2.4) ** 2))
    office = min(1.0, morning + afternoon)
    return 0.1 + (0.9 if day < 5 else 0.16) * office


def _whole(amount: float, dice: float) -> int:
    base = int(amount)
    return base + (1 if dice < amount - base else 0)
