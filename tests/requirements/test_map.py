"""The page of requirements is held to what is there: numbers, tests, commands, files and states."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from handlers.commands.registry import COMMANDS
from tests.architecture.house import ROOT

PAGE = ROOT / "docs" / "requirements.md"
STATE = re.compile(r"met|partly: \S.+|later: (?:changes|audit|incidents)")
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
FILE = re.compile(r"\b(?:bot|handlers|storage|deploy|docs)/[\w/.-]+\.\w+")


@dataclass(frozen=True)
class Line:
    """One requirement as the page has it."""

    number: int
    asks: str
    where: str
    test: str
    state: str

    @property
    def tests(self) -> list[tuple[str, str]]:
        """Return (file, name) of every test it names."""
        return TEST.findall(self.test)


@cache
def _lines() -> tuple[Line, ...]:
    found = []
    for row in PAGE.read_text(encoding="utf-8").splitlines():
        if re.match(r"\| R\d", row):
            name, *cells = (cell.strip() for cell in row.strip("|").split("|"))
            assert len(cells) == 4, row
            found.append(Line(int(name.removeprefix("R")), *cells))
    return tuple(found)


@cache
def _functions(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(
        node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def _numbered() -> Iterator[tuple[str, str]]:
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        name = path.relative_to(ROOT).as_posix()
        yield from ((name, each) for each in _functions(name) if re.match(r"test_r\d\d_", each))


def test_every_requirement_is_there_once_in_order() -> None:
    assert [line.number for line in _lines()] == list(range(1, 67))
    assert all(line.asks for line in _lines())


def test_a_state_is_one_of_three_and_says_what_is_missing_or_where_it_belongs() -> None:
    assert [line for line in _lines() if not STATE.fullmatch(line.state)] == []


def test_what_is_met_even_partly_names_its_test_and_its_place_and_what_is_not_names_none() -> None:
    for line in _lines():
        is_there = not line.state.startswith("later")
        assert bool(line.tests) is is_there, line
        assert bool(line.where) is is_there, line


def test_every_test_that_is_named_exists() -> None:
    named = [test for line in _lines() for test in line.tests]
    assert [(path, name) for path, name in named if name not in _functions(path)] == []


def test_every_test_with_a_requirements_number_is_named_beside_that_number() -> None:
    named = {test: line.number for line in _lines() for test in line.tests}
    numbered = {test: int(test[1][6:8]) for test in _numbered()}
    assert len(numbered) > 30
    assert {test: named.get(test) for test in numbered} == numbered


def test_every_command_that_is_named_can_be_typed() -> None:
    known = {command.name for command in COMMANDS}
    named = {word for line in _lines() for word in re.findall(r"`/cs (\w+)", line.where)}
    assert named
    assert named <= known


def test_every_file_that_is_named_exists() -> None:
    named = {path for line in _lines() for path in FILE.findall(line.where)}
    assert len(named) > 20
    assert sorted(path for path in named if not (ROOT / path).is_file()) == []
