"""Where the published test vectors are; tests that need them skip visibly where they are absent."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


def spec_path(name: str) -> Path:
    """Return the path of one vector file or folder, or skip the test."""
    folder = Path(os.environ.get("COUNTERSIGN_SPEC_DATA", ROOT / ".." / "shared" / "data"))
    path = folder / "audit" / name
    if not path.exists():
        pytest.skip(f"the test vectors are not here: {name} (set COUNTERSIGN_SPEC_DATA)")
    return path


def spec(name: str) -> Any:
    """Return one vector file, parsed, or skip the test."""
    return json.loads(spec_path(name).read_text("utf-8"))
