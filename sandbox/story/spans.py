"""Text in pieces that know their style, so that wrapping and colouring do not get in each other's way."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

Span = tuple[str, str]
Line = list[Span]

WIDTH = 100
_CODES = {
    "bold": "1",
    "dim": "2",
    "head": "1",
    "scene": "1;36",
    "name": "36",
    "code": "35",
    "good": "32",
    "bad": "31",
    "primary": "1;32",
    "danger": "1;31",
    "app": "1;35",
}


def columns(text: str) -> int:
    """How many columns of a terminal the text takes."""
    total = 0
    for char in text:
        if unicodedata.combining(char) or char in "\ufe0f\u200d":
            continue
        total += 2 if unicodedata.east_asian_width(char) in "WF" else 1
    return total


def length(line: Line) -> int:
    """How many columns a line takes."""
    return sum(columns(text) for text, _ in line)


def plain(line: Line) -> str:
    """The text of a line."""
    return "".join(text for text, _ in line)


def painted(line: Line, *, colours: bool) -> str:
    """The line for a terminal, or as bare text."""
    if not colours:
        return plain(line).rstrip()
    return "".join(f"\x1b[{_CODES[style]}m{text}\x1b[0m" if style else text for text, style in line)


def padded(line: Line, room: int) -> Line:
    """The line, filled with spaces up to so many columns."""
    return [*line, (" " * max(0, room - length(line)), "")]


def paragraphs(line: Line) -> list[Line]:
    """The line, split where it breaks."""
    made: list[Line] = [[]]
    for text, style in line:
        first, *others = text.split("\n")
        made[-1].append((first, style))
        made += [[(part, style)] for part in others]
    return made


def wrapped(line: Line, room: int, hang: int = 0) -> list[Line]:
    """The line in as many lines as it needs; all but the first start `hang` columns in."""
    made: list[Line] = []
    for paragraph in paragraphs(line):
        current: Line = []
        for word in _words(paragraph):
            gap = 1 if current else 0
            limit = room - (hang if made else 0)
            if current and length(current) + gap + length(word) > limit:
                made.append(_hanging(current, hang if made else 0))
                current, gap = [], 0
            current += [*([(" ", "")] if gap else []), *word]
        made.append(_hanging(current, hang if made else 0))
    return made


def _hanging(line: Line, hang: int) -> Line:
    return [(" " * hang, ""), *line] if hang else line


def _words(line: Line) -> Iterator[Line]:
    word: Line = []
    for text, style in line:
        for part in re.split(r"( +)", text):
            if part.startswith(" "):
                if word:
                    yield word
                word = []
            elif part:
                word.append((part, style))
    if word:
        yield word


def joined(lines: Iterable[Line], between: Span) -> Line:
    """Several lines as one, with something in between."""
    made: Line = []
    for line in lines:
        made += [*([between] if made else []), *line]
    return made


def beside(left: Sequence[Line], right: Sequence[Line], room: int) -> list[Line]:
    """Two blocks of lines next to each other, the left one so many columns wide."""
    made: list[Line] = []
    for row in range(max(len(left), len(right))):
        one = left[row] if row < len(left) else []
        other = right[row] if row < len(right) else []
        made.append([*padded(one, room), *other])
    return made
