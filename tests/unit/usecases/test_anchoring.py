"""Anchors at the desk: when they are due, what an overdue one holds, and what goes on all the same."""

from datetime import timedelta
from typing import Any

import pytest

from bot.domain.anchor_events import AnchorOverridden
from bot.domain.anchoring import RETRY, AnchorPlace, AnchorPolicy, AnchorState, anchor_words, is_due, overdue
from bot.domain.change import ChangeState as S
from bot.domain.change import Tier
from bot.domain.errors import LedgerBrokenError, RunAgain
from bot.domain.request_events import ChangeRefused
from bot.usecases.watch_change import sweep
from tests.fakes.house import DAN, RULES, House, company, rule

POLICY = AnchorPolicy((AnchorPlace("file", "anchors"), AnchorPlace("witness", "https://w.example", "key")))


@pytest.fixture
def house() -> House:
    """Give a company with two anchors."""
    rules = [
        *RULES,
        rule("production", Tier.EMERGENCY, 1, "security", break_glass=True, may_apply=("security",)),
    ]
    return House(company(anchors=POLICY, rules={(each.environment, each.tier): each for each in rules}))


def late(house: House, kind: str = "file", minutes: int = 61, **more: Any) -> None:
    """Let an anchor lack an entry of so many minutes ago."""
    since = house.clock.now() - timedelta(minutes=minutes)
    house.archive.state.anchors[kind] = AnchorState(kind, 12, 3, waiting_since=since, **more)


async def asked(house: House) -> None:
    """Have an approved change asked to be applied."""
    change = await house.approved()
    await house.ask_apply(number=change.number)
    house.forget_jobs()


@pytest.mark.threat(25)
@pytest.mark.asvs("16.4.2")
async def test_an_overdue_anchor_holds_the_apply_and_says_why_and_what_to_do(house: House) -> None:
    await asked(house)
    late(house, failed_at=house.clock.now(), why="the disk is not mounted")
    await house.apply()
    assert house.writer.calls == []
    change = house.change()
    assert (change.state, change.apply_asked_by) == (S.APPROVED, "")
    for words in ("file lacks entries 61 min old", "not mounted", "60 min", "countersign audit anchor"):
        assert words in change.note
    assert isinstance(house.last.event, ChangeRefused)
    assert house.last.event.attempt == "apply"


async def test_once_it_is_anchored_the_same_change_is_applied(house: House) -> None:
    await asked(house)
    late(house, failed_at=house.clock.now())
    await house.apply()
    house.archive.state.anchors.clear()
    await house.ask_apply()
    await house.apply()
    assert len(house.writer.calls) == 1


@pytest.mark.parametrize("tried", [None, timedelta(seconds=31)])
async def test_an_anchor_that_was_not_tried_just_now_is_tried_first(
    house: House, tried: timedelta | None
) -> None:
    await asked(house)
    late(house, failed_at=None if tried is None else house.clock.now() - tried)
    with pytest.raises(RunAgain):
        await house.apply()
    assert house.jobs == {"anchor:file"}
    assert (house.writer.calls, house.change().apply_asked_by) == ([], house.change().apply_asked_by)
    assert house.change().apply_asked_by != ""


async def test_an_entry_may_wait_as_long_as_policy_says_and_not_longer(house: House) -> None:
    now = house.clock.now()
    for minutes, held in ((59, 0), (60, 0), (61, 1)):
        late(house, minutes=minutes)
        states = list(house.archive.state.anchors.values())
        assert len(overdue(states, POLICY, now)) == held


async def test_each_configured_anchor_must_be_young_enough(house: House) -> None:
    await asked(house)
    late(house, "witness", failed_at=house.clock.now())
    await house.apply()
    assert "witness lacks" in house.change().note
    assert "file" not in house.change().note


async def test_without_anchors_nothing_is_held() -> None:
    house = House()
    late(house)
    await asked(house)
    await house.apply()
    assert len(house.writer.calls) == 1


@pytest.mark.threat(25)
@pytest.mark.asvs("16.4.2")
async def test_a_broken_glass_goes_on_and_that_is_recorded(house: House) -> None:
    await house.pending(type="emergency")
    await house.break_glass(DAN)
    await house.ask_apply(DAN)
    late(house, minutes=75, failed_at=house.clock.now())
    await house.apply()
    assert len(house.writer.calls) == 1
    (event,) = [
        each.event for each in house.archive.state.entries if isinstance(each.event, AnchorOverridden)
    ]
    assert (event.anchors, event.minutes, event.step) == (("file",), 75, "forward")
    assert house.tags.index("anchor.overridden") < house.tags.index("change.execution.started")


async def test_a_rollback_goes_on_and_that_is_recorded(house: House) -> None:
    await house.applied()
    late(house, failed_at=house.clock.now())
    await house.ask_rollback()
    await house.apply()
    assert len(house.writer.calls) == 2
    assert "anchor.overridden" in house.tags


@pytest.mark.threat(25)
@pytest.mark.asvs("16.4.2")
@pytest.mark.parametrize("finding", ["A2", "A3"])
async def test_an_anchor_that_proves_the_trail_wrong_stops_every_apply(house: House, finding: str) -> None:
    await asked(house)
    late(
        house,
        "witness",
        minutes=1,
        failed_at=house.clock.now(),
        finding=finding,
        why="it has seen 20 entries",
    )
    await house.apply()
    assert house.writer.calls == []
    for words in ("rolled back or rewritten", "it has seen 20 entries", "audit verify --anchor all"):
        assert words in house.change().note


async def test_it_stops_a_broken_glass_and_a_rollback_too(house: House) -> None:
    await house.applied()
    await house.ask_rollback()
    late(house, "witness", minutes=1, failed_at=house.clock.now(), finding="A2")
    with pytest.raises(LedgerBrokenError, match="rolled back"):
        await house.apply()
    assert len(house.writer.calls) == 1


@pytest.mark.parametrize(
    ("minutes", "entries", "failed", "due"),
    [
        (15, 1, None, True),
        (14, 1, None, False),
        (1, 256, None, True),
        (1, 255, None, False),
        (15, 1, timedelta(minutes=4), False),
        (15, 1, RETRY, True),
    ],
)
def test_an_anchor_is_due_by_time_or_by_entries_and_not_right_after_a_failure(
    house: House, minutes: int, entries: int, failed: timedelta | None, due: bool
) -> None:
    now = house.clock.now()
    state = AnchorState(
        "file",
        300,
        300 - entries,
        anchored_at=now - timedelta(minutes=minutes),
        waiting_since=now,
        failed_at=None if failed is None else now - failed,
    )
    assert is_due(state, POLICY, now) is due


def test_a_first_anchor_is_due_at_once_and_none_is_without_anything_new(house: House) -> None:
    now = house.clock.now()
    assert is_due(AnchorState("file", 1, waiting_since=now), POLICY, now)
    old = now - timedelta(days=9)
    assert not is_due(AnchorState("file", 999, 1, anchored_at=old), POLICY, now)


async def test_the_sweep_has_due_anchors_made(house: House) -> None:
    late(house, minutes=1)
    await sweep(house.desk)
    assert "anchor:file" in house.jobs
    assert "anchor:witness" not in house.jobs


def test_whoever_looks_is_told_how_far_it_is_anchored(house: House) -> None:
    now = house.clock.now()
    assert "would not be noticed" in anchor_words((), AnchorPolicy(), now)
    assert anchor_words((), POLICY, now) == "It is anchored (file, witness)."
    late(house)
    assert "Nothing is applied" in anchor_words(list(house.archive.state.anchors.values()), POLICY, now)
    late(house, finding="A2")
    assert "rolled back" in anchor_words(list(house.archive.state.anchors.values()), POLICY, now)
