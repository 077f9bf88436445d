"""Every room says at its door what it is for, and what it must never do."""

import ast
import re

import pytest

from tests.architecture.house import Module, modules


def is_well_introduced(room: Module) -> bool:
    """Whether the package opens with a docstring that also says what it must never do."""
    words = ast.get_docstring(room.tree) or ""
    return len(words.split()) >= 10 and re.search(r"\b([Nn]ever|[Nn]othing|[Nn]o)\b", words) is not None


@pytest.mark.parametrize(
    "room", [m for m in modules() if m.path.endswith("__init__.py")], ids=lambda m: m.name
)
def test_a_room_says_what_it_is_for_and_what_it_must_never_do(room: Module) -> None:
    assert is_well_introduced(room)


@pytest.mark.parametrize(
    "text", ["", "x = 1", '"""Things."""', '"""All that belongs to the subject of things."""']
)
def test_a_room_without_such_words_is_seen(text: str) -> None:
    assert not is_well_introduced(Module("bot.attic", "bot/attic/__init__.py", text))


def test_every_folder_with_code_is_a_package() -> None:
    packages = {m.path.rpartition("/")[0] for m in modules() if m.path.endswith("__init__.py")}
    assert {m.path.rpartition("/")[0] for m in modules() if "/versions/" not in m.path} == packages
