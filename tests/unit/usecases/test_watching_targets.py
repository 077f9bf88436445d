"""The watch: told when it holds, once in each episode, with an incident where the configuration says so."""

from dataclasses import replace
from datetime import timedelta

from bot.domain.episode import Episode
from bot.domain.incident import Incident, IncidentSource, Severity
from bot.domain.incident_policy import IncidentPolicy
from bot.domain.signs import Sign
from bot.domain.watch_events import TroubleDetected
from bot.usecases.watch_targets import watch_account
from tests.fakes.azure_reads import PLACE
from tests.fakes.house import House, company

MINUTE = timedelta(minutes=1)
REQUESTS = "AzureOpenAIRequests"
ALIAS = "triage-prod"


class Street:
    """A house whose calls end as a test says, minute by minute."""

    def __init__(self, *declare_on: str) -> None:
        policy = IncidentPolicy(watch_every=MINUTE, declare_on=declare_on)
        self.house = House(company(incidents=policy))

    async def look(self, throttled: float = 0.0) -> None:
        """Let a minute pass with this share refused in the last ten, and look."""
        house = self.house
        house.clock.pass_by(MINUTE)
        house.metrics.samples.clear()
        now = house.clock.now().replace(second=0, microsecond=0)
        for back in range(1, 11):
            house.metrics.add(REQUESTS, now - back * MINUTE, 100 * (1 - throttled), "200")
            house.metrics.add(REQUESTS, now - back * MINUTE, 100 * throttled, "429")
        await watch_account(PLACE, readers=house.readers, desk=house.desk, cause=house.cause)

    def found(self) -> list[Episode]:
        """Return the episodes of capacity pressure."""
        episodes = self.house.archive.state.episodes.values()
        return [each for each in episodes if each.sign is Sign.CAPACITY_PRESSURE and each.target == ALIAS]

    def told(self) -> list[TroubleDetected]:
        """Return what was told of it."""
        events = [each.event for each in self.house.archive.state.entries]
        return [
            each
            for each in events
            if isinstance(each, TroubleDetected)
            and each.rule == Sign.CAPACITY_PRESSURE
            and each.alias == ALIAS
        ]

    async def timeline(self, number: int = 1) -> list[str]:
        """Return the words of an incident's timeline."""
        async with self.house.archive.reading() as look:
            return [each.words for each in await look.timeline(number) if "apacity" in each.words]


async def test_what_one_look_finds_is_told_only_when_the_next_one_agrees() -> None:
    street = Street()
    await street.look(throttled=0.5)
    assert ([each.looks for each in street.found()], street.told()) == ([1], [])
    await street.look(throttled=0.5)
    assert [each.outcome for each in street.told()] == ["offered"]
    assert f"deliver:episode:{street.found()[0].number}" in street.house.jobs


async def test_what_one_look_finds_and_the_next_does_not_is_never_told() -> None:
    street = Street()
    for share in (0.5, 0.0, 0.5, 0.0):
        await street.look(throttled=share)
    assert street.told() == []
    assert [each.ended_at is not None for each in street.found()] == [True, True]


async def test_what_cannot_be_a_mistake_is_told_at_the_first_look() -> None:
    street = Street()
    await street.look(throttled=0.9)
    assert len(street.told()) == 1


async def test_an_episode_is_told_once_and_the_next_one_again() -> None:
    street = Street()
    for share in (0.9, 0.9, 0.5, 0.1, 0.0, 0.9, 0.0, 0.0, 0.0, 0.9):
        await street.look(throttled=share)
    assert len(street.told()) == 2
    assert [each.ended_at is None for each in street.found()] == [False, True]


async def test_where_the_configuration_says_so_the_watch_declares_and_says_since_when() -> None:
    street = Street(Sign.CAPACITY_PRESSURE)
    await street.look(throttled=0.9)
    assert [(each.outcome, each.incident) for each in street.told()] == [("declared", "INC-1")]
    async with street.house.archive.reading() as look:
        incident = await look.incident(1)
    assert (incident.source, incident.targets) == (IncidentSource.WATCH, frozenset({ALIAS}))
    assert incident.title == "Capacity pressure on triage-prod"
    assert incident.began_at == street.house.clock.now() - 10 * MINUTE
    assert any(
        "90.0 % of 1,000 calls were refused with HTTP 429." in each for each in await street.timeline()
    )


async def test_an_open_incident_on_the_target_is_joined_and_told_of_the_end() -> None:
    street = Street()
    now = street.house.clock.now()
    async with street.house.archive.transaction() as tx:
        await tx.add_incident(Incident(0, "Slow", Severity.SEV2, frozenset({ALIAS}), "U0ANNA", now, now))
    for share in (0.9, 0.0, 0.0, 0.0):
        await street.look(throttled=share)
    assert [each.outcome for each in street.told()] == ["joined"]
    assert (await street.timeline())[-1] == "Capacity pressure: over, by the watch."
    assert "trouble.ended" in street.house.tags


async def test_what_was_offered_joins_the_incident_that_somebody_declares_later() -> None:
    street = Street()
    await street.look(throttled=0.9)
    now = street.house.clock.now()
    async with street.house.archive.transaction() as tx:
        await tx.add_incident(Incident(0, "Slow", Severity.SEV2, frozenset({ALIAS}), "U0ANNA", now, now))
    await street.look(throttled=0.9)
    await street.look(throttled=0.9)
    assert [each.incident for each in street.found()] == [1]
    assert len(await street.timeline()) == 1


async def test_a_look_that_comes_late_says_nothing() -> None:
    street = Street()
    await street.look(throttled=0.9)
    before = street.found()
    seen = replace(before[0], seen_at=street.house.clock.now() + MINUTE)
    street.house.archive.state.episodes[seen.number] = seen
    await street.look(throttled=0.0)
    assert street.found() == [seen]


async def test_the_looks_are_due_by_the_configuration_and_by_how_many_targets_there_are() -> None:
    street = Street()
    await street.house.sweep()
    assert {each for each in street.house.jobs if each.startswith("watch:")} == {"watch:prod", "watch:stage"}
    street.house.forget_jobs()
    street.house.clock.pass_by(59 * timedelta(seconds=1))
    await street.house.sweep()
    assert street.house.jobs == set()
    street.house.clock.pass_by(timedelta(seconds=1))
    await street.house.sweep()
    assert "watch:prod" in street.house.jobs
