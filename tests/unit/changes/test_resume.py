"""Resuming: the exact inverse of pausing."""

import pytest

from bot.changes.resume import Resume
from bot.domain.change import Impact, Tier
from bot.domain.errors import InvalidInputError
from tests.fakes.every_kind import LIVE, WISHES, facts_of, paused

PLAN = WISHES["resume"].plan(paused(LIVE))


def test_it_is_the_inverse_of_pausing() -> None:
    pause = WISHES["pause"].plan()
    assert (PLAN.forward, PLAN.rollback) == (pause.rollback, pause.forward)
    assert (PLAN.before, PLAN.after) == (pause.after, pause.before)
    assert Resume().summary(PLAN) == "paused → running"
    assert Resume().tier(PLAN, facts_of()) is Tier.HIGH
    assert Resume().impact(PLAN, facts_of()) == {Impact.MODIFYING}
    assert Resume().check(PLAN, facts_of()) == ()
    assert "answered again" in Resume().notes(PLAN, facts_of())[0]


def test_what_runs_is_not_resumed() -> None:
    with pytest.raises(InvalidInputError, match="is running already"):
        WISHES["resume"].plan(LIVE)
