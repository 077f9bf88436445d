"""What the journeys against other people's programs share: the program, or a skip that says why not."""

from pathlib import Path

import pytest

from tests.peers.program import MissingError, fetch


@pytest.fixture(scope="session")
def local_slack() -> Path:
    """Give the program local-slack, or skip with the reason it cannot be had."""
    try:
        return fetch()
    except MissingError as missing:
        pytest.skip(str(missing))
