"""What the journeys against other people's programs share: the program, or a skip that says why not."""

from functools import partial
from pathlib import Path

import pytest

from handlers.slack_app import socket_connections
from tests.peers.program import MissingError, fetch


@pytest.fixture(scope="session")
def local_slack() -> Path:
    """Give the program local-slack, or skip with the reason it cannot be had."""
    try:
        return fetch()
    except MissingError as missing:
        pytest.skip(str(missing))


@pytest.fixture(autouse=True)
def one_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the bot open one Socket Mode connection.

    Slack gives a payload to any one of an app's connections, local-slack gives it to all of them at once: the
    second copy is recognised and answered with nothing, and local-slack would take that for the answer.
    """
    monkeypatch.setattr("handlers.wiring.socket_connections", partial(socket_connections, count=1))
