"""The change that takes an applied one back: its kind, and the values of its form."""

from typing import Any

from bot.changes.kinds import KINDS, kind_named
from bot.domain.json import Json
from bot.domain.operation import Plan
from bot.domain.way_back import WayBack, undo

NAMES = tuple(kind.name for kind in KINDS)
STATE: dict[str, Json] = {
    "sku": {"name": "Standard", "capacity": 120},
    "properties": {
        "model": {"name": "gpt-4.1-mini", "version": "1"},
        "raiPolicyName": "strict",
        "versionUpgradeOption": "NoAutoUpgrade",
        "deploymentState": "Running",
    },
    "tags": {"owner": "a", "cost.centre": "7"},
}


def _plan(before: Any, after: Any) -> Plan:
    return Plan("x", "/a", before, after, (), ())


def _with(**parts: Any) -> dict[str, Json]:
    return {**STATE, **{name: {**STATE[name], **part} for name, part in parts.items()}}  # type: ignore[dict-item]


def test_a_scale_is_taken_back_by_the_capacity_of_before() -> None:
    assert undo(_plan(STATE, _with(sku={"capacity": 150})), NAMES) == WayBack("scale", {"capacity": "120"})


def test_what_was_created_is_deleted_and_its_name_is_left_to_be_typed() -> None:
    assert undo(_plan({}, STATE), NAMES) == WayBack("delete", {})
    assert undo(_plan({}, {}), NAMES) is None


def test_what_was_deleted_is_deployed_as_it_was_and_the_form_can_read_it() -> None:
    way = undo(_plan(STATE, {}), NAMES)
    assert way is not None
    assert (way.kind, way.values["capacity"], way.values["content_filter"]) == ("deploy", "120", "strict")
    read = kind_named("deploy").read(way.values)
    assert (read["model"], read["sku"], read["capacity"]) == ("gpt-4.1-mini", "Standard", 120)


def test_tags_go_back_line_by_line_also_with_dots_and_those_that_were_not_there() -> None:
    after = _with(tags={"owner": "b", "cost.centre": "8", "new": "x"})
    assert undo(_plan(STATE, after), NAMES) == WayBack("retag", {"tags": "cost.centre=7\nnew=\nowner=a"})


def test_a_pause_is_resumed_and_a_resume_paused() -> None:
    paused = _with(properties={"deploymentState": "Paused"})
    assert undo(_plan(STATE, paused), NAMES) == WayBack("resume", {})
    assert undo(_plan(paused, STATE), NAMES) == WayBack("pause", {})


def test_what_no_kind_takes_back_at_once_has_no_way_back() -> None:
    both = _with(sku={"capacity": 150}, properties={"raiPolicyName": "weak"})
    assert undo(_plan(STATE, both), NAMES) is None
    assert undo(_plan(STATE, STATE), NAMES) is None
