"""A fresh simulated Azure for each test."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.unit.sandbox_azure.cloud import Cloud, cloud


@pytest_asyncio.fixture
async def azure() -> AsyncIterator[Cloud]:
    async with cloud() as found:
        yield found
