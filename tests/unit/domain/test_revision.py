"""What a revision changes about the one before: the plan's fields and the words, nothing else."""

from dataclasses import replace

from bot.domain.revision import moved_between, revision_of
from tests.golden.values import CHANGE, NOW


def test_the_same_again_differs_in_nothing() -> None:
    again = replace(CHANGE, revision=4)
    assert moved_between(revision_of(CHANGE, NOW), revision_of(again, NOW)) == ()


def test_what_differs_is_named_with_before_and_after() -> None:
    assert CHANGE.plan is not None
    after = {**CHANGE.plan.after, "sku": {"name": "Standard", "capacity": 140}}
    later = replace(
        CHANGE,
        revision=4,
        plan=replace(CHANGE.plan, after=after),
        request=replace(CHANGE.request, ticket="OPS-9", incident="INC-7"),
    )
    found = moved_between(revision_of(CHANGE, NOW), revision_of(later, NOW))
    assert [(each.name, each.before, each.after) for each in found] == [
        ("plan: sku.capacity", "150", "140"),
        ("ticket", "OPS-2231", "OPS-9"),
        ("incident", "", "INC-7"),
    ]
