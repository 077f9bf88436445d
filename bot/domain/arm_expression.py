"""Expressions of ARM templates, the few that need nothing but the file: names, literals, and functions of text."""

import re
from collections.abc import Callable, Mapping, Sequence

from bot.domain.errors import CountersignError
from bot.domain.json import Json

HOLE = "\ufffd"
_TOKEN = re.compile(r"\s*('(?:[^']|'')*'|-?\d+|[A-Za-z_]\w*|[().,\[\]])")
_PLACE = re.compile(r"\{(\d+)\}")
_WORDS: Mapping[str, Json] = {"true": True, "false": False, "null": None}
Look = Callable[[str, str], Json]


class UnresolvedError(CountersignError):
    """The expression needs something that the file does not say."""


def is_expression(text: str) -> bool:
    """Return whether ARM evaluates this text: `[…]`, but not `[[…`."""
    return text.startswith("[") and text.endswith("]") and not text.startswith("[[")


def evaluate(text: str, look: Look, *, copy: int | None = None, holes: bool = False) -> Json:
    """Return the value of an expression (of plain text: itself).

    `look` gives parameters and variables; with `holes` a part of a text that is unknown becomes a hole in it.

    Raises:
        UnresolvedError: it cannot be known from the file.
    """
    if not is_expression(text):
        return text
    reader = _Reader(_tokens(text[1:-1]), look, copy=copy, holes=holes)
    value = reader.expression()
    if reader.rest:
        raise UnresolvedError(text)
    return value


def _tokens(text: str) -> list[str]:
    found, end = [], 0
    while end < len(text.rstrip()):
        token = _TOKEN.match(text, end)
        if token is None:
            raise UnresolvedError(text)
        found.append(token[1])
        end = token.end()
    return found


class _Reader:
    """Reads tokens from the left, by recursive descent."""

    def __init__(self, tokens: list[str], look: Look, *, copy: int | None, holes: bool) -> None:
        self.rest = tokens
        self._look = look
        self._copy = copy
        self._holes = holes

    def expression(self) -> Json:
        """Return the value of one expression, with what is picked out of it."""
        value = self._first()
        while self.rest and self.rest[0] in ".[":
            if self._take() == ".":
                value = _picked(value, self._take())
            else:
                value = _picked(value, self.expression())
                self._expect("]")
        return value

    def _first(self) -> Json:
        token = self._take()
        if token.startswith("'"):
            return token[1:-1].replace("''", "'")
        if token.lstrip("-").isdigit():
            return int(token)
        if self.rest and self.rest[0] == "(":
            return self._call(token.lower(), self._arguments())
        if token.lower() not in _WORDS:
            raise UnresolvedError(token)
        return _WORDS[token.lower()]

    def _arguments(self) -> list[Json]:
        self._expect("(")
        found: list[Json] = []
        while self.rest and self.rest[0] != ")":
            if found:
                self._expect(",")
            found.append(self._argument())
        self._expect(")")
        return found

    def _argument(self) -> Json:
        before = list(self.rest)
        try:
            return self.expression()
        except UnresolvedError:
            if not self._holes:
                raise
            self.rest = _after(before)
            return HOLE

    def _call(self, name: str, given: Sequence[Json]) -> Json:
        if name in ("parameters", "variables") and len(given) == 1:
            return self._look(name, str(given[0]))
        if name == "copyindex":
            if self._copy is None:
                raise UnresolvedError(name)
            offsets = [each for each in given if isinstance(each, int)]
            return self._copy + sum(offsets)
        if name not in _FUNCTIONS or not given:
            raise UnresolvedError(name)
        return _FUNCTIONS[name](given)

    def _take(self) -> str:
        if not self.rest:
            raise UnresolvedError("end")
        return self.rest.pop(0)

    def _expect(self, token: str) -> None:
        if self._take() != token:
            raise UnresolvedError(token)


def _after(tokens: list[str]) -> list[str]:
    """Return what follows one argument: from the comma or bracket that ends it."""
    depth = 0
    for place, mark in enumerate(tokens):
        if depth == 0 and mark in {",", ")"}:
            return tokens[place:]
        depth += (mark in {"(", "["}) - (mark in {")", "]"})
    raise UnresolvedError("end")


def _picked(value: Json, key: Json) -> Json:
    if isinstance(value, Mapping):
        names = {name.lower(): name for name in value}
        if str(key).lower() in names:
            return value[names[str(key).lower()]]
    elif isinstance(value, list) and isinstance(key, int) and 0 <= key < len(value):
        found: Json = value[key]
        return found
    raise UnresolvedError(str(key))


def _text(value: Json) -> str:
    if isinstance(value, bool):
        return "True" if value else "False"
    if isinstance(value, str | int):
        return str(value)
    raise UnresolvedError("text")


def _format(given: Sequence[Json]) -> Json:
    texts = [_text(each) for each in given[1:]]

    def place(found: re.Match[str]) -> str:
        number = int(found[1])
        if number >= len(texts):
            raise UnresolvedError(found[0])
        return texts[number]

    return _PLACE.sub(place, _text(given[0]))


def _int(given: Sequence[Json]) -> Json:
    text = _text(given[0])
    if re.fullmatch(r"-?\d{1,15}", text) is None:
        raise UnresolvedError(text)
    return int(text)


def _length(given: Sequence[Json]) -> Json:
    if isinstance(given[0], str | list | Mapping):
        return len(given[0])
    raise UnresolvedError("length")


_FUNCTIONS: Mapping[str, Callable[[Sequence[Json]], Json]] = {
    "format": _format,
    "concat": lambda given: "".join(_text(each) for each in given),
    "string": lambda given: _text(given[0]),
    "int": _int,
    "length": _length,
    "tolower": lambda given: _text(given[0]).lower(),
    "toupper": lambda given: _text(given[0]).upper(),
}
