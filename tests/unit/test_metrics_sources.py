"""Where the figures come from: grouped counts of the database, and each call to Azure as it was sent."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.azure.connection import connect_executor, connect_reader
from bot.azure.endpoints import Endpoints, Identity
from bot.azure.observing import operation_of
from bot.domain.change import ChangeState, Choice
from bot.domain.effect import Effect, Phase
from bot.domain.errors import AzureUnavailableError, DoubtError, NotFoundError
from bot.domain.operation import Operation
from storage.figures import read_figures
from tests.contracts.conftest import postgres_server, postgres_url, sqlite_url
from tests.contracts.fixtures_storage import NOW, Archives, opened_archives, stored_change, vote
from tests.contracts.test_archive_incidents import INCIDENT
from tests.fakes.azure_server import REF, Reply, WallClock, raw_deployment, scripted

__all__ = ["postgres_server", "postgres_url", "sqlite_url"]

SCALE = Operation("PATCH", REF.arm_id, {"sku": {"name": "Standard", "capacity": 130}, "tags": {}})
ARM = "https://management.azure.com"
PLACE = "/subscriptions/s-1/resourceGroups/rg-secret/providers/Microsoft.CognitiveServices"


class Watcher:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []

    def __call__(self, operation: str, status: str, seconds: float) -> None:
        assert 0 <= seconds < 60
        self.told.append((operation, status))


@contextmanager
def _ignored() -> Iterator[None]:
    with pytest.raises((NotFoundError, AzureUnavailableError, DoubtError)):
        yield


async def _journal(archives: Archives, account: str, phase: Phase, step: str = "forward") -> None:
    change = await stored_change(archives.opened, account=account)
    async with archives.opened.archive.transaction() as tx:
        effect = Effect(change.number, change.revision, step, Phase.INTENDED, NOW, 1, "run-1")
        assert await tx.journal(effect, expected="")
        if phase is not Phase.INTENDED:
            ended = Effect(change.number, change.revision, step, phase, NOW, 1, "run-1")
            assert await tx.journal(ended, expected=Phase.INTENDED)


@pytest.mark.parametrize("database", ["sqlite_url", "postgres_url"])
async def test_figures_are_counts_by_state_vote_and_outcome(
    database: str, request: pytest.FixtureRequest
) -> None:
    async with opened_archives(request.getfixturevalue(database)) as archives:
        empty = await read_figures(archives.opened.database, NOW)
        assert set(empty.changes) == {str(state) for state in ChangeState}
        assert not any([*empty.changes.values(), *empty.decisions.values(), *empty.executions.values()])
        pending = await stored_change(archives.opened, ChangeState.PENDING_APPROVAL)
        async with archives.opened.archive.transaction() as tx:
            assert await tx.add_vote(vote(pending, "U0BERT"))
            assert await tx.add_vote(vote(pending, "U0OLGA", Choice.REJECT))
            assert await tx.mark(pending, broke_glass_by="U0BERT", review_due_at=NOW) is not None
        await _journal(archives, "one", Phase.DONE)
        await _journal(archives, "two", Phase.UNKNOWN)
        await _journal(archives, "three", Phase.INTENDED)
        figures = await read_figures(archives.opened.database, NOW)
    assert (empty.unreviewed, figures.unreviewed) == (0, 1)
    assert (figures.changes["pending_approval"], figures.changes["draft"]) == (1, 3)
    assert figures.decisions == {"approve": 1, "reject": 1, "request_changes": 0}
    assert figures.executions == {"done": 1, "failed": 0}


@pytest.mark.parametrize("database", ["sqlite_url", "postgres_url"])
async def test_figures_of_incidents_leave_drills_out(database: str, request: pytest.FixtureRequest) -> None:
    async with opened_archives(request.getfixturevalue(database)) as archives:
        async with archives.opened.archive.transaction() as tx:
            for drill, seconds in ((False, 4), (False, 8), (True, 600)):
                first = INCIDENT.declared_at + timedelta(seconds=seconds)
                kept = await tx.add_incident(replace(INCIDENT, drill=drill, first_snapshot_at=first))
                await tx.want_snapshot(kept.number, "declare", NOW)
        figures = await read_figures(archives.opened.database, NOW)
    assert figures.incidents == {"SEV1": 0, "SEV2": 2, "SEV3": 0, "SEV4": 0}
    assert figures.incident_seconds == {"first_snapshot": 6.0}
    assert figures.snapshots_waiting == 3


@pytest.mark.parametrize(
    ("method", "url", "operation"),
    [
        ("GET", f"{ARM}{PLACE}/accounts/a/deployments/d?api-version=1", "get deployments"),
        ("PATCH", f"{ARM}{PLACE}/accounts/a/deployments/d?api-version=1", "patch deployments"),
        ("GET", f"{ARM}{PLACE}/accounts/a/deployments/d/skus", "get skus"),
        ("POST", f"{ARM}{PLACE}/accounts/a/deployments/d/pause", "post pause"),
        ("GET", f"{ARM}{PLACE}/accounts/a/providers/Microsoft.Insights/metrics?x=/y", "get metrics"),
        ("GET", f"{ARM}{PLACE}/locations/westeurope/usages", "get usages"),
        ("GET", f"{ARM}{PLACE}/accounts/a/a-name-of-somebody/b", "get other"),
        ("GET", f"{ARM}/somewhere/else", "get other"),
        ("GET", ARM, "get other"),
    ],
)
def test_a_call_is_named_by_its_kind_and_never_by_a_resource(method: str, url: str, operation: str) -> None:
    assert operation_of(method, url) == operation


async def test_every_read_is_told_to_the_observer_retries_too() -> None:
    answers = [Reply(503), Reply(200, raw_deployment()), Reply(404)]
    watcher = Watcher()
    async with scripted(lambda _: answers.pop(0)) as server:
        azure = connect_reader(Endpoints(server.url), Identity("sandbox"), WallClock(), watcher)
        await azure.readers.azure.deployment(REF)
        with _ignored():
            await azure.readers.azure.deployment(REF)
        await azure.close()
    assert watcher.told == [("get deployments", status) for status in ("503", "200", "404")]


@pytest.mark.parametrize(("reply", "status"), [(Reply(502), "502"), (Reply(reset=True), "none")])
async def test_the_one_write_is_told_to_the_observer_even_in_doubt(reply: Reply, status: str) -> None:
    watcher = Watcher()
    async with scripted(lambda _: reply) as server:
        endpoints, identity = Endpoints(server.url), Identity("sandbox", role="executor")
        executor, close = connect_executor(endpoints, identity, WallClock(), watcher)
        with _ignored():
            await executor.writer.send(SCALE, change="CHG-7", correlation="ref-7")
        await close()
    assert watcher.told == [("patch deployments", status)]
