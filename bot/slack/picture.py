"""Charts as PNG pictures: drawn from our SVG with the bundled font only, so the same everywhere."""

import asyncio
import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import resvg_py

from bot.domain.chart import Chart
from bot.ports.slack import File
from bot.render.svg_chart import FONT_FAMILY, HEIGHT, WIDTH, draw_chart
from bot.render.texts import shorten

FONT = Path(__file__).parents[1] / "render" / "fonts" / "DejaVuSans.ttf"
_ALT = 1000
_NAME = re.compile(r"[^a-z0-9]+")


def png(svg: str) -> bytes:
    """Return an SVG drawing as PNG bytes, the same bytes for the same drawing."""
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=svg,
            width=WIDTH,
            height=HEIGHT,
            skip_system_fonts=True,
            font_files=[str(FONT)],
            font_family=FONT_FAMILY,
            sans_serif_family=FONT_FAMILY,
        )
    )


async def pictures(charts: Sequence[Chart]) -> list[File]:
    """Return each chart as a file, with what it shows in words; drawn beside the event loop."""
    return [await asyncio.to_thread(partial(_picture, chart)) for chart in charts]


def _picture(chart: Chart) -> File:
    name = _NAME.sub("-", chart.title.lower()).strip("-")[:80] or "chart"
    return File(f"{name}.png", chart.title, png(draw_chart(chart)), shorten(chart.alt_text, _ALT))
