"""`countersign demo --script`: each story is played to its end, every check in it holds, and so does the trail."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMMAND = [
    sys.executable,
    "-c",
    "from handlers.cli.main import main; main()",
    "demo",
    "--script",
    "--port",
    "0",
]


@pytest.mark.parametrize(("story", "least"), [("change", 26), ("incident", 20)])
def test_a_story_is_played_to_its_end_and_everything_in_it_holds(story: str, least: int) -> None:
    played = subprocess.run(
        [*COMMAND, "--story", story], cwd=ROOT, text=True, capture_output=True, check=False, timeout=150
    )
    assert played.returncode == 0, played.stdout[-3000:] + played.stderr
    held = re.search(r"All (\d+) checks held", played.stdout)
    assert held is not None
    assert int(held[1]) >= least
    assert "The audit trail holds." in played.stdout


def test_a_story_that_is_not_there_is_asked_back() -> None:
    played = subprocess.run(
        [*COMMAND, "--story", "incidnet"], cwd=ROOT, text=True, capture_output=True, check=False, timeout=60
    )
    assert played.returncode == 2
    assert "incident" in played.stdout + played.stderr
