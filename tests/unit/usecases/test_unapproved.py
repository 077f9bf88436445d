"""Writes behind the app's back: each is found once, with who and when; ours and the pipeline's are not."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.domain.change import ChangeState
from bot.domain.configuration import Timing
from bot.domain.effect import Effect, Phase
from bot.domain.errors import AzureUnavailableError
from bot.domain.inventory import ActivityEntry
from bot.domain.sighting import Unexplained
from bot.domain.watch_events import WriteAttributed, WriteUnexplained
from bot.domain.way_back import way_back
from bot.usecases.find_unapproved import Found, find_unapproved
from tests.fakes.azure_reads import PLACE, THING
from tests.fakes.azure_world import Fate
from tests.fakes.house import House, company

MALLORY = "0b0b0b0b-0000-4000-8000-00000000000b"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def house() -> House:
    """Give a company on an ordinary day."""
    return House()


async def look(house: House) -> Found:
    """Look once."""
    return await find_unapproved(PLACE, readers=house.readers, desk=house.desk, cause=house.cause)


async def reports(house: House, minutes: int = 5) -> tuple[Unexplained, ...]:
    """Let time pass and return what the next look reports."""
    house.clock.pass_by(timedelta(minutes=minutes))
    return (await look(house)).reports


def write(house: House, at: datetime | None = None, *, correlation: str = "c-1", request: str = "") -> None:
    """Put a write of somebody into the activity log."""
    entry = ActivityEntry(
        at or house.clock.now(),
        "Microsoft.CognitiveServices/accounts/deployments/write",
        "Succeeded",
        MALLORY,
        correlation,
        THING.arm_id,
        request,
    )
    house.inventory.writes = (*house.inventory.writes, entry)


async def test_the_first_sight_of_a_deployment_is_remembered_and_reported_to_nobody(house: House) -> None:
    write(house, house.clock.now() - 10 * MINUTE)
    assert await look(house) == Found()
    assert await reports(house) == ()
    assert (house.tags, house.jobs) == ([], set())


async def test_a_write_at_the_portal_is_reported_once_with_who_when_and_what_moved(house: House) -> None:
    await look(house)
    house.clock.pass_by(timedelta(minutes=1))
    house.world.portal(160)
    write(house)
    (found,) = await reports(house)
    assert (found.caller, found.at, found.correlation) == (MALLORY, house.inventory.writes[0].at, "c-1")
    assert found.fields == {"sku.capacity": (120, 160)}
    assert house.jobs == {"deliver:unexplained:1"}
    event = house.last.event
    assert isinstance(event, WriteUnexplained)
    assert (event.caller, event.fields, event.alias) == (MALLORY, ("sku.capacity",), "triage-prod")
    for _ in range(3):
        assert await reports(house) == ()
    assert house.tags == ["write.unexplained"]


async def test_a_write_that_the_log_does_not_show_is_reported_by_its_traces(house: House) -> None:
    await look(house)
    seen_at = house.clock.now()
    house.world.portal(160)
    (found,) = await reports(house)
    assert (found.caller, found.correlation, found.at, found.seen_at) == (
        "",
        "",
        seen_at,
        house.clock.now(),
    )
    assert found.fields == {"sku.capacity": (120, 160)}
    assert await reports(house) == ()


async def test_a_log_that_is_late_names_the_report_that_was_made_already(house: House) -> None:
    await look(house)
    house.clock.pass_by(timedelta(minutes=2))
    written_at = house.clock.now()
    house.world.portal(160)
    assert len(await reports(house)) == 1
    write(house, written_at)
    house.clock.pass_by(timedelta(minutes=5))
    late = await look(house)
    assert late.reports == ()
    assert [(each.number, each.caller, each.at) for each in late.named] == [(1, MALLORY, written_at)]
    assert isinstance(house.last.event, WriteAttributed)
    assert (await look(house)).named == ()


async def test_a_write_that_was_undone_is_reported_all_the_same(house: House) -> None:
    await look(house)
    house.clock.pass_by(timedelta(minutes=1))
    write(house, correlation="there")
    house.clock.pass_by(timedelta(minutes=1))
    write(house, correlation="and back")
    found = await reports(house)
    assert [(each.correlation, dict(each.fields)) for each in found] == [("there", {}), ("and back", {})]


async def test_what_moved_belongs_to_the_newest_write(house: House) -> None:
    await look(house)
    house.clock.pass_by(timedelta(minutes=1))
    write(house, correlation="older")
    house.clock.pass_by(timedelta(minutes=1))
    write(house, correlation="newer")
    house.world.portal(160)
    older, newer = await reports(house)
    assert (older.fields, newer.fields) == ({}, {"sku.capacity": (120, 160)})


async def test_a_write_with_two_entries_of_one_correlation_is_one_report(house: House) -> None:
    await look(house)
    for _ in range(2):
        house.clock.pass_by(timedelta(seconds=9))
        write(house)
    house.world.portal(160)
    (found,) = await reports(house)
    assert found.fields == {"sku.capacity": (120, 160)}


async def test_a_deletion_and_a_creation_are_seen(house: House) -> None:
    await look(house)
    house.world.remove()
    (gone,) = await reports(house)
    assert gone.fields["sku.capacity"] == (120, None)
    house.world.gone = ""
    (back,) = await reports(house)
    assert back.fields["sku.capacity"] == (None, 120)


async def test_our_own_applied_change_is_not_reported_nor_its_rollback(house: House) -> None:
    await look(house)
    await house.applied()
    effect = house.effect()
    write(house, effect.at, request=effect.correlation, correlation="of azure")
    assert await reports(house) == ()
    assert house.archive.state.sightings[THING.key].state["sku"]["capacity"] == 150
    await house.ask_rollback()
    await house.finish()
    assert house.change().state is ChangeState.ROLLED_BACK
    back = house.effect("rollback")
    write(house, back.at, request=back.correlation, correlation="of azure too")
    assert await reports(house) == ()
    assert "write.unexplained" not in house.tags


async def test_another_write_beside_our_own_is_reported(house: House) -> None:
    await look(house)
    await house.applied()
    effect = house.effect()
    write(house, effect.at, request=effect.correlation, correlation="of azure")
    write(house, effect.at + MINUTE / 2, correlation="a stranger's", request="something else")
    house.world.portal(120)
    (found,) = await reports(house)
    assert (found.correlation, found.fields) == ("a stranger's", {"sku.capacity": (150, 120)})


async def test_the_tag_of_a_change_explains_nothing_because_anybody_keeps_it(house: House) -> None:
    await look(house)
    house.world.portal(160)
    (found,) = await reports(house)
    assert set(found.fields) == {"sku.capacity"}


async def test_nothing_is_concluded_while_a_change_is_being_sent(house: House) -> None:
    await look(house)
    house.writer.fates = [Fate.LONG]
    house.writer.polls_left = 9
    await house.approved()
    await house.ask_apply()
    await house.apply()
    house.world.portal(150)
    assert await reports(house) == ()
    assert house.archive.state.sightings[THING.key].state["sku"]["capacity"] == 120


async def test_a_look_that_began_before_a_change_ended_proves_nothing(house: House) -> None:
    await look(house)
    await house.applied()
    house.world.portal(120)
    assert (await look(house)).reports == ()
    (found,) = await reports(house)
    assert found.fields == {"sku.capacity": (150, 120)}


async def test_a_change_that_failed_halfway_explains_either_side_and_nothing_else(house: House) -> None:
    await look(house)
    house.writer.fates = [Fate.FAILS_HALF]
    await house.approved()
    await house.ask_apply()
    await house.finish()
    assert house.change().state is ChangeState.FAILED
    house.world.portal(150)
    assert await reports(house) == ()
    house.world.portal(160)
    (found,) = await reports(house)
    assert found.fields == {"sku.capacity": (150, 160)}


async def waiting_for_a_pipeline(house: House) -> None:
    """Leave an approved change without a call of its own: a pipeline makes it."""
    change = await house.approved()
    assert change.plan is not None
    recorded = replace(change.plan, forward=(), rollback=())
    house.archive.state.changes[change.number] = replace(change, plan=recorded)


async def test_a_pipelines_write_is_explained_by_the_change_that_waits_for_it(house: House) -> None:
    await look(house)
    await waiting_for_a_pipeline(house)
    house.clock.pass_by(timedelta(minutes=1))
    house.world.portal(150)
    write(house)
    assert await reports(house) == ()


async def test_what_a_pipeline_writes_beside_its_change_is_reported(house: House) -> None:
    await look(house)
    await waiting_for_a_pipeline(house)
    house.world.portal(200)
    (found,) = await reports(house)
    assert found.fields == {"sku.capacity": (120, 200)}


async def test_after_a_pipelines_change_is_over_its_writes_are_not_explained(house: House) -> None:
    await look(house)
    await waiting_for_a_pipeline(house)
    change = house.change()
    house.clock.pass_by(timedelta(minutes=1))
    done = Effect(change.number, 1, "forward", Phase.DONE, house.clock.now(), 1, "x")
    house.archive.state.effects[change.number, 1, "forward"] = done
    house.archive.state.changes[change.number] = replace(change, state=ChangeState.VERIFYING)
    house.world.portal(150)
    write(house, correlation="the pipeline's")
    assert await reports(house) == ()
    write(house, correlation="one more")
    assert [each.correlation for each in await reports(house)] == ["one more"]


async def test_a_log_that_cannot_be_read_is_said_and_the_state_still_tells(house: House) -> None:
    await look(house)
    house.inventory.broken["activity"] = AzureUnavailableError("Azure said 403.", advice="Give the role.")
    house.world.portal(160)
    house.clock.pass_by(timedelta(minutes=5))
    found = await look(house)
    assert [each.fields for each in found.reports] == [{"sku.capacity": (120, 160)}]
    assert found.gap == "Who wrote is unknown: Azure said 403. Give the role."


async def test_a_failed_or_foreign_write_is_nothing(house: House) -> None:
    await look(house)
    house.clock.pass_by(timedelta(minutes=1))
    write(house)
    failed = replace(house.inventory.writes[0], status="Failed")
    foreign = replace(house.inventory.writes[0], resource=f"{THING.arm_id}-other")
    house.inventory.writes = (failed, foreign)
    assert await reports(house) == ()


async def test_the_sweep_enqueues_a_look_at_each_account_once_in_its_time(house: House) -> None:
    house.configuration = company(timing=Timing(reconcile_every=5 * MINUTE))
    await house.sweep()
    assert house.jobs == {"reconcile:prod", "reconcile:stage"}
    house.forget_jobs()
    house.clock.pass_by(timedelta(minutes=4, seconds=59))
    await house.sweep()
    assert house.jobs == set()
    house.clock.pass_by(timedelta(seconds=1))
    await house.sweep()
    assert house.jobs == {"reconcile:prod", "reconcile:stage"}


async def test_zero_turns_the_looks_off(house: House) -> None:
    house.configuration = company(timing=Timing(reconcile_every=timedelta(0)))
    await house.sweep()
    assert house.jobs == set()


def test_the_way_back_is_of_the_kind_that_fits_or_none() -> None:
    kinds = ("scale", "swap-model")
    found = way_back({"sku.capacity": (120, 160)}, kinds)
    assert found is not None
    assert (found.kind, found.values) == ("scale", {"capacity": "120"})
    assert way_back({"sku.capacity": (120, 160), "tags.team": ("ai", "x")}, kinds) is None
    assert way_back({"properties.raiPolicyName": ("strict", "weak")}, kinds) is None
    assert way_back({}, kinds) is None
