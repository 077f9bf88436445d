"""Fixtures: a simulated Slack over signed HTTP, and one in Socket Mode."""

from collections.abc import AsyncIterator

import pytest

from tests.unit.sandbox_slack.desk import Desk, a_desk


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with a_desk() as running:
        yield running


@pytest.fixture
async def socket_desk() -> AsyncIterator[Desk]:
    async with a_desk(transport="socket") as running:
        yield running
