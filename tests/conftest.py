"""What every test has: order at random (pytest-randomly), warnings as errors, and no deadline per example."""

from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).parent.parent
_PLACES = (ROOT / "tests/unmeasured.txt").read_text(encoding="utf-8").split()
UNMEASURED = [ROOT / line for line in _PLACES if not line.startswith("!")]
MEASURED = [ROOT / line[1:] for line in _PLACES if line.startswith("!")]  # although it lies in one of those

# Two busy cores make single examples slow; what must be quick is measured in bench/.
settings.register_profile("house", deadline=None)
settings.load_profile("house")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let golden files be written anew, to be reviewed in the diff."""
    parser.addoption("--golden-update", action="store_true", help="write golden files instead of comparing")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what tests/unmeasured.txt names, by which `scripts/test` tells it from the others."""
    for item in items:
        if item.path not in MEASURED and any(item.path.is_relative_to(place) for place in UNMEASURED):
            item.add_marker(pytest.mark.unmeasured)
