"""The composition root: settings in, the connected house out. Everything is built here, by hand, once."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import structlog

from bot.domain.configuration import Configuration
from bot.domain.errors import CountersignError, InvalidInputError
from bot.ports.clock import Clock
from bot.usecases.desk import Desk
from bot.usecases.watch_change import sweep
from handlers.clock import SandboxClock, WallClock
from handlers.clock_watch import ClockWatch
from handlers.configuration_file import read_configuration
from handlers.denials import Denials
from handlers.denying import keep_writing_denials
from handlers.dependencies import Dependencies, ExecutorSide, TrailCheck
from handlers.house import Endpoint, House, Role
from handlers.jobs.registry import EXECUTOR_JOBS, JOBS
from handlers.observers import NOBODY, Observers
from handlers.privacy import privacy_of
from handlers.settings import Settings
from handlers.sides import Sides
from handlers.signing import signers_of, trusted_of
from handlers.slack_app import dispatch
from handlers.trail_watch import TrailWatch
from handlers.version import BUILD
from storage.audit_verify import verify_log
from storage.figures import Figures, read_figures
from storage.jobs import Handler
from storage.open import OpenArchive, Place, open_archive
from storage.self_checks import demand_sound, say

LOG = structlog.get_logger("house")
SWEEP_SECONDS = 1.0
Side = TypeVar("Side", Dependencies, ExecutorSide)


@asynccontextmanager
async def open_house(settings: Settings, role: Role, observers: Observers = NOBODY) -> AsyncIterator[House]:
    """Connect everything a role needs, and close it at the end.

    Raises:
        InvalidInputError: a setting or the configuration is wrong; the message names it.
    """
    settings.refuse_bad(role)
    if role != "all" and settings.database_url.startswith("sqlite"):
        raise InvalidInputError(
            f"The role {role} alone needs Postgres: on SQLite one process does everything.",
            advice="Run `countersign serve` without --role, or set COUNTERSIGN_DATABASE_URL to a Postgres.",
        )
    configuration = read_configuration(settings.config)
    clock = SandboxClock(settings.arm_url) if settings.is_sandbox else WallClock()
    async with AsyncExitStack() as stack:
        archive = await open_configured(settings, configuration, clock)
        stack.push_async_callback(archive.close)
        await demand_sound(archive, lasting=not settings.is_sandbox)
        await say(archive, "writer.started", clock, role=role)
        stack.push_async_callback(_said_stopped, archive, clock, role)
        watch = ClockWatch(WallClock())
        vkey = archive.ledger.vkey
        builder = _Builder(Sides(settings, configuration, clock, archive, vkey, stack, observers, watch))
        yield await builder.house(role)


async def open_configured(settings: Settings, configuration: Configuration, clock: Clock) -> OpenArchive:
    """Open the archive that settings and configuration name, to write in it; raises as `open_archive`."""
    return await open_archive(
        place_of(settings, configuration),
        signers_of(settings),
        configuration.origin,
        vkeys=trusted_of(settings),
        clock=clock,
        build=BUILD,
        lock=True,
    )


async def _said_stopped(archive: OpenArchive, clock: Clock, role: Role) -> None:
    """Record an orderly end; a process that was killed says nothing, and its next start shows it."""
    try:
        await say(archive, "writer.stopped", clock, role=role)
    except CountersignError as error:
        LOG.warning("writer.stopped_unsaid", error=type(error).__name__)


def place_of(settings: Settings, configuration: Configuration) -> Place:
    """Return where the database is, its high-water mark where one is named, and how it keeps texts of people."""
    named = configuration.high_water
    water = settings.config.absolute().parent / named if named else None
    return Place(settings.database_url, water, privacy_of(settings, configuration))


@dataclass(frozen=True)
class _Builder:
    sides: Sides

    async def house(self, role: Role) -> House:
        sides = self.sides
        handlers: dict[str, Handler] = {}
        background: list[Callable[[], Awaitable[None]]] = []
        endpoint: Endpoint | None = None
        connections: tuple[Any, ...] = ()
        trail: TrailWatch | None = None
        denials = Denials()
        if role != "executor":
            trail = TrailWatch(self._check_trail, sides.clock)
            background.append(trail.keep_looking)
            deps, app = await sides.slack_side(trail, denials)
            background.append(partial(keep_writing_denials, deps))
            handlers |= {job.kind: _bound(job.run, deps) for job in JOBS}
            background.append(partial(_sweeping, deps.desk))
            if sides.settings.transport == "http":
                endpoint = partial(dispatch, app)
            else:
                connections = await sides.sockets(app)
        if role != "slack":
            side = await sides.executor_side()
            handlers |= {job.kind: _bound(job.run, side) for job in EXECUTOR_JOBS}
        kinds = frozenset(handlers)
        background.append(partial(sides.archive.runner.run, handlers, kinds, sides.clock))
        if isinstance(sides.clock, SandboxClock):
            background.append(partial(sides.clock.follow, sides.archive.runner.wake))
        return House(
            sides.settings,
            sides.configuration,
            sides.clock,
            sides.archive,
            endpoint,
            tuple(background),
            connections,
            self._figures,
            trail,
            sides.watch.skews,
            denials,
            role,
        )

    async def _figures(self) -> Figures:
        sides, kinds = self.sides, self.sides.configuration.anchors.kinds
        return await read_figures(sides.archive.database, sides.clock.now(), kinds)

    async def _check_trail(self) -> TrailCheck:
        ledger = self.sides.archive.ledger
        vkey, trusted = ledger.vkey, [each.vkey for each in ledger.verifiers]
        trusted += self.sides.configuration.anchors.vkeys
        privacy = privacy_of(self.sides.settings, self.sides.configuration)
        report = await asyncio.to_thread(
            verify_log, self.sides.settings.database_url, trusted, privacy=privacy
        )
        words = [f"{found.code} at {found.seq}: {found.message}" for found in report.findings]
        return TrailCheck(report.ok, report.size, report.as_json()["root"], vkey, words)  # type: ignore[arg-type]


def _bound(run: Callable[[str, Side], Awaitable[None]], side: Side) -> Handler:
    async def handle(key: str) -> None:
        await run(key, side)

    return handle


async def _sweeping(desk: Desk) -> None:
    """Look for changes whose time has come, once a second, until cancelled."""
    while True:
        try:
            await sweep(desk)
        except CountersignError as error:
            LOG.warning("sweep.failed", error=type(error).__name__)
        await asyncio.sleep(SWEEP_SECONDS)
