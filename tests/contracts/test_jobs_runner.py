"""Both runners keep the same promises: the embedded one on SQLite, Procrastinate on PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from bot.domain.errors import AzureUnavailableError, InvalidInputError, RunAgain, SlackLimitedError
from storage.jobs import ATTEMPTS, UNEXPECTED_ATTEMPTS, Again, DeadJob, Job, after_death, verdict
from tests.contracts.fixtures_storage import NOW, Archives, enqueue, opened_archives, running, until


@pytest.fixture
async def archives(database_url: str) -> AsyncIterator[Archives]:
    """Give an open archive on each kind of database."""
    async with opened_archives(database_url) as opened:
        yield opened


@dataclass
class Worker:
    """A handler that remembers what it was given, and raises what it was told to."""

    raises: list[Exception] = field(default_factory=list)
    ran: list[str] = field(default_factory=list)
    began: asyncio.Event = field(default_factory=asyncio.Event)
    go_on: asyncio.Event | None = None

    async def __call__(self, key: str) -> None:
        """Do the job."""
        self.ran.append(key)
        self.began.set()
        if self.go_on is not None:
            await self.go_on.wait()
        if self.raises:
            raise self.raises.pop(0)

    async def has_run(self, times: int) -> None:
        """Wait until it has run that often."""

        async def holds() -> bool:
            return len(self.ran) >= times

        await until(holds)


async def settled(archives: Archives, **expected: int) -> None:
    """Wait until the queue holds these jobs and no other."""

    async def holds() -> bool:
        counts = await archives.opened.runner.counts()
        return counts == {"waiting": 0, "running": 0, "dead": 0, **expected}

    await until(holds)


async def test_a_job_runs_after_the_commit_and_not_before(archives: Archives) -> None:
    worker = Worker()
    async with running(archives.opened, archives.clock, {"deliver": worker}):
        async with archives.opened.archive.transaction() as tx:
            await tx.enqueue("deliver", "CHG-1:card")
            await asyncio.sleep(0.2)
            assert worker.ran == []
        await worker.has_run(1)
        await settled(archives)
    assert worker.ran == ["CHG-1:card"]


async def test_enqueueing_twice_is_enqueueing_once(archives: Archives) -> None:
    worker = Worker()
    async with archives.opened.archive.transaction() as tx:
        await tx.enqueue("deliver", "CHG-1:card")
        await tx.enqueue("deliver", "CHG-1:card")
        await tx.enqueue("deliver", "CHG-2:card")
    await enqueue(archives.opened, "deliver", "CHG-1:card")
    assert (await archives.opened.runner.counts())["waiting"] == 2
    async with running(archives.opened, archives.clock, {"deliver": worker}):
        await settled(archives)
    assert sorted(worker.ran) == ["CHG-1:card", "CHG-2:card"]


async def test_a_waiting_job_that_is_enqueued_again_is_not_run_before_that_commit(archives: Archives) -> None:
    worker, runner = Worker(), archives.opened.runner
    await enqueue(archives.opened, "deliver", "CHG-1:card")
    async with AsyncExitStack() as stack:
        async with archives.opened.database.begin() as connection:
            await runner.enqueue(connection, "deliver", "CHG-1:card", None)
            await stack.enter_async_context(running(archives.opened, archives.clock, {"deliver": worker}))
            await asyncio.sleep(0.5)
            assert worker.ran == []
        await settled(archives)
    assert worker.ran == ["CHG-1:card"]


async def test_two_that_enqueue_the_same_job_at_once_leave_one(archives: Archives) -> None:
    async with archives.another() as other:

        async def put(*, elsewhere: bool) -> None:
            async with (other if elsewhere else archives.opened).archive.transaction() as tx:
                await tx.enqueue("deliver", "CHG-1:card")
                await asyncio.sleep(0.02)

        await asyncio.gather(*(put(elsewhere=bool(each % 2)) for each in range(6)))
    assert (await archives.opened.runner.counts())["waiting"] == 1


async def test_enqueueing_while_it_runs_leaves_exactly_one_more(archives: Archives) -> None:
    worker = Worker(go_on=asyncio.Event())
    await enqueue(archives.opened, "deliver", "CHG-1:card")
    async with running(archives.opened, archives.clock, {"deliver": worker}):
        await worker.has_run(1)
        await enqueue(archives.opened, "deliver", "CHG-1:card")
        await enqueue(archives.opened, "deliver", "CHG-1:card")
        await asyncio.sleep(0.2)
        assert await archives.opened.runner.counts() == {"waiting": 1, "running": 1, "dead": 0}
        assert worker.go_on is not None
        worker.go_on.set()
        await worker.has_run(2)
        await settled(archives)
    assert worker.ran == ["CHG-1:card"] * 2


async def test_jobs_of_different_names_run_side_by_side(archives: Archives) -> None:
    worker = Worker(go_on=asyncio.Event())
    for number in range(3):
        await enqueue(archives.opened, "deliver", f"CHG-{number}:card")
    async with running(archives.opened, archives.clock, {"deliver": worker}):
        await worker.has_run(3)
        assert worker.go_on is not None
        worker.go_on.set()
        await settled(archives)


async def test_a_job_for_later_waits_for_the_clock_and_follows_its_jumps(
    archives: Archives,
) -> None:
    worker = Worker()
    await enqueue(archives.opened, "expire", "CHG-1", NOW + timedelta(days=2))
    async with running(archives.opened, archives.clock, {"expire": worker}):
        await asyncio.sleep(0.3)
        assert worker.ran == []
        archives.clock.forward(days=3)
        archives.opened.runner.wake()
        await worker.has_run(1)
        await settled(archives)


async def test_the_earlier_of_two_times_counts(archives: Archives) -> None:
    worker = Worker()
    await enqueue(archives.opened, "expire", "CHG-1", NOW + timedelta(days=2))
    await enqueue(archives.opened, "expire", "CHG-1", NOW)
    await enqueue(archives.opened, "expire", "CHG-1", NOW + timedelta(days=1))
    async with running(archives.opened, archives.clock, {"expire": worker}):
        await worker.has_run(1)
        await settled(archives)


async def test_a_job_that_may_be_retried_is_run_again_after_a_pause(archives: Archives) -> None:
    worker = Worker(raises=[AzureUnavailableError("no answer")])
    await enqueue(archives.opened, "snapshot", "Q-1")
    async with running(archives.opened, archives.clock, {"snapshot": worker}):
        await worker.has_run(1)
        await settled(archives, waiting=1)
        archives.clock.forward(seconds=2)
        archives.opened.runner.wake()
        await worker.has_run(2)
        await settled(archives)


async def test_a_job_that_may_not_be_retried_is_dead_at_once_and_can_be_revived(archives: Archives) -> None:
    worker = Worker(raises=[InvalidInputError("no such target")])
    await enqueue(archives.opened, "snapshot", "Q-1")
    async with running(archives.opened, archives.clock, {"snapshot": worker}):
        await settled(archives, dead=1, waiting=1)
        assert await archives.opened.runner.dead() == [DeadJob("snapshot", "Q-1", 1, "no such target")]
        assert await archives.opened.runner.revive("snapshot", "Q-1")
        await worker.has_run(2)
        await settled(archives, waiting=1)
        assert not await archives.opened.runner.revive("snapshot", "Q-1")


async def test_a_job_that_always_fails_becomes_a_dead_letter(archives: Archives) -> None:
    worker = Worker(raises=[ValueError("a secret") for _ in range(9)])
    await enqueue(archives.opened, "snapshot", "Q-1")
    async with running(archives.opened, archives.clock, {"snapshot": worker}):
        for times in range(1, UNEXPECTED_ATTEMPTS + 1):
            await worker.has_run(times)
            await until_not_running(archives)
            archives.clock.forward(minutes=2)
            archives.opened.runner.wake()
        await settled(archives, dead=1, waiting=1)
    dead = await archives.opened.runner.dead()
    assert dead == [DeadJob("snapshot", "Q-1", UNEXPECTED_ATTEMPTS, "a defect: ValueError")]


async def test_people_are_told_of_a_dead_letter_and_a_notice_that_dies_is_not_told_of(
    archives: Archives,
) -> None:
    worker, herald = (
        Worker(raises=[InvalidInputError("no")]),
        Worker(raises=[InvalidInputError("no channel")]),
    )
    await enqueue(archives.opened, "snapshot", "Q-1")
    async with running(archives.opened, archives.clock, {"snapshot": worker, "deliver": herald}):
        await settled(archives, dead=2)
    assert [(job.kind, job.key) for job in await archives.opened.runner.dead()] == [
        ("snapshot", "Q-1"),
        ("deliver", "deliver:dead:snapshot:Q-1"),
    ]


async def until_not_running(archives: Archives) -> None:
    """Wait until no job is running."""

    async def holds() -> bool:
        return (await archives.opened.runner.counts())["running"] == 0

    await until(holds)


async def test_a_job_can_ask_to_be_run_again_and_that_is_no_failure(archives: Archives) -> None:
    again: list[Exception] = [RunAgain(NOW) for _ in range(ATTEMPTS + 2)]
    worker = Worker(raises=again)
    await enqueue(archives.opened, "poll", "CHG-1")
    async with running(archives.opened, archives.clock, {"poll": worker}):
        await worker.has_run(ATTEMPTS + 3)
        await settled(archives)


async def test_a_job_of_another_runners_kind_is_left_alone(archives: Archives) -> None:
    worker = Worker()
    await enqueue(archives.opened, "brand-new", "X-1")
    await enqueue(archives.opened, "apply", "CHG-1")
    await enqueue(archives.opened, "deliver", "CHG-1:card")
    kinds = frozenset({"deliver", "brand-new"})
    async with running(archives.opened, archives.clock, {"deliver": worker, "apply": worker}, kinds):
        await worker.has_run(1)
        await settled(archives, waiting=2)
    assert worker.ran == ["CHG-1:card"]


async def test_waiting_jobs_outlive_a_restart(archives: Archives) -> None:
    worker = Worker()
    await enqueue(archives.opened, "deliver", "CHG-1:card")
    await enqueue(archives.opened, "expire", "CHG-1", NOW + timedelta(days=1))
    async with (
        archives.another() as other,
        running(other, archives.clock, {"deliver": worker, "expire": worker}),
    ):
        await worker.has_run(1)
        await settled(archives, waiting=1)
    assert worker.ran == ["CHG-1:card"]


async def test_a_job_that_does_not_end_in_time_is_released_for_the_next(
    archives: Archives, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.jobs_embedded.DRAIN_SECONDS", 0.1)
    monkeypatch.setattr("storage.jobs_procrastinate.DRAIN_SECONDS", 0.1)
    stuck, worker = Worker(go_on=asyncio.Event()), Worker()
    await enqueue(archives.opened, "deliver", "CHG-1:card")
    async with running(archives.opened, archives.clock, {"deliver": stuck}):
        await stuck.has_run(1)
    assert await archives.opened.runner.counts() == {"waiting": 1, "running": 0, "dead": 0}
    async with running(archives.opened, archives.clock, {"deliver": worker}):
        await worker.has_run(1)
        await settled(archives)


async def test_a_running_job_may_end_before_the_runner_stops(archives: Archives) -> None:
    worker = Worker(go_on=asyncio.Event())
    await enqueue(archives.opened, "deliver", "CHG-1:card")
    async with running(archives.opened, archives.clock, {"deliver": worker}):
        await worker.has_run(1)
        assert worker.go_on is not None
        asyncio.get_running_loop().call_later(0.2, worker.go_on.set)
    await settled(archives)


async def test_jobs_of_a_process_that_died_are_due_again(archives: Archives) -> None:
    worker = Worker()
    await enqueue(archives.opened, "deliver", "CHG-1:card")
    await enqueue(archives.opened, "deliver", "CHG-2:card")
    await archives.die_while_running("CHG-1:card")
    await enqueue(archives.opened, "deliver", "CHG-1:card")
    await archives.die_while_running("CHG-2:card")
    async with running(archives.opened, archives.clock, {"deliver": worker}):
        await settled(archives)
    assert sorted(worker.ran) == ["CHG-1:card", "CHG-2:card"]


async def test_a_job_that_takes_the_process_with_it_every_time_is_given_up_and_told_of(
    archives: Archives,
) -> None:
    worker = Worker()
    await enqueue(archives.opened, "deliver", "CHG-1:card")
    for _ in range(ATTEMPTS - 1):
        await archives.die_while_running("CHG-1:card")
        async with running(archives.opened, archives.clock, {}):
            await settled(archives, waiting=1)
    await archives.die_while_running("CHG-1:card")
    async with running(archives.opened, archives.clock, {"deliver": worker}):
        await worker.has_run(1)
        await settled(archives, dead=1)
    assert worker.ran == ["deliver:dead:deliver:CHG-1:card"]
    (dead,) = await archives.opened.runner.dead()
    assert (dead.key, dead.last_error) == ("CHG-1:card", "the process ended while it ran")


async def test_the_runner_outlives_a_database_that_is_busy_when_it_starts(
    archives: Archives, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.waiting.MOST_SECONDS", 0.05)
    worker = Worker()
    await enqueue(archives.opened, "deliver", "CHG-1:card")
    async with AsyncExitStack() as stack:
        async with archives.opened.database.begin():
            await stack.enter_async_context(running(archives.opened, archives.clock, {"deliver": worker}))
            await asyncio.sleep(0.3)
        await worker.has_run(1)
        await settled(archives)


def test_a_job_that_only_ran_beside_what_kills_outlives_half_a_minute_of_kills() -> None:
    job, ran = Job(1, "precheck", "CHG-1", NOW), 0
    for tick in range(30):  # the process is killed each second, and whatever was due ran in it
        now = NOW + timedelta(seconds=tick)
        if job.run_at <= now:
            outcome, ran = after_death(job, now), ran + 1
            assert isinstance(outcome, Again)
            job = Job(1, job.kind, job.key, outcome.at, outcome.attempts)
    assert ran > 3, "it was due again in between"
    assert after_death(Job(1, "precheck", "CHG-1", NOW, ATTEMPTS - 1), NOW) == DeadJob(
        "precheck", "CHG-1", ATTEMPTS, "the process ended while it ran"
    )


def test_the_pause_doubles_up_to_a_minute_and_the_eighth_failure_is_the_last() -> None:
    job = Job(1, "snapshot", "Q-1", NOW)
    pauses = []
    for attempts in range(ATTEMPTS - 1):
        outcome = verdict(Job(1, "snapshot", "Q-1", NOW, attempts), AzureUnavailableError("no answer"), NOW)
        assert isinstance(outcome, Again)
        pauses.append((outcome.at - NOW).total_seconds())
    assert pauses == [1, 2, 4, 8, 16, 32, 60]
    last = verdict(Job(1, "snapshot", "Q-1", NOW, ATTEMPTS - 1), AzureUnavailableError("no answer"), NOW)
    assert last == DeadJob("snapshot", "Q-1", ATTEMPTS, "no answer")
    assert verdict(job, RunAgain(NOW), NOW) == Again(NOW, 0)


def test_a_rate_limit_of_slack_is_no_failure_and_who_was_held_up_comes_back_one_after_the_other() -> None:
    limited = SlackLimitedError("Slack did not do it now (ratelimited).", seconds=3)
    found = [
        verdict(Job(id_, "deliver", f"INC-{id_}:card", NOW, ATTEMPTS - 1), limited, NOW) for id_ in range(8)
    ]
    assert all(isinstance(each, Again) and each.attempts == ATTEMPTS - 1 for each in found)
    pauses = {(each.at - NOW).total_seconds() for each in found if isinstance(each, Again)}
    assert pauses == {3, 6, 9, 12, 15, 18, 21, 24}
