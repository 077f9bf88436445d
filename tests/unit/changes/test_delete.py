"""Deleting: typed by name, never while it is called or pointed at, and only what could be brought back."""

from dataclasses import replace

import pytest

from bot.changes.delete import Delete
from bot.domain.change import Impact, Tier
from bot.domain.deployment import Deployment
from bot.domain.errors import InvalidInputError
from bot.ports.registry import Offer
from tests.fakes.azure_reads import THING
from tests.fakes.azure_world import seen, shown
from tests.fakes.every_kind import LIVE, WISHES, Wish, facts_of, paused

PLAN = WISHES["delete"].plan()


def test_the_call_deletes_and_the_way_back_puts_everything_there_again() -> None:
    assert [(each.verb, each.arm_id, each.body) for each in PLAN.forward] == [("DELETE", THING.arm_id, {})]
    (back,) = PLAN.rollback
    assert (back.verb, back.arm_id) == ("PUT", THING.arm_id)
    assert shown(THING, back.body).projection == LIVE.projection
    assert PLAN.after == {}


@pytest.mark.parametrize("typed", ["support-triage", "Support-Triage-FT", "triage-prod"])
def test_another_name_than_the_targets_is_refused_beside_its_field(typed: str) -> None:
    with pytest.raises(InvalidInputError, match="was typed") as refused:
        Wish("delete", {"deployment": typed}).plan()
    assert refused.value.field == "deployment"


def test_no_name_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="Type the name"):
        Delete().read({"deployment": " "})


def test_it_is_critical_and_destroys_something() -> None:
    assert Delete().tier(PLAN, facts_of()) is Tier.CRITICAL
    assert Delete().impact(PLAN, facts_of()) == {Impact.MODIFYING, Impact.DESTRUCTIVE}
    assert "Standard 120" in Delete().summary(PLAN)


@pytest.mark.parametrize(
    ("requests", "said"),
    [(0, ""), (1, "It got 1 call in"), (2000, "It got 2,000 calls in"), (None, "not be counted")],
)
def test_what_is_called_is_not_deleted(requests: int | None, said: str) -> None:
    found = " ".join(Delete().check(PLAN, facts_of(requests=requests)))
    assert (said in found) if said else found == ""


def test_what_is_paused_answers_nobody_and_may_go() -> None:
    live = paused(LIVE)
    assert Delete().check(WISHES["delete"].plan(live), facts_of(live, requests=7)) == ()


def _sibling(**properties: str) -> Deployment:
    other = seen(replace(THING, deployment="other"), 10)
    known = other.projection["properties"]
    assert isinstance(known, dict)
    return shown(other.ref, {**other.projection, "properties": {**known, **properties}})


@pytest.mark.parametrize("pointer", ["spilloverDeploymentName", "parentDeploymentName"])
def test_what_others_lean_on_is_not_deleted(pointer: str) -> None:
    leaning = _sibling(**{pointer: "Support-Triage-FT"})
    (said,) = Delete().check(PLAN, facts_of(siblings=(leaning,)))
    assert said.startswith("other of the same account")
    assert Delete().check(PLAN, facts_of(siblings=(_sibling(**{pointer: "elsewhere"}),))) == ()


def test_what_could_not_be_brought_back_is_not_deleted() -> None:
    (said,) = Delete().check(PLAN, facts_of(models=()))
    assert said.startswith("It could not be brought back: The account cannot deploy")


def test_people_read_what_the_rollback_needs() -> None:
    notes = " ".join(Delete().notes(PLAN, facts_of()))
    assert "needs 120 units of OpenAI.Standard.gpt-4.1-mini to be free" in notes
    assert "every call to support-triage-ft fails" in notes


def test_the_form_asks_for_the_name() -> None:
    (field,) = Delete().fields(Offer(LIVE, "support-triage-ft"))
    assert (field.block, field.initial, field.required) == ("deployment", "", True)
    assert "support-triage-ft" in field.hint
