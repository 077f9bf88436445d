"""Snapshots of an incident: taken once, kept, recorded and told; what differs is named, what is hidden is a gap."""

import asyncio
from datetime import timedelta

import pytest

from bot.domain.errors import AzureUnavailableError
from bot.domain.incident import Incident, IncidentSnapshot, IncidentState, Severity
from bot.domain.incident_snapshot import SnapshotSeen
from bot.domain.inventory import ActivityEntry
from bot.domain.kept_snapshot import read_snapshot
from bot.domain.people import Actor
from bot.domain.sighting import Unexplained
from bot.domain.signs import Level, Sign
from bot.ports.archive import Cause
from bot.usecases.declare_incident import Declaring, declare_incident
from bot.usecases.keep_baseline import Kept, State, keep_baseline
from bot.usecases.share_looks import SharedLooks
from bot.usecases.take_snapshot import take_snapshot
from bot.usecases.time_snapshots import snapshots_due, want_snapshots
from tests.fakes.azure_reads import THING
from tests.fakes.house import ANNA, DAN, House, company

BY = Actor("slack_user", ANNA, "T0CONTOSO")
OID = "8f14e45f-ceea-467f-a0e6-0e02b2c3d479"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def house() -> House:
    """Give a company that knows who Dan is at Azure."""
    return House(company(entra_oids={DAN: OID}))


async def declared(house: House, *targets: str, severity: Severity = Severity.SEV2) -> Incident:
    """Declare an incident."""
    asked = Declaring("Tickets wait", frozenset(targets or ("triage-prod",)), severity)
    async with house.archive.transaction() as tx:
        found = await declare_incident(
            asked,
            by=BY,
            cause=Cause("slack", "R1"),
            now=house.clock.now(),
            configuration=house.desk.configuration,
            tx=tx,
        )
    assert isinstance(found, Incident)
    return found


async def take(house: House, n: int = 1) -> None:
    """Run the job, in a process that has not looked yet."""
    await take_snapshot(1, n, readers=house.readers, looks=SharedLooks(), desk=house.desk, cause=house.cause)


async def demand(house: House, ref: str = "1") -> SnapshotSeen:
    """Ask for another snapshot and take it."""
    async with house.archive.transaction() as tx:
        wanted = await tx.want_snapshot(1, f"demand:{ref}", house.clock.now())
    assert wanted is not None
    await take(house, wanted.n)
    return await seen(house, wanted.n)


def row(house: House, n: int = 1) -> IncidentSnapshot:
    """Return what is stored of a snapshot."""
    return house.archive.state.snapshots[1, n]


async def seen(house: House, n: int = 1) -> SnapshotSeen:
    """Return what was kept."""
    async with house.archive.reading() as look:
        body = await look.evidence(row(house, n).sha256)
    assert body is not None
    found = read_snapshot(body)
    assert found.body == body
    return found


def wrote(house: House, verb: str, *, status: str = "Succeeded", back: int = 5) -> None:
    """Let somebody write to the target, as the activity log shows it."""
    entry = ActivityEntry(
        house.clock.now() - back * MINUTE,
        f"Microsoft.CognitiveServices/accounts/deployments/{verb}",
        status,
        OID,
        f"c-{verb}-{back}",
        THING.arm_id,
    )
    house.inventory.writes = (entry, *house.inventory.writes)


async def test_a_wanted_snapshot_is_taken_once_kept_recorded_and_left_to_be_told(house: House) -> None:
    await declared(house)
    house.forget_jobs()
    house.clock.pass_by(timedelta(seconds=4))
    await take(house)
    await take(house)
    taken = row(house)
    assert (taken.taken_at, house.jobs) == (house.clock.now(), {"deliver:INC-1:snapshot:1"})
    assert house.tags.count("incident.snapshot") == 1
    assert house.last.event.sentence() == f"took the snapshot 1 of INC-1, EV-{taken.sha256[:12]} (declare)"
    kept = await seen(house)
    assert (kept.incident, kept.n, kept.last, kept.summary) == ("INC-1", 1, "", taken.summary)
    (target,) = kept.targets
    assert (target.arm_id, target.projection is not None) == (THING.key, True)
    assert len(target.evidence["sections"]) > 15  # type: ignore[arg-type]
    assert {each.sign for each in target.findings} == set(Sign)
    entries = [each for each in house.archive.state.timeline.values() if each.kind == "snapshot"]
    assert [each.words for each in entries] == [taken.summary]
    assert house.archive.state.incidents[1].first_snapshot_at == house.clock.now()


async def test_two_processes_that_take_it_at_once_leave_one_snapshot(house: House) -> None:
    await declared(house)
    house.inventory.broken["activity"] = AzureUnavailableError("Azure did not answer.")
    await asyncio.gather(take(house), take(house))
    assert house.tags.count("incident.snapshot") == 1
    assert [each.kind for each in house.archive.state.timeline.values()] == ["declared", "snapshot"]


async def test_the_time_of_the_first_snapshot_stays(house: House) -> None:
    await declared(house)
    await take(house)
    first = house.archive.state.incidents[1].first_snapshot_at
    house.clock.pass_by(MINUTE)
    await demand(house)
    assert house.archive.state.incidents[1].first_snapshot_at == first


async def test_what_could_not_be_looked_at_is_a_gap_and_the_snapshot_is_taken(house: House) -> None:
    await declared(house)
    silent = AzureUnavailableError("Azure did not answer.")
    house.inventory.broken["activity"] = silent
    house.world.broken["deployment"] = silent
    await take(house)
    (target,) = (await seen(house)).targets
    assert target.projection is None
    assert {each.partition(":")[0] for each in target.gaps} == {"Configuration", "Writes of the last 24 h"}
    assert len(target.all_gaps) > len(target.gaps)
    assert "could not be looked at" in row(house).summary
    assert target.at_level(Level.UNKNOWN)


async def test_a_target_that_is_not_configured_any_more_is_a_gap(house: House) -> None:
    await declared(house)
    house.configuration = company(targets=house.configuration.targets[1:])
    await take(house)
    (target,) = (await seen(house)).targets
    assert "triage-prod" in target.gaps[0]


async def test_an_incident_without_a_target_has_a_snapshot_that_says_so(house: House) -> None:
    async with house.archive.transaction() as tx:
        await declare_incident(
            Declaring("Something is odd"),
            by=BY,
            cause=house.cause,
            now=house.clock.now(),
            configuration=house.configuration,
            tx=tx,
        )
    await take(house)
    assert row(house).summary == "No target is named, so nothing was looked at."


async def test_where_nothing_changed_it_says_so_and_after_a_write_by_hand_who_and_when(house: House) -> None:
    await declared(house)
    await take(house)
    house.clock.pass_by(10 * MINUTE)
    calm = await demand(house)
    assert calm.is_unchanged
    assert (calm.last, calm.last_at) == ("snapshot 1", row(house).taken_at)
    assert calm.targets[0].since_last.sha256 == row(house).sha256
    wrote(house, "write")
    house.world.portal(60)
    moved = await demand(house, "2")
    (target,) = moved.targets
    assert not moved.is_unchanged
    (write,) = target.unapproved
    assert (write.by, write.what, write.change) == (DAN, "deployments write", "")
    assert (
        target.since_last.differs[0]
        == f"New write: deployments write, {write.at:%H:%M} UTC, no change explains it"
    )
    assert "Capacity: 120 → 60" in target.since_last.differs
    assert "1 of the writes of the last 24 h has no approved change" in row(house, 3).summary


async def test_a_deployment_deleted_by_hand_is_the_worst_and_told_once(house: House) -> None:
    await declared(house)
    await take(house)
    wrote(house, "delete")
    house.world.remove()
    gone = await demand(house)
    assert gone.worst is not None
    assert (gone.worst.sign, gone.worst.level) == (Sign.DEPLOYMENT_FAILURES, Level.CRITICAL)
    differs = gone.targets[0].since_last.differs
    assert "Deployment failures: healthy → critical" in differs
    assert "Deployment: it exists → it does not exist" in differs
    assert not [each for each in differs if "not seen" in each and not each.startswith("Deployment ·")]


async def test_a_change_is_named_with_what_it_did_and_who_asked_for_it(house: House) -> None:
    change = await house.applied()
    await declared(house)
    await take(house)
    (write,) = (await seen(house)).targets[0].writes
    assert (write.change, write.by, write.status) == (change.id, ANNA, "not in the log yet")
    assert write.what == "scale: sku.capacity (120 → 150)"


async def test_a_change_that_the_log_shows_late_is_listed_once_and_is_no_new_write(house: House) -> None:
    change = await house.applied()
    await declared(house)
    await take(house)
    wrote(house, "write", back=0)
    later = await demand(house)
    (write,) = later.targets[0].writes
    assert (write.change, write.by, write.status) == (change.id, ANNA, "Succeeded")
    assert later.is_unchanged


async def test_a_write_of_which_only_traces_were_seen_is_listed_until_the_log_has_it(house: House) -> None:
    now = house.clock.now()
    async with house.archive.transaction() as tx:
        traces = Unexplained(
            "k", THING.key, "triage-prod", now - 9 * MINUTE, now, fields={"sku.capacity": (120, 60)}
        )
        await tx.add_unexplained(traces)
    await declared(house)
    await take(house)
    (write,) = (await seen(house)).targets[0].writes
    assert (write.what, write.by, write.change) == ("Capacity 120 → 60", "", "")
    wrote(house, "write")
    (write,) = (await demand(house)).targets[0].writes
    assert (write.what, write.by) == ("deployments write", DAN)


async def test_the_last_known_good_is_the_baseline_of_before_the_trouble(house: House) -> None:
    target = house.configuration.targets[0]
    async with house.archive.transaction() as tx:
        live = await house.world.deployment(THING)
        state = State(target, live.projection, Kept.HAND, house.clock.now())
        await keep_baseline(state, by=BY, cause=house.cause, tx=tx)
    house.clock.pass_by(MINUTE)
    await declared(house)
    house.world.portal(60)
    house.clock.pass_by(MINUTE)
    async with house.archive.transaction() as tx:
        live = await house.world.deployment(THING)
        state = State(target, live.projection, Kept.HAND, house.clock.now())
        await keep_baseline(state, by=BY, cause=house.cause, tx=tx)
    await take(house)
    good = (await seen(house)).targets[0].since_good
    assert (good.to, good.differs) == ("BL-1, kept by hand", ("Capacity: 120 → 60",))


async def test_what_an_apply_left_is_not_known_good_before_its_change_is_closed(house: House) -> None:
    await house.applied()
    await declared(house)
    await take(house)
    good = (await seen(house)).targets[0].since_good
    assert good.to == "BL-1, kept at submit of CHG-1"
    assert "Capacity: 120 → 150" in good.differs


async def test_where_nothing_is_kept_that_is_said(house: House) -> None:
    await declared(house)
    await take(house)
    good = (await seen(house)).targets[0].since_good
    assert good.gap == "no baseline of triage-prod is kept, and no change of it was closed"


async def test_the_timer_wants_a_snapshot_once_and_after_a_pause_one_for_all_that_were_missed(
    house: House,
) -> None:
    await declared(house)
    await take(house)
    house.forget_jobs()
    await house.sweep()
    assert house.jobs == set()
    house.clock.pass_by(10 * MINUTE)
    await house.sweep()
    await house.sweep()
    assert house.jobs == {"snapshot:INC-1:2"}
    house.clock.pass_by(timedelta(hours=5, minutes=3))
    await house.sweep()
    await house.sweep()
    assert [each.n for each in house.archive.state.snapshots.values()] == [1, 2, 3]
    due = house.archive.state.incidents[1].next_snapshot_at
    assert due is not None
    assert due - house.clock.now() == 7 * MINUTE


async def test_one_whose_job_was_given_up_is_tried_again_with_the_next(house: House) -> None:
    await declared(house)
    house.forget_jobs()
    house.clock.pass_by(10 * MINUTE)
    await house.sweep()
    assert house.jobs == {"snapshot:INC-1:1", "snapshot:INC-1:2"}


async def test_a_clock_that_was_ahead_and_is_set_right_does_not_stop_the_timer(house: House) -> None:
    await declared(house)
    right = house.clock.now()
    house.clock.pass_by(timedelta(days=2))
    await house.sweep()
    house.clock.time = right + 20 * MINUTE
    await house.sweep()
    await house.sweep()
    assert len(house.archive.state.snapshots) == 3
    due = house.archive.state.incidents[1].next_snapshot_at
    assert due is not None
    assert timedelta(0) < due - house.clock.now() <= 10 * MINUTE


async def test_the_timer_leaves_a_resolved_incident_alone(house: House) -> None:
    incident = await declared(house)
    async with house.archive.transaction() as tx:
        await tx.change_incident(incident, state=IncidentState.RESOLVED)
    house.clock.pass_by(timedelta(hours=1))
    await house.sweep()
    assert len(house.archive.state.snapshots) == 1


async def test_two_replicas_want_the_same_snapshot_once(house: House) -> None:
    await declared(house)
    house.clock.pass_by(10 * MINUTE)
    async with house.archive.reading() as look:
        due = await snapshots_due(look, desk=house.desk)
    for _ in range(2):
        async with house.archive.transaction() as tx:
            await want_snapshots(due, tx=tx, desk=house.desk)
    assert len(house.archive.state.snapshots) == 2


async def test_incidents_on_a_target_share_a_look_and_what_is_wanted_later_is_looked_at_anew(
    house: House,
) -> None:
    looks = SharedLooks()

    async def writes_in(number: int, n: int) -> int:
        await take_snapshot(number, n, readers=house.readers, looks=looks, desk=house.desk, cause=house.cause)
        async with house.archive.reading() as look:
            body = await look.evidence(house.archive.state.snapshots[number, n].sha256)
        assert body is not None
        return len(read_snapshot(body).targets[0].writes)

    await declared(house)
    house.clock.pass_by(31 * MINUTE)
    await declared(house)
    house.clock.pass_by(timedelta(seconds=4))
    assert await writes_in(1, 1) == 0
    wrote(house, "write")
    assert await writes_in(2, 1) == 0, "the look began after both were wanted: it is one look"
    async with house.archive.transaction() as tx:
        await tx.want_snapshot(2, "demand:1", house.clock.now())
    assert await writes_in(2, 2) == 1
