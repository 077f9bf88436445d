"""Azure, connected: the readers under one identity, the executor under another."""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from bot.azure.credentials import async_credential, credential
from bot.azure.endpoints import Endpoints, Identity
from bot.azure.fetch import Fetch
from bot.azure.metrics import ArmMetrics
from bot.azure.pipeline import reader_client
from bot.azure.reader import ArmReader
from bot.azure.writer import ArmWriter
from bot.domain.errors import AzureUnavailableError, InvalidInputError
from bot.ports.azure import Executor
from bot.ports.clock import Clock
from bot.ports.inventory import NothingDeclared
from bot.ports.observer import AzureObserver, unobserved
from bot.ports.registry import Readers

Close = Callable[[], Awaitable[None]]


class Unconnected:
    """Reads that are not connected: each says so."""

    def __getattr__(self, name: str) -> Any:
        """Return a read that raises AzureUnavailableError."""

        async def unavailable(*_words: object) -> Any:
            raise AzureUnavailableError(f"The read {name} is not connected.")

        return unavailable


@dataclass(frozen=True)
class AzureConnection:
    """The reader's connection; call `close` at the end."""

    readers: Readers
    close: Close


def connect_reader(
    endpoints: Endpoints, identity: Identity, clock: Clock, observe: AzureObserver = unobserved
) -> AzureConnection:
    """Return the readers. Nothing is sent until the first read.

    Raises:
        InvalidInputError: the identity is `sandbox` beside a real Azure, or is not the reader's.
    """
    fetch, close = _fetch(endpoints, _of_role(identity, "reader"), observe)
    return AzureConnection(
        Readers(
            ArmReader(fetch, clock),
            ArmMetrics(fetch),
            Unconnected(),
            Unconnected(),
            Unconnected(),
            NothingDeclared(),
        ),
        close,
    )


def connect_executor(
    endpoints: Endpoints, identity: Identity, clock: Clock, observe: AzureObserver = unobserved
) -> tuple[Executor, Close]:
    """Return the executor's own reads and its writer, and what closes them; for the executor role only.

    Raises:
        InvalidInputError: the identity is `sandbox` beside a real Azure, or is not the executor's.
    """
    hands = credential(_of_role(identity, "executor"), endpoints)
    fetch, close = _fetch(endpoints, identity, observe)
    writer = ArmWriter(endpoints, hands, fetch, observe)

    async def close_all() -> None:
        await close()
        closing: Any = getattr(hands, "close", None)
        if closing is not None:
            closing()

    return Executor(ArmReader(fetch, clock), writer), close_all


def _of_role(identity: Identity, role: str) -> Identity:
    if identity.role != role:
        raise InvalidInputError(f"This identity is the {identity.role}'s, not the {role}'s.")
    return identity


def _fetch(endpoints: Endpoints, identity: Identity, observe: AzureObserver) -> tuple[Fetch, Close]:
    token = async_credential(identity, endpoints)
    client = reader_client(endpoints, token, observe)

    async def close() -> None:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(token.close)
            stack.push_async_callback(client.close)

    return Fetch(client, endpoints.arm_url), close
