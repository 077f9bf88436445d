"""No two modules of a room need each other, not even for types."""

from collections.abc import Iterable
from graphlib import CycleError, TopologicalSorter

import pytest

from tests.architecture.house import ROOMS, Module, imports_of, modules


def import_cycle(some: Iterable[Module]) -> list[str] | None:
    """Return one cycle as a list of module names, or None. TYPE_CHECKING and late imports count."""
    known = {module.name: module for module in some}
    graph = {name: set(_needed(module, known)) - {name} for name, module in known.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return None


def _needed(module: Module, known: dict[str, Module]) -> Iterable[str]:
    for name, _line in imports_of(module):
        parent = name.rpartition(".")[0]
        if name in known:
            yield name
        elif parent in known:
            yield parent


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_has_no_import_cycle(room: str) -> None:
    assert import_cycle(modules(room)) is None


def test_the_whole_house_has_no_import_cycle() -> None:
    assert import_cycle(modules()) is None


def test_a_cycle_through_type_checking_and_a_late_import_is_seen() -> None:
    hidden = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from bot.b import B\n"
    late = "def f():\n    import bot.a\n"
    cycle = import_cycle([Module("bot.a", "bot/a.py", hidden), Module("bot.b", "bot/b.py", late)])
    assert cycle is not None
    assert set(cycle) == {"bot.a", "bot.b"}
