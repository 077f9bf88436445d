"""What holds for every kind of change."""

import pytest

from bot.changes.kinds import KINDS
from bot.ports.registry import ChangeKind, Offer
from tests.fakes.azure_reads import THING
from tests.fakes.azure_world import seen


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_kind_without_a_way_back_says_why(kind: ChangeKind) -> None:
    assert kind.no_way_back == "" or len(kind.no_way_back) > 20


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_the_form_of_a_kind_stands_before_anything_was_read(kind: ChangeKind) -> None:
    blind, sighted = kind.fields(Offer()), kind.fields(Offer(seen(THING, 120)))
    assert [field.block for field in blind] == [field.block for field in sighted]
    assert all(field.label and field.hint for field in sighted)
