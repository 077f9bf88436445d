"""Jobs: the port both runners fill, and what becomes of a job that failed."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.errors import CountersignError, RunAgain, SlackLimitedError
from bot.ports.clock import Clock

Wanted = tuple[str, str, datetime | None]
Handler = Callable[[str], Awaitable[None]]

ATTEMPTS = 8
UNEXPECTED_ATTEMPTS = 3
DRAIN_SECONDS = 5.0
_BACKOFF_CAP_SECONDS = 60
_PLACES = 8  # as many jobs run at once


@dataclass(frozen=True)
class Job:
    """A job taken from the queue: what it is, when it was due, and how often it failed."""

    id: int
    kind: str
    key: str
    run_at: datetime
    attempts: int = 0

    @property
    def name(self) -> str:
        """Return kind and key as one name: unique among jobs that wait."""
        return f"{self.kind}:{self.key}"


@dataclass(frozen=True)
class DeadJob:
    """A job that was given up; it stays until a person resolves it."""

    kind: str
    key: str
    attempts: int
    last_error: str


@dataclass(frozen=True)
class Again:
    """Run it again at this time, counted as `attempts` failures so far."""

    at: datetime
    attempts: int
    last_error: str = ""


class Jobs(Protocol):
    """Enqueueing in the caller's transaction."""

    async def enqueue(
        self, connection: AsyncConnection, kind: str, key: str, run_at: datetime | None
    ) -> None:
        """Put a job in the queue; one that waits under the same name is enough, the earlier time counts."""
        ...

    async def enqueue_all(self, connection: AsyncConnection, jobs: Sequence[Wanted]) -> None:
        """Put jobs in the queue, in this order."""
        ...

    def wake(self) -> None:
        """Look at the queue now: jobs were committed, or the clock has jumped."""
        ...


class Runner(Jobs, Protocol):
    """What runs jobs, each at least once."""

    async def run(self, handlers: Mapping[str, Handler], kinds: frozenset[str], clock: Clock) -> None:
        """Run jobs of these kinds until cancelled; then drain for at most five seconds."""
        ...

    async def counts(self) -> Mapping[str, int]:
        """Return how many jobs are `waiting`, `running` and `dead`."""
        ...

    async def dead(self) -> Sequence[DeadJob]:
        """Return the dead letters, oldest first."""
        ...

    async def revive(self, kind: str, key: str) -> bool:
        """Give a dead letter another life, with all its attempts; False when there is none."""
        ...


def verdict(job: Job, error: Exception, now: datetime) -> Again | DeadJob:
    """Return what becomes of a job that raised: again with backoff, or dead.

    RunAgain is no failure, and neither is a rate limit of Slack: who was held up comes back one after the other.
    What may be retried is, eight times; what nobody expected, three times; the rest is dead at once.
    """
    if isinstance(error, RunAgain):
        return Again(error.at, 0)
    if isinstance(error, SlackLimitedError):
        return Again(
            now + timedelta(seconds=error.seconds * (1 + job.id % _PLACES)), job.attempts, str(error)
        )
    attempts = job.attempts + 1
    if isinstance(error, CountersignError):
        words, limit = str(error), ATTEMPTS if error.retryable else 0
    else:
        words, limit = f"a defect: {type(error).__name__}", UNEXPECTED_ATTEMPTS
    if attempts >= limit:
        return DeadJob(job.kind, job.key, attempts, words)
    return Again(now + _backoff(attempts), attempts, words)


def after_death(job: Job, now: datetime) -> Again | DeadJob:
    """Return what becomes of a job whose process ended while it ran: again, or dead at the eighth time.

    At once the first time. Then with backoff: the job may be why the process ended, or only have run beside the one
    that is; so others run in between, and a few restarts within seconds are nobody's end.
    """
    attempts, words = job.attempts + 1, "the process ended while it ran"
    if attempts >= ATTEMPTS:
        return DeadJob(job.kind, job.key, attempts, words)
    return Again(job.run_at if attempts == 1 else now + _backoff(attempts), attempts, words)


def _backoff(attempts: int) -> timedelta:
    return timedelta(seconds=min(2 ** (attempts - 1), _BACKOFF_CAP_SECONDS))
