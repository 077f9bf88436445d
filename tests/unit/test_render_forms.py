"""What the forms promise: stable ids, every fact asked for, and nothing typed ever lost."""

import json
from typing import Any

from bot.domain.change import ChangeType, Impact
from bot.render.change_forms import RequestForm, render_request_form
from bot.render.change_view import button_value
from tests.golden import values as ex
from tests.golden.examples import view_of


def inputs(view: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The inputs of a view by block id."""
    return {block["block_id"]: block for block in view["blocks"] if block["type"] == "input"}


def test_the_review_form_has_its_ids_and_the_choice_pre_set() -> None:
    view = view_of("decide_reject")
    asked = inputs(view)
    assert view["callback_id"] == "change.decide"
    assert asked["decision"]["element"]["action_id"] == "choice"
    assert asked["decision"]["element"]["initial_option"]["value"] == "reject"
    values = [each["value"] for each in asked["decision"]["element"]["options"]]
    assert values == ["approve", "reject", "request_changes"]
    assert asked["reason"]["element"]["action_id"] == "text"
    assert asked["reason"]["optional"] is True
    assert view["private_metadata"] == button_value(ex.CHANGE)


def test_the_review_form_has_the_requesters_reason() -> None:
    assert ex.CHANGE.request.reason in json.dumps(view_of("decide_reject")["blocks"], ensure_ascii=False)


def test_the_request_form_has_its_ids_and_asks_for_every_fact() -> None:
    view = view_of("form")
    asked = inputs(view)
    assert view["callback_id"] == "change.request"
    assert list(asked) == [
        "target", "kind", "capacity", "owner", "ticket", "reason", "expected_cost", "validation_signal",
        "rollback_plan", "rollback_trigger", "impact", "type", "incident", "start_at",
    ]  # fmt: skip
    optional = {name for name, block in asked.items() if block["optional"]}
    assert optional == {"rollback_trigger", "impact", "incident", "start_at"}
    actions = {name: block["element"]["action_id"] for name, block in asked.items()}
    assert actions.pop("owner") == "user"
    assert set(actions.values()) == {"value"}
    kinds = [each["value"] for each in asked["type"]["element"]["options"]]
    assert kinds == [kind.value for kind in ChangeType]
    assert [each["value"] for each in asked["impact"]["element"]["options"]] == [
        each.value for each in Impact
    ]


def test_a_red_check_stands_on_top_and_everything_typed_is_kept() -> None:
    view = view_of("form_red")
    asked = inputs(view)
    assert "Not sent at the last try: one check was red" in json.dumps(view["blocks"][0])
    assert asked["capacity:2"]["element"]["initial_value"] == "900"
    assert asked["owner:2"]["element"]["initial_user"] == "U0OWNER"
    assert [each["value"] for each in asked["impact:2"]["element"]["initial_options"]] == ["cost", "security"]
    assert asked["type:2"]["element"]["initial_option"]["value"] == "emergency"
    assert [name for name, block in asked.items() if block.get("dispatch_action")] == ["target:2", "kind:2"]


def test_a_form_for_a_target_without_alternatives_offers_that_target() -> None:
    form = RequestForm(kinds=(("scale", "Scale capacity"),), targets=(), target="triage-prod", ref=ex.REF)
    element = inputs(render_request_form(form))["target"]["element"]
    assert element["initial_option"]["value"] == "triage-prod"
