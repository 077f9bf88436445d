"""What every test has: order at random (pytest-randomly), warnings as errors, and no deadline per example."""

import pytest
from hypothesis import settings

# Two busy cores make single examples slow; what must be quick is measured in bench/.
settings.register_profile("house", deadline=None)
settings.load_profile("house")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let golden files be written anew, to be reviewed in the diff."""
    parser.addoption("--golden-update", action="store_true", help="write golden files instead of comparing")
