"""Azure, connected: the readers under one identity, the executor under another."""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from bot.azure.credentials import async_credential, credential
from bot.azure.endpoints import Endpoints, Identity
from bot.azure.fetch import Fetch
from bot.azure.inventory import ArmInventory
from bot.azure.limits import Limits
from bot.azure.logs import LogAnalytics
from bot.azure.metrics import ArmMetrics
from bot.azure.operator import TokenOperator
from bot.azure.permissions import ArmPermissions
from bot.azure.pipeline import data_client, logs_client, reader_client
from bot.azure.reader import ArmReader
from bot.azure.sharing import GLANCED, NEVER, Sharing
from bot.azure.training import DataPlaneTraining
from bot.azure.writer import ArmWriter
from bot.domain.errors import InvalidInputError
from bot.domain.meter import Meter
from bot.ports.azure import Executor, PermissionsReader
from bot.ports.clock import Clock
from bot.ports.inventory import NothingDeclared
from bot.ports.observer import AzureObserver, DateHeard, unheard, unobserved
from bot.ports.registry import Readers

Close = Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class AzureConnection:
    """The reader's connection; call `close` at the end."""

    readers: Readers
    close: Close
    permissions: PermissionsReader


def connect_reader(
    endpoints: Endpoints,
    identity: Identity,
    clock: Clock,
    observe: AzureObserver = unobserved,
    hear: DateHeard = unheard,
) -> AzureConnection:
    """Return the readers. Nothing is sent until the first read.

    Raises:
        InvalidInputError: the identity is `sandbox` beside a real Azure, or is not the reader's.
    """
    hands = async_credential(_of_role(identity, "reader"), endpoints)
    sharing = Sharing(clock)
    arm = reader_client(endpoints, hands, observe, hear)
    data = data_client(endpoints, hands, observe)
    logs = logs_client(endpoints, hands, observe)
    limits = Limits()
    operator = TokenOperator(hands, endpoints, identity.kind, clock)
    fetch = Fetch(arm, endpoints.arm_url, sharing=sharing, limits=limits)
    jobs = Fetch(data, endpoints.data_url, sharing=sharing, limits=limits)

    def readers(meter: Meter, keep: timedelta = NEVER) -> Readers:
        seen = fetch.metered(meter)
        return Readers(
            ArmReader(seen, clock, keep),
            ArmMetrics(seen),
            ArmInventory(seen, clock),
            DataPlaneTraining(jobs.metered(meter), seen, endpoints),
            LogAnalytics(seen, logs, endpoints),
            NothingDeclared(),
            meter,
            partial(readers, keep=keep),
            operator,
            partial(readers, Meter(), GLANCED),
        )

    close = _closing(hands.close, arm.close, data.close, logs.close, sharing.close)
    return AzureConnection(readers(Meter()), close, ArmPermissions(fetch))


def connect_executor(
    endpoints: Endpoints,
    identity: Identity,
    clock: Clock,
    observe: AzureObserver = unobserved,
    hear: DateHeard = unheard,
) -> tuple[Executor, Close]:
    """Return the executor's own reads and its writer, and what closes them; for the executor role only.

    Raises:
        InvalidInputError: the identity is `sandbox` beside a real Azure, or is not the executor's.
    """
    hands = credential(_of_role(identity, "executor"), endpoints)
    token = async_credential(identity, endpoints)
    client = reader_client(endpoints, token, observe, hear)
    fetch = Fetch(client, endpoints.arm_url)
    writer = ArmWriter(endpoints, hands, fetch, observe)

    async def close_all() -> None:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(token.close)
            stack.push_async_callback(client.close)
        closing: Any = getattr(hands, "close", None)
        if closing is not None:
            closing()

    reads = ArmReader(fetch, clock)
    return Executor(reads, writer, ArmMetrics(fetch), ArmPermissions(fetch)), close_all


def _closing(*each: Close) -> Close:
    async def close() -> None:
        async with AsyncExitStack() as stack:
            for one in each:
                stack.push_async_callback(one)

    return close


def _of_role(identity: Identity, role: str) -> Identity:
    if identity.role != role:
        raise InvalidInputError(f"This identity is the {identity.role}'s, not the {role}'s.")
    return identity
