"""Drift: nothing differs from itself however it is written, and whatever is changed is found."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.arm_template import Unresolved
from bot.domain.baseline import (
    DriftException,
    Then,
    exception_for,
    exceptions_in_force,
    newest_exception,
)
from bot.domain.configuration import FieldRule
from bot.domain.deployment import Account, DeploymentRef, Target
from bot.domain.drift import (
    Expected,
    Source,
    differences_of,
    flat,
    from_app,
    from_baseline,
    from_rules,
    from_runbook,
    from_template,
    is_unresolved,
    masked,
)
from bot.domain.errors import InvalidInputError
from bot.domain.field_names import FIELDS, field_name, field_path, field_words
from bot.domain.inventory import ActivityEntry
from bot.domain.origin import Doing, origin_of

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
REF = DeploymentRef(Account("prod", "production", "0" * 36, "rg", "aoai", "westeurope"), "triage-ft")
LIVE: dict[str, Any] = {
    "properties": {
        "model": {"format": "OpenAI", "name": "gpt-4.1-mini.ft-0a", "version": "1"},
        "raiPolicyName": "strict-v3",
        "versionUpgradeOption": "NoAutoUpgrade",
    },
    "sku": {"name": "Standard", "capacity": 120},
    "tags": {"owner": "support-ai", "ticket": "OPS-1"},
}
words = st.text("abcDEF-_.12", min_size=1, max_size=12)
projections = st.fixed_dictionaries(
    {
        "properties": st.fixed_dictionaries(
            {"model": st.fixed_dictionaries({"name": words, "version": words})},
            optional={"raiPolicyName": words, "versionUpgradeOption": words, "serviceTier": words},
        ),
        "sku": st.fixed_dictionaries({"name": words, "capacity": st.integers(0, 10**6)}),
        "tags": st.dictionaries(st.sampled_from(["owner", "ticket", "cost-center"]), words, max_size=3),
    }
)


def rewritten(value: Any, name: str = "") -> Any:
    """The same document as another tool would write it: other order, other case, numbers as texts."""
    if isinstance(value, dict):
        return {key: rewritten(each, f"{name}.{key}") for key, each in reversed(value.items())}
    if isinstance(value, int):
        return str(value)
    return value if name.startswith(".tags") else value.upper()


def resource(projection: Mapping[str, Any]) -> dict[str, Any]:
    """A projection as a template's resource, with fields that Azure computes."""
    properties = {**projection["properties"], "provisioningState": "Succeeded", "rateLimits": [1]}
    return {**projection, "properties": properties, "etag": "x", "sku": {**projection["sku"], "tier": "S"}}


@given(projections)
def test_a_projection_does_not_differ_from_itself_whatever_the_order_case_and_number_form(live: Any) -> None:
    for written in (live, rewritten(live)):
        assert differences_of(from_template(resource(written), "f"), live) == ()
        assert differences_of(from_baseline(masked(live), live, "b"), live) == ()


@given(projections, st.data())
def test_each_field_that_is_changed_is_found_and_no_other(live: Any, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(sorted(flat(live))))
    other: dict[str, Any] = {name: dict(part) for name, part in live.items()}
    other["properties"]["model"] = dict(live["properties"]["model"])
    *parents, last = path.split(".") if not path.startswith("tags.") else ["tags", path[5:]]
    place = other
    for parent in parents:
        place = place[parent]
    place[last] = place[last] + 1 if isinstance(place[last], int) else place[last] + "x"
    for expected in (from_template(resource(live), "f"), from_baseline(masked(live), other, "b")):
        (found,) = differences_of(expected, other)
        assert found.expected.field == path


def test_a_template_is_asked_only_about_what_it_says_but_a_baseline_about_everything() -> None:
    short = {"sku": {"name": "standard"}}
    assert differences_of(from_template(short, "f"), LIVE) == ()
    found = differences_of(from_baseline(short, LIVE, "b"), LIVE)
    assert {each.name: each.expected.words for each in found} == {
        "capacity": "none",
        "content_filter": "none",
        "model": "none",
        "model_format": "none",
        "tags.owner": "none",
        "tags.ticket": "none",
        "upgrade_option": "OnceCurrentVersionExpired",
        "version": "none",
    }


def test_what_azure_leaves_out_is_its_own_default() -> None:
    live = {**LIVE, "properties": {"model": {}}}
    wanted = {"properties": {"versionUpgradeOption": "onceCurrentVersionExpired"}}
    assert differences_of(from_template(wanted, "f"), live) == ()
    (found,) = differences_of(
        from_template({"properties": {"versionUpgradeOption": "NoAutoUpgrade"}}, "f"), live
    )
    assert found.live_words == "OnceCurrentVersionExpired"


def test_the_value_of_a_tag_differs_by_case_but_its_name_does_not() -> None:
    assert differences_of(from_template({"tags": {"OWNER": "support-ai"}}, "f"), LIVE) == ()
    (found,) = differences_of(from_template({"tags": {"owner": "Support-AI"}}, "f"), LIVE)
    assert (found.name, found.live_words) == ("tags.owner", "support-ai")


def test_personal_text_in_a_tag_is_compared_but_neither_shown_nor_kept() -> None:
    live = {**LIVE, "tags": {"owner": "ann@contoso.example"}}
    (found,) = differences_of(from_template({"tags": {"owner": "bob@contoso.example"}}, "f"), live)
    assert "@" not in found.live_words + found.expected.words
    assert "@" not in str(masked(live))
    assert differences_of(from_baseline(masked(live), live, "b"), live) == ()


@pytest.mark.parametrize(
    ("part", "fields"),
    [
        ({"sku": Unresolved("[x]")}, {"sku.name", "sku.capacity"}),
        ({"properties": {"model": Unresolved("[x]")}}, {"properties.model"}),
        ({"properties": {"raiPolicyName": Unresolved("[x]")}}, {"properties.raiPolicyName"}),
        ({"tags": Unresolved("[x]")}, {"tags"}),
    ],
)
def test_what_cannot_be_resolved_is_said_and_never_compared(part: dict[str, Any], fields: set[str]) -> None:
    expected = from_template(part, "f")
    assert {each.field for each in expected if is_unresolved(each)} == fields
    assert differences_of(expected, LIVE) == ()


@pytest.mark.parametrize(
    ("must", "values", "holds"),
    [
        ("equals", (120,), True),
        ("equals", ("121",), False),
        ("one_of", (60, "120"), True),
        ("one_of", (60,), False),
        ("at_least", (120.0,), True),
        ("at_least", (121,), False),
        ("at_most", (120,), True),
        ("at_most", (119.5,), False),
    ],
)
def test_a_policy_rule_demands_what_it_says(must: str, values: tuple[Any, ...], *, holds: bool) -> None:
    expected = from_rules([FieldRule("r", "capacity", must, values, ("*-prod",))], "triage-prod")
    assert (differences_of(expected, LIVE) == ()) is holds
    assert from_rules([FieldRule("r", "capacity", must, values, ("*-test",))], "triage-prod") == ()


def test_a_bound_on_what_is_no_number_does_not_hold() -> None:
    (found,) = differences_of(from_rules([FieldRule("r", "sku", "at_least", (1,))], "t"), LIVE)
    assert found.expected.words == "at least 1"


def test_the_runbook_and_the_application_say_what_they_expect() -> None:
    target = Target("triage-prod", REF, "U1", "C1", runbook={"capacity": "150"}, serves="gpt-4o-mini.ft-1")
    found = differences_of((*from_runbook(target), *from_app(target)), LIVE)
    assert [(each.expected.source, each.name) for each in found] == [
        (Source.APP, "model"),
        (Source.RUNBOOK, "capacity"),
    ]
    assert from_app(Target("t", REF, "U1", "C1")) == ()


def test_a_field_has_one_plain_name_and_both_names_find_it() -> None:
    for name, path in FIELDS.items():
        assert field_path(name) == field_path(path.upper()) == path
        assert field_name(path) == name
    assert field_path("tags.Owner") == "tags.Owner"
    assert field_path("raipolicyName") == "properties.raiPolicyName"
    assert (field_words("sku.name"), field_words("properties.versionUpgradeOption")) == (
        "SKU",
        "Upgrade option",
    )
    with pytest.raises(InvalidInputError) as refused:
        field_path("capcity")
    assert "capacity" in refused.value.advice


def wrote(
    ago: int, who: str = "dan", status: str = "Succeeded", operation: str = "x/deployments/write"
) -> ActivityEntry:
    """A write some minutes ago."""
    return ActivityEntry(NOW - timedelta(minutes=ago), operation, status, who, f"{who}-{ago}", REF.key)


def then(ago: int, capacity: int) -> Then:
    """A baseline some minutes ago."""
    return Then(NOW - timedelta(minutes=ago), {"sku": {"capacity": capacity}})


def test_the_write_that_can_have_done_it_is_named_and_of_several_people_nobody_is() -> None:
    writes = [wrote(5, "carol"), wrote(50, "dan"), wrote(500, "pipeline")]
    origin = origin_of("sku.capacity", 120, writes, ())
    assert (origin.entry, origin.fits) == (None, tuple(writes))
    origin = origin_of("sku.capacity", 120, writes, [then(400, 60), then(20, 120)])
    assert (origin.entry, origin.others, origin.fits) == (writes[1], 0, ())
    origin = origin_of("sku.capacity", 120, writes, [then(400, 60)])
    assert (origin.entry, origin.fits) == (None, tuple(writes[:2]))
    mine = [wrote(5, "dan"), wrote(50, "dan")]
    origin = origin_of("sku.capacity", 120, mine, ())
    assert (origin.entry, origin.others) == (mine[0], 1)
    origin = origin_of("sku.capacity", 120, writes[:1], [then(400, 60), then(20, 120)])
    assert (origin.entry, origin.unchanged_since) == (None, NOW - timedelta(minutes=20))


def test_failed_writes_and_reads_are_nobodys_doing_and_one_write_counts_once() -> None:
    begun = wrote(50, status="Accepted")
    done = ActivityEntry(
        begun.at + timedelta(seconds=9), begun.operation, "Succeeded", "dan", "dan-50", REF.key
    )
    others = [wrote(3, status="Failed"), wrote(2, operation="x/listKeys/action")]
    origin = origin_of("sku.capacity", 120, [*others, done, begun], ())
    assert (origin.entry, origin.others) == (begun, 0)


def test_what_created_the_deployment_fits_less_than_what_was_written_later() -> None:
    writes = [wrote(50, "dan"), wrote(500, "pipeline")]
    created = writes[1].at - timedelta(minutes=9)
    assert origin_of("sku.capacity", 120, writes, (), (), created).entry == writes[0]
    assert origin_of("sku.capacity", 120, writes[1:], (), (), created).entry == writes[1]


def did(ago: int = 50, ids: tuple[str, ...] = (), *, capacity: int = 120, tagged: bool = False) -> Doing:
    """A change that set the capacity, some minutes ago."""
    at = NOW - timedelta(minutes=ago)
    return Doing(
        "CHG-7",
        "U0ANNA",
        at,
        at,
        frozenset(ids),
        {"sku.capacity": capacity},
        frozenset({"sku.capacity"}),
        tagged,
    )


def test_a_change_whose_plan_wrote_what_is_live_is_named_before_any_other_write() -> None:
    writes = [wrote(5, "carol"), wrote(50, "executor"), wrote(500, "pipeline")]
    for doing in (did(), did(0, ("executor-50",))):
        origin = origin_of("sku.capacity", 120, writes, (), [doing])
        assert (origin.entry, origin.change, origin.requester) == (writes[1], "CHG-7", "U0ANNA")
    origin = origin_of("sku.capacity", 150, writes, (), [did()])
    assert (origin.change, len(origin.fits)) == ("", 3)


def test_a_change_that_left_the_field_alone_is_not_behind_it() -> None:
    writes = [wrote(50, "executor"), wrote(500, "dan")]
    origin = origin_of("sku.name", "Standard", writes, (), [did()])
    assert (origin.entry, origin.others, origin.change) == (writes[1], 0, "")


def test_two_writes_while_a_change_was_sent_are_not_taken_for_it() -> None:
    at_once = [wrote(50, "executor"), wrote(50, "dan")]
    origin = origin_of("sku.capacity", 120, at_once, (), [did()])
    assert (origin.change, origin.entry, len(origin.fits)) == ("", None, 2)


def test_the_tag_names_the_change_while_the_log_does_not_show_it_yet() -> None:
    tagged = did(2, tagged=True)
    origin = origin_of("sku.capacity", 120, [wrote(500, "dan")], (), [tagged])
    assert (origin.change, origin.entry) == ("CHG-7", None)
    assert origin_of("sku.capacity", 120, [wrote(500, "dan")], (), [did(2)]).change == ""
    later = [Then(NOW - timedelta(minutes=1), {"sku": {"capacity": 60}})]
    assert origin_of("sku.capacity", 120, (), later, [tagged]).change == ""


def test_pausing_sets_the_state_and_nothing_else() -> None:
    paused = wrote(50, operation="x/deployments/pause/action")
    assert origin_of("properties.deploymentState", "Paused", [paused], ()).entry == paused
    assert (
        origin_of("sku.capacity", 120, [paused, wrote(60, operation="x/deployments/delete")], ()).entry
        is None
    )


def test_a_lifted_exception_silences_nothing_and_the_older_one_stays_silent() -> None:
    old = DriftException(1, REF.key, "t", "sku.capacity", "U1", NOW + timedelta(9), "why", "U2", NOW)
    lifted = replace(old, number=2, lifted_at=NOW, lifted_by="U1")
    other = replace(old, number=3, field="sku.name")
    assert exception_for("sku.capacity", [old, lifted], NOW) is None
    assert exceptions_in_force([old, lifted, other], NOW) == (other,)


def test_an_exception_silences_until_its_time_and_the_newest_counts() -> None:
    def excepted(number: int, minutes: int) -> DriftException:
        until = NOW + timedelta(minutes=minutes)
        return DriftException(number, REF.key, "t", "sku.capacity", "U1", until, "why", "U2", NOW)

    first, second = excepted(1, 60), excepted(2, 0)
    assert exception_for("sku.capacity", [first], NOW) == first
    assert exception_for("sku.capacity", [first], NOW + timedelta(minutes=60)) is None
    assert exception_for("sku.capacity", [first, second], NOW) is None
    assert newest_exception("sku.capacity", [second, first]) == second
    assert exception_for("sku.name", [first], NOW) is None


def test_several_expectations_are_sorted_by_field_then_by_source() -> None:
    wanted = [
        Expected("sku.capacity", Source.SNAPSHOT, (1,), "b"),
        Expected("sku.capacity", Source.IAC, (1,), "f"),
        Expected("properties.raiPolicyName", Source.POLICY, ("x",), "r"),
    ]
    found = [(each.name, each.expected.source.value) for each in differences_of(wanted, LIVE)]
    assert found == [("content_filter", "policy"), ("capacity", "iac"), ("capacity", "snapshot")]
