"""Every card and modal, in every state, is byte for byte what was reviewed."""

import json
from pathlib import Path

import pytest

from bot.domain.change import ChangeState
from bot.ports.slack import Message
from bot.render.lint import check_message, check_view
from tests.golden.examples import EXAMPLES, Made
from tests.golden.values import VIEWS

FOLDER = Path(__file__).parent / "cards"


def document(made: Made) -> str:
    """A card or view as the file that is reviewed."""
    if isinstance(made, Message):
        made = {"text": made.text, "metadata": made.metadata, "blocks": list(made.blocks)}
    return json.dumps(made, indent=1, ensure_ascii=False) + "\n"


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_card_is_what_was_reviewed(name: str, request: pytest.FixtureRequest) -> None:
    path = FOLDER / f"{name}.json"
    written = document(EXAMPLES[name]())
    if request.config.getoption("--golden-update"):
        FOLDER.mkdir(exist_ok=True)
        path.write_text(written, encoding="utf-8")
    assert written == path.read_text(encoding="utf-8"), "review it, then run with --golden-update"


def test_no_golden_file_is_left_over() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(EXAMPLES)


def test_every_state_of_a_change_has_a_card() -> None:
    assert {view.change.state for view in VIEWS.values()} == set(ChangeState)


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_card_keeps_slacks_limits(name: str) -> None:
    made = EXAMPLES[name]()
    if isinstance(made, Message):
        check_message(made)
    else:
        check_view(made)
