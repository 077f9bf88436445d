"""The two sides of the house, connected: Slack with the reader identity, and the executor's own."""

from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import Any, Literal

from bot.azure.connection import connect_executor, connect_reader
from bot.azure.endpoints import Endpoints, Identity
from bot.domain.configuration import Configuration
from bot.domain.errors import InvalidInputError
from bot.ports.registry import Readers
from bot.slack.client import close_client, response_hosts, slack_client
from bot.slack.directory import SlackWebDirectory
from bot.slack.errors import slack_errors
from bot.slack.identity import who_am_i
from bot.slack.messenger import SlackMessenger
from bot.slack.rooms import SlackRooms
from bot.usecases.desk import Desk
from handlers.anchoring import Anchoring
from handlers.clock import SandboxClock, WallClock
from handlers.clock_watch import ClockWatch
from handlers.declared_files import DeclaredFiles
from handlers.denials import Denials
from handlers.dependencies import Dependencies, ExecutorSide
from handlers.hands import check_hands
from handlers.observers import Observers, observed_socket
from handlers.own_journal import OwnJournal
from handlers.settings import Settings
from handlers.slack_app import slack_app, socket_connections
from handlers.slack_doors import Identity as AppIdentity
from handlers.trail_watch import TrailWatch
from storage.open import OpenArchive


@dataclass(frozen=True)
class Sides:
    """Connects a side when it is asked for; the stack closes what was opened."""

    settings: Settings
    configuration: Configuration
    clock: WallClock | SandboxClock
    archive: OpenArchive
    vkey: str
    stack: AsyncExitStack
    observers: Observers
    watch: ClockWatch

    async def slack_side(self, trail: TrailWatch, denials: Denials) -> tuple[Dependencies, Any]:
        """Return what the Slack role has, and its Bolt app."""
        settings, token = self.settings, self.settings.slack_bot_token.get_secret_value()
        client = slack_client(token, settings.slack_api_url, self.watch.hear)
        self.stack.push_async_callback(close_client, client)
        readers = await self._readers()
        directory = SlackWebDirectory(client, self.configuration.team_id)
        desk = Desk(self.configuration, self.archive.archive, self.clock, directory)
        anchoring = Anchoring(settings, self.configuration, self.stack, self.observers.azure)
        messenger = SlackMessenger(
            client, response_hosts(settings.slack_api_url), self.configuration.shared_channels
        )
        deps = Dependencies(
            desk,
            messenger,
            readers,
            trail.check,
            self.observers,
            self.vkey,
            trail.verdict,
            self.watch.wrong,
            denials,
            anchoring.anchors(),
            anchoring.cosigners(),
            channels=SlackRooms(client, self.configuration.shared_channels),
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

    async def _readers(self) -> Readers:
        """Connect the reader identity; return what it sees, and what we know ourselves."""
        azure = connect_reader(
            self._endpoints(), self._identity("reader"), self.clock, self.observers.azure, self.watch.hear
        )
        self.stack.push_async_callback(azure.close)
        await check_hands("reader", self.configuration.accounts, azure.permissions)
        return replace(
            azure.readers,
            declared=DeclaredFiles(self.configuration, self.settings.config.parent),
            journal=OwnJournal(self.archive.archive),
        )

    async def executor_side(self) -> ExecutorSide:
        """Return what the executor role has."""
        executor, close = connect_executor(
            self._endpoints(), self._identity("executor"), self.clock, self.observers.azure, self.watch.hear
        )
        self.stack.push_async_callback(close)
        await check_hands("executor", self.configuration.accounts, executor.permissions)
        async with self.archive.archive.transaction() as tx:
            for account in self.configuration.accounts:
                await tx.enqueue("permissions", f"permissions:{account.name}")
        return ExecutorSide(
            Desk(self.configuration, self.archive.archive, self.clock, None), executor, self.watch.wrong
        )

    async def sockets(self, app: Any) -> tuple[Any, ...]:
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
