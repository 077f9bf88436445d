"""The composition root: settings in, the connected house out. Everything is built here, by hand, once."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal, TypeVar

import structlog

from bot.azure.connection import connect_executor, connect_reader
from bot.azure.endpoints import Endpoints, Identity
from bot.domain.configuration import Configuration
from bot.domain.errors import CountersignError, InvalidInputError
from bot.domain.note import Signer
from bot.slack.client import close_client, response_hosts, slack_client
from bot.slack.directory import SlackWebDirectory
from bot.slack.errors import slack_errors
from bot.slack.identity import who_am_i
from bot.slack.messenger import SlackMessenger
from bot.usecases.desk import Desk
from bot.usecases.watch_change import sweep
from handlers.clock import SandboxClock, WallClock
from handlers.configuration_file import read_configuration
from handlers.declared_files import DeclaredFiles
from handlers.dependencies import Dependencies, ExecutorSide, TrailCheck
from handlers.hands import check_hands
from handlers.jobs.registry import EXECUTOR_JOBS, JOBS
from handlers.observers import NOBODY, Observers, observed_socket
from handlers.own_journal import OwnJournal
from handlers.settings import Settings
from handlers.slack_app import Identity as AppIdentity
from handlers.slack_app import dispatch, slack_app, socket_connections
from handlers.trail_watch import TrailWatch
from handlers.version import BUILD
from storage.audit_verify import verify_log
from storage.figures import Figures, read_figures
from storage.jobs import Handler
from storage.open import OpenArchive, open_archive

LOG = structlog.get_logger("house")
Role = Literal["all", "slack", "executor"]
SWEEP_SECONDS = 1.0
Side = TypeVar("Side", Dependencies, ExecutorSide)
Endpoint = Callable[[Mapping[str, str], str], Awaitable[tuple[int, Mapping[str, str], str]]]


@dataclass(frozen=True)
class House:
    """A connected house: what answers Slack's requests, and what runs until it is cancelled."""

    settings: Settings
    configuration: Configuration
    clock: WallClock | SandboxClock
    archive: OpenArchive
    endpoint: Endpoint | None
    background: tuple[Callable[[], Awaitable[None]], ...]
    connections: tuple[Any, ...] = ()
    figures: Callable[[], Awaitable[Figures]] | None = None
    trail: TrailWatch | None = None

    async def is_connected(self) -> bool | None:
        """Return whether a Socket Mode connection stands; None where Slack comes by HTTP, or not at all."""
        if not self.connections:
            return None
        return any([await client.is_connected() for client in self.connections])

    async def is_ready(self) -> bool:
        """Return whether the database answers and, in Socket Mode, a connection stands."""
        if await self.is_connected() is False:
            return False
        with suppress(CountersignError, OSError):
            await self.archive.runner.counts()
            return True
        return False


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
    signer = signer_of(settings, configuration)
    clock = SandboxClock(settings.arm_url) if settings.is_sandbox else WallClock()
    async with AsyncExitStack() as stack:
        archive = await open_archive(
            settings.database_url, signer, configuration.origin, clock=clock, build=BUILD, lock=True
        )
        stack.push_async_callback(archive.close)
        builder = _Builder(settings, configuration, clock, archive, signer, stack, observers)
        yield await builder.house(role)


def signer_of(settings: Settings, configuration: Configuration) -> Signer:
    """Return the signer whose key is named like the trail's origin.

    Raises:
        InvalidInputError: no key has that name.
    """
    signers = [Signer.parse(key) for key in settings.signing_keys()]
    for signer in signers:
        if signer.name == configuration.origin:
            return signer
    names = ", ".join(signer.name for signer in signers)
    raise InvalidInputError(
        f"No signing key is named {configuration.origin}, the [audit] origin; there is {names}.",
        advice=f"Make one with `countersign audit keygen --origin {configuration.origin}`.",
    )


@dataclass(frozen=True)
class _Builder:
    settings: Settings
    configuration: Configuration
    clock: WallClock | SandboxClock
    archive: OpenArchive
    signer: Signer
    stack: AsyncExitStack
    observers: Observers

    async def house(self, role: Role) -> House:
        handlers: dict[str, Handler] = {}
        background: list[Callable[[], Awaitable[None]]] = []
        endpoint: Endpoint | None = None
        connections: tuple[Any, ...] = ()
        trail: TrailWatch | None = None
        if role != "executor":
            trail = TrailWatch(self._check_trail, self.clock)
            background.append(trail.keep_looking)
            deps, app = await self._slack_side(trail)
            handlers |= {job.kind: _bound(job.run, deps) for job in JOBS}
            background.append(partial(_sweeping, deps.desk))
            if self.settings.transport == "http":
                endpoint = partial(dispatch, app)
            else:
                connections = await self._sockets(app)
        if role != "slack":
            side = await self._executor_side()
            handlers |= {job.kind: _bound(job.run, side) for job in EXECUTOR_JOBS}
        kinds = frozenset(handlers)
        background.append(partial(self.archive.runner.run, handlers, kinds, self.clock))
        if isinstance(self.clock, SandboxClock):
            background.append(partial(self.clock.follow, self.archive.runner.wake))
        return House(
            self.settings,
            self.configuration,
            self.clock,
            self.archive,
            endpoint,
            tuple(background),
            connections,
            self._figures,
            trail,
        )

    async def _slack_side(self, trail: TrailWatch) -> tuple[Dependencies, Any]:
        settings, token = self.settings, self.settings.slack_bot_token.get_secret_value()
        client = slack_client(token, settings.slack_api_url)
        self.stack.push_async_callback(close_client, client)
        azure = connect_reader(self._endpoints(), self._identity("reader"), self.clock, self.observers.azure)
        self.stack.push_async_callback(azure.close)
        await check_hands("reader", self.configuration.accounts, azure.permissions)
        directory = SlackWebDirectory(client, self.configuration.team_id)
        desk = Desk(self.configuration, self.archive.archive, self.clock, directory)
        messenger = SlackMessenger(client, response_hosts(settings.slack_api_url))
        readers = replace(
            azure.readers,
            declared=DeclaredFiles(self.configuration, settings.config.parent),
            journal=OwnJournal(self.archive.archive),
        )
        deps = Dependencies(
            desk, messenger, readers, trail.check, self.observers, self.signer.vkey, trail.verdict
        )
        me = await who_am_i(client)
        if me.team != self.configuration.team_id:
            raise InvalidInputError(
                f"The bot token belongs to the workspace {me.team}, not to {self.configuration.team_id}.",
                advice="Use the token of the workspace that [workspace] team_id names.",
            )
        identity = AppIdentity(token, me.bot_id, me.user, me.team)
        auth = "slack-signed" if settings.transport == "http" else "slack-socket"
        return deps, slack_app(deps, identity, client, auth=auth)

    async def _figures(self) -> Figures:
        return await read_figures(self.archive.database, self.clock.now())

    async def _executor_side(self) -> ExecutorSide:
        executor, close = connect_executor(
            self._endpoints(), self._identity("executor"), self.clock, self.observers.azure
        )
        self.stack.push_async_callback(close)
        await check_hands("executor", self.configuration.accounts, executor.permissions)
        async with self.archive.archive.transaction() as tx:
            for account in self.configuration.accounts:
                await tx.enqueue("permissions", f"permissions:{account.name}")
        return ExecutorSide(Desk(self.configuration, self.archive.archive, self.clock, None), executor)

    async def _sockets(self, app: Any) -> tuple[Any, ...]:
        """Connect twice, so that a refresh of one connection leaves the other listening."""
        handlers = socket_connections(app, self.settings.slack_app_token.get_secret_value())
        for handler in handlers:
            listener = observed_socket(handler.handle, self.observers.slack)
            handler.client.socket_mode_request_listeners = [listener]
            self.stack.push_async_callback(handler.close_async)
            async with slack_errors():
                await handler.connect_async()  # type: ignore[no-untyped-call]
        return tuple(handler.client for handler in handlers)

    def _endpoints(self) -> Endpoints:
        settings = self.settings
        return Endpoints(settings.arm_url, settings.openai_url, settings.logs_url)

    def _identity(self, role: Literal["reader", "executor"]) -> Identity:
        settings = self.settings
        if role == "reader":
            return Identity(settings.azure_identity, settings.azure_client_id, role)
        return Identity(settings.azure_executor_identity, settings.azure_executor_client_id, role)

    async def _check_trail(self) -> TrailCheck:
        vkey = self.signer.vkey
        report = await asyncio.to_thread(verify_log, self.settings.database_url, [vkey])
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
