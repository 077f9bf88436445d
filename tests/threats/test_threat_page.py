"""The page of threats is held to what is there: thirty numbers, files, tests, and the marks these tests carry."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from tests.architecture.house import ROOT

PAGE = ROOT / "docs" / "threats.md"
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
FILE = re.compile(
    r"\b(?:bot|handlers|storage|deploy|tests)/[\w/.-]+\.\w+|\b(?:manifest\.yml|requirements\.lock)\b"
)
STATE = re.compile(r"tried|partly: \S.+belongs? to \S.+")
CHAPTERS = re.compile(r"(?:1|2|8|13|15|16)\.[1-5]\.(?:10|[1-9])")


@dataclass(frozen=True)
class Line:
    """One threat as the page has it."""

    number: int
    threat: str
    control: str
    test: str
    asvs: str
    state: str

    @property
    def tests(self) -> list[tuple[str, str]]:
        """Return (file, name) of every test it names."""
        return TEST.findall(self.test)

    @property
    def ids(self) -> set[str]:
        """Return the numbers of ASVS it names."""
        return {each.strip() for each in self.asvs.split(",")}


@cache
def lines() -> tuple[Line, ...]:
    """Return the rows of the table."""
    rows = (row for row in PAGE.read_text(encoding="utf-8").splitlines() if re.match(r"\| \d", row))
    cells = ([cell.strip() for cell in row.strip("|").split("|")] for row in rows)
    return tuple(Line(int(number), *rest) for number, *rest in cells)


def marks(path: str) -> Iterator[tuple[str, str, str]]:
    """Give (test, mark, argument) for every mark of ours on a test of a file."""
    for node in ast.parse((ROOT / path).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for decorator in node.decorator_list:
                found = re.fullmatch(r"pytest\.mark\.(threat|asvs)\('?([\d.]+)'?\)", ast.unparse(decorator))
                if found:
                    yield node.name, found[1], found[2]


@cache
def marked() -> dict[tuple[str, str], dict[str, set[str]]]:
    """Return the threats and the ASVS numbers of every test that carries a mark."""
    found: dict[tuple[str, str], dict[str, set[str]]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        name = path.relative_to(ROOT).as_posix()
        for test, mark, argument in marks(name):
            of = found.setdefault((name, test), {"threat": set(), "asvs": set()})
            of[mark].add(argument)
    return found


def test_every_threat_is_there_once_in_order_with_a_control() -> None:
    assert [line.number for line in lines()] == list(range(1, 31))
    assert all(line.threat and line.control for line in lines())


def test_what_is_not_tried_says_why_and_where_it_belongs() -> None:
    assert [line for line in lines() if not STATE.fullmatch(line.state)] == []
    assert [line.number for line in lines() if not line.tests] == []


def test_every_file_that_is_named_as_a_control_exists() -> None:
    named = {(line.number, path) for line in lines() for path in FILE.findall(line.control)}
    assert {number for number, _ in named} == set(range(1, 31))
    assert sorted(path for _, path in named if not (ROOT / path).is_file()) == []


def test_every_test_that_is_named_carries_the_marks_of_its_line() -> None:
    for line in lines():
        for test in line.tests:
            of = marked().get(test, {"threat": set(), "asvs": set()})
            assert str(line.number) in of["threat"], (line.number, test)
            assert of["asvs"] & line.ids, (line.number, test)


def test_every_test_with_a_mark_is_named_on_its_line() -> None:
    named = {(line.number, test) for line in lines() for test in line.tests}
    carried = {(int(number), test) for test, of in marked().items() for number in of["threat"]}
    assert sorted(carried - named) == []
    assert len(carried) > 100


def test_a_mark_of_asvs_never_stands_alone_and_is_a_number_of_the_standard() -> None:
    assert [test for test, of in marked().items() if not (of["threat"] and of["asvs"])] == []
    assert [line.number for line in lines() if not all(map(CHAPTERS.fullmatch, line.ids))] == []
