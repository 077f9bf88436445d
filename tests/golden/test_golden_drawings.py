"""Every drawing is, letter by letter, what was reviewed."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from bot.render.svg_chart import draw_chart
from tests.golden.charts import CHARTS

FOLDER = Path(__file__).parent / "drawings"


@pytest.mark.parametrize("name", CHARTS)
def test_a_drawing_is_what_was_reviewed(name: str, request: pytest.FixtureRequest) -> None:
    path = FOLDER / f"{name}.svg"
    written = draw_chart(CHARTS[name])
    if request.config.getoption("--golden-update"):
        FOLDER.mkdir(exist_ok=True)
        path.write_text(written, encoding="utf-8")
    assert written == path.read_text(encoding="utf-8"), "review it, then run with --golden-update"


def test_no_drawing_is_left_over() -> None:
    assert {path.stem for path in FOLDER.glob("*.svg")} == set(CHARTS)


@pytest.mark.parametrize("name", CHARTS)
def test_a_drawing_is_well_formed_and_says_what_it_shows(name: str) -> None:
    root = ElementTree.fromstring(draw_chart(CHARTS[name]))
    title = root.find("{http://www.w3.org/2000/svg}title")
    assert title is not None
    assert title.text == CHARTS[name].alt_text
