"""Signs of trouble: what was measured of a target, how far it may go, and what is found in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from bot.domain.deployment import Usage
from bot.domain.json import Json


class Sign(StrEnum):
    """What is looked for: the rules of the watch, by the names that `[incidents] declare_on` takes."""

    FAILED_OPERATIONS = "failed_operations"
    CAPACITY_PRESSURE = "capacity_pressure"
    QUOTA_EXHAUSTION = "quota_exhaustion"
    RESTORE_GAPS = "restore_gaps"
    QUERY_ERRORS = "query_errors"
    DEPLOYMENT_FAILURES = "deployment_failures"
    ABNORMAL_LATENCY = "abnormal_latency"
    CONTENT_FILTER_SPIKE = "content_filter_spike"

    @property
    def words(self) -> str:
        """Return the name as people read it."""
        return self.value.replace("_", " ").capitalize()


class Level(StrEnum):
    """How bad it is. What could not be looked at is unknown; it is never healthy."""

    CRITICAL = "critical"
    WATCH = "watch"
    UNKNOWN = "unknown"
    HEALTHY = "healthy"


@dataclass(frozen=True)
class Unseen:
    """What could not be looked at, and why."""

    why: str


@dataclass(frozen=True)
class Minute:
    """One minute of calls by how they ended, how many the content filter stopped, and the mean time of an answer.

    `refused` are HTTP 4xx other than 429. Times are milliseconds, None where nothing was answered.
    """

    at: datetime
    answered: float = 0.0
    throttled: float = 0.0
    refused: float = 0.0
    failed: float = 0.0
    filtered: float = 0.0
    latency_ms: float | None = None

    @property
    def requests(self) -> float:
        """Return all calls of the minute."""
        return self.answered + self.throttled + self.refused + self.failed


@dataclass(frozen=True)
class Usual:
    """What is usual: the median of the hours of the day before. None where no hour says it."""

    latency_ms: float | None
    filtered_percent: float | None
    hours: int


@dataclass(frozen=True)
class Condition:
    """How a deployment stands. `provisioning` is empty when there is none; `deleted` then says who did it and when.

    `is_planned`: an approved change deleted it. `running` is `Running` or `Paused`.
    """

    provisioning: str
    running: str = ""
    utilisation_percent: float | None = None
    deleted: str = ""
    deleted_at: datetime | None = None
    is_planned: bool = False


@dataclass(frozen=True)
class FailedWrite:
    """A write that Azure refused or did not finish: when, what, and by whom (Entra object id or application)."""

    at: datetime
    what: str
    caller: str


@dataclass(frozen=True)
class Restore:
    """Whether a deployment could be put back: what was kept of it (empty: nothing), and what stands in the way."""

    reference: str
    obstacle: str = ""


@dataclass(frozen=True)
class Signs:
    """What was measured of one target at one time; each part was seen, or says why not."""

    target: str
    at: datetime
    minutes: tuple[Minute, ...] | Unseen
    usual: Usual | Unseen
    condition: Condition | Unseen
    pool: Usage | Unseen
    failed: tuple[FailedWrite, ...] | Unseen
    restore: Restore | Unseen


@dataclass(frozen=True)
class Step:
    """From where on something is watched, and from where on it is critical."""

    watch: float
    critical: float

    def level(self, value: float) -> Level:
        """Return how bad a value is; higher is worse."""
        if value >= self.critical:
            return Level.CRITICAL
        return Level.WATCH if value >= self.watch else Level.HEALTHY


@dataclass(frozen=True)
class Thresholds:
    """How far signs may go. The reasons stand beside the numbers."""

    # One bad minute is no trouble, and ten of them are told within a quarter of an hour.
    window: timedelta = timedelta(minutes=10)
    # Fewer say nothing: one failure in ten calls is chance.
    requests: int = 20
    # Clients try a refused call again. At 40 % one call in sixteen is refused three times in a row, and people
    # notice; at 5 % hardly any is, but the capacity is used up.
    throttled_percent: Step = Step(5.0, 40.0)
    # Provisioned capacity refuses at 100 %; above 85 % a peak within the minute does.
    utilisation_percent: Step = Step(85.0, 98.0)
    # Azure promises 99.9 %; one call in a hundred is ten times worse, one in twenty is felt by everybody.
    failed_percent: Step = Step(1.0, 5.0)
    # Callers' own mistakes are steady; a quarter of all calls is a release that went wrong.
    refused_percent: Step = Step(5.0, 25.0)
    # Hours of a day differ by up to a half; twice and a half is none of that.
    latency_factor: Step = Step(1.5, 2.5)
    # Below this difference nobody waits noticeably longer.
    latency_floor_ms: float = 200.0
    # Filters stop some in a thousand; five times as much is an attack, a new kind of input, or a changed filter.
    filtered_factor: Step = Step(2.5, 5.0)
    # Below this share a few calls make the factor.
    filtered_floor_percent: float = 2.0
    # The last tenth of a pool is what a scale-up in an emergency needs; an empty one forbids it.
    quota_percent: Step = Step(90.0, 100.0)
    # One failed write is a mistake, three within the hour are a state.
    failed_writes: Step = Step(1, 3)
    history: timedelta = timedelta(hours=1)
    # So much above critical a value is taken at its word; else it must hold at two looks.
    certain: float = 1.5


@dataclass(frozen=True)
class Finding:
    """What a rule found, in words; `since` is the first minute that shows it. `is_certain`: one look is enough."""

    sign: Sign
    level: Level
    words: str
    since: datetime | None = None
    figures: Mapping[str, str] = field(default_factory=dict)
    is_certain: bool = False

    def as_json(self) -> dict[str, Json]:
        """Return it as it is kept."""
        return {
            "rule": self.sign.value,
            "level": self.level.value,
            "words": self.words,
            "since": self.since.isoformat() if self.since else "",
            "figures": dict(self.figures),
        }


def exhausted_percent(pool: Usage) -> float:
    """Return how much of a pool is used, in percent; a pool without a limit is full."""
    return float(100 * pool.current / pool.limit) if pool.limit > Decimal(0) else 100.0
