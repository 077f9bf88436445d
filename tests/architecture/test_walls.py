"""Functions stop at 40 lines and modules at 250: what grows beyond is two things."""

import ast

import pytest

from tests.architecture.house import Module, modules

FUNCTION_LINES = 40
MODULE_LINES = 250
EXEMPT = ("sandbox", "storage.migrations", "bot.verify_pack")


def long_functions(module: Module) -> list[str]:
    """Name every function that is longer than the wall."""
    return [
        f"{module.path}:{node.lineno} {node.name} has {lines} lines, the wall is {FUNCTION_LINES}"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or 0) - node.lineno + 1) > FUNCTION_LINES
    ]


def is_long(module: Module) -> bool:
    """Whether the file is longer than the wall."""
    return len(module.text.splitlines()) > MODULE_LINES


def test_no_function_of_the_house_is_longer_than_the_wall() -> None:
    walled = [module for module in modules() if not module.is_in(*EXEMPT)]
    assert [line for module in walled for line in long_functions(module)] == []


def test_no_module_of_the_house_is_longer_than_the_wall() -> None:
    assert [module.path for module in modules() if is_long(module) and not module.is_in(*EXEMPT)] == []


@pytest.mark.parametrize(("lines", "seen"), [(FUNCTION_LINES, 0), (FUNCTION_LINES + 1, 1)])
def test_the_wall_for_functions_stands_where_it_says(lines: int, seen: int) -> None:
    body = "\n".join("    x = 1" for _ in range(lines - 1))
    assert len(long_functions(Module("bot.x", "bot/x.py", f"async def f():\n{body}\n"))) == seen


@pytest.mark.parametrize(("lines", "seen"), [(MODULE_LINES, False), (MODULE_LINES + 1, True)])
def test_the_wall_for_modules_stands_where_it_says(lines: int, seen: bool) -> None:
    assert is_long(Module("bot.x", "bot/x.py", "x = 1\n" * lines)) is seen
