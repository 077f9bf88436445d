"""SVG as text: elements in a fixed order, numbers in a fixed form, every text escaped."""

from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

from bot.render.texts import one_line

_Attribute = str | float


def number(value: float) -> str:
    """Return a coordinate: at most one decimal, never `-0`."""
    rounded = round(value, 1) + 0.0
    return str(int(rounded)) if rounded == int(rounded) else f"{rounded:.1f}"


def element(name: str, *inner: str, **attributes: _Attribute) -> str:
    """Return an element of our own markup; `_` in an attribute's name is written `-`."""
    said = "".join(
        f" {key.rstrip('_').replace('_', '-')}={quoteattr(value if isinstance(value, str) else number(value))}"
        for key, value in attributes.items()
    )
    return f"<{name}{said}>{''.join(inner)}</{name}>" if inner else f"<{name}{said}/>"


def text(words: str, x: float, y: float, size: float, *, fill: str, anchor: str = "start") -> str:
    """Return one line of text; whatever it says, it is text."""
    return element("text", escape(one_line(words)), x=x, y=y, font_size=size, fill=fill, text_anchor=anchor)


def path(points: Iterable[tuple[float, float]], *, closed: bool = False) -> str:
    """Return the `d` of straight lines through points."""
    said = " ".join(f"{'L' if index else 'M'}{number(x)} {number(y)}" for index, (x, y) in enumerate(points))
    return f"{said} Z" if closed else said


def line(ends: tuple[float, float, float, float], *, stroke: str, width: float = 2, dash: str = "") -> str:
    """Return a straight line from x, y to x, y, dashed if asked."""
    x1, y1, x2, y2 = ends
    dashed = {"stroke_dasharray": dash} if dash else {}
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, stroke=stroke, stroke_width=width, **dashed)


def document(width: int, height: int, family: str, title: str, parts: Iterable[str]) -> str:
    """Return a whole drawing on white, with its title for who reads it."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family={quoteattr(family)} role="img">'
    )
    ground = element("rect", width=width, height=height, fill="#ffffff")
    lines = [head, element("title", escape(one_line(title))), ground, *parts, "</svg>"]
    return "\n".join(lines) + "\n"
