"""What the rules on fields make of a plan before anybody is asked."""

from bot.domain.configuration import FieldRule
from bot.domain.field_rules import broken_by, still_broken_by
from bot.domain.json import Json
from bot.domain.operation import Plan

REVIEWED = FieldRule("reviewed filters", "content_filter", "one_of", ("strict", "default"), ("*-prod",))
ENOUGH = FieldRule("enough for the desk", "capacity", "at_least", (100,))
RULES = (REVIEWED, ENOUGH)


def state(content_filter: str, capacity: int = 120) -> dict[str, Json]:
    return {"sku": {"capacity": capacity}, "properties": {"raiPolicyName": content_filter}}


def plan(before: dict[str, Json], after: dict[str, Json]) -> Plan:
    return Plan("set-filter", "/x", before, after, (), ())


def test_a_rule_that_holds_now_and_would_not_afterwards_is_named_with_what_it_allows() -> None:
    (said,) = broken_by(plan(state("strict"), state("lenient")), RULES, "triage-prod")
    assert "policy rule “reviewed filters”" in said
    assert "content filter must be one of strict, default, and this change makes it lenient" in said
    assert "countersign.toml" in said


def test_what_is_allowed_or_elsewhere_or_deleted_breaks_no_rule() -> None:
    assert broken_by(plan(state("strict"), state("Default")), RULES, "triage-prod") == ()
    assert broken_by(plan(state("strict"), state("lenient")), RULES, "triage-test") == ()
    assert broken_by(plan(state("strict"), {}), RULES, "triage-prod") == ()


def test_what_was_broken_before_is_a_note_and_only_where_the_change_touches_it() -> None:
    towards = plan(state("strict", 50), state("strict", 80))
    assert broken_by(towards, RULES, "triage-prod") == ()
    (note,) = still_broken_by(towards, RULES, "triage-prod")
    assert note.endswith("this change makes it 80. It is broken now, too.")
    assert still_broken_by(plan(state("lenient"), state("lenient", 130)), RULES, "triage-prod") == ()


def test_a_new_deployment_follows_every_rule_also_where_it_names_nothing() -> None:
    named = plan({}, state("lenient", 10))
    assert len(broken_by(named, RULES, "triage-prod")) == 2
    assert still_broken_by(named, RULES, "triage-prod") == ()
    (unnamed,) = broken_by(plan({}, {"sku": {"capacity": 120}, "properties": {}}), RULES, "triage-prod")
    assert "makes it none" in unnamed
