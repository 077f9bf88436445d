"""What the journeys against other people's programs share: the program, or a skip that says why not."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from tests.peers import azure_cli, prism, program
from tests.peers.installing import MissingError

T = TypeVar("T")


@pytest.fixture(scope="session")
def local_slack() -> Path:
    """Give the program local-slack, or skip with the reason it cannot be had."""
    return _or_skip(program.fetch)


@pytest.fixture(scope="session")
def az_python() -> Path:
    """Give the Python that has azure-cli, or skip with the reason it cannot be had."""
    return _or_skip(azure_cli.fetch)


@pytest.fixture(scope="session")
def prism_program() -> prism.Prism:
    """Give node and prism, or skip with the reason they cannot be had."""
    return _or_skip(prism.fetch)


def _or_skip(fetch: Callable[[], T]) -> T:
    try:
        return fetch()
    except MissingError as missing:
        pytest.skip(str(missing))
