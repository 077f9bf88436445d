"""Incidents, their snapshots, timeline, changes and consents, the same on SQLite and PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.change import ChangeState
from bot.domain.errors import NotFoundError
from bot.domain.incident import (
    ChannelState,
    Consent,
    Incident,
    IncidentState,
    Severity,
    TimelineEntry,
)
from bot.domain.incident_events import ChangeConsented
from bot.ports.incidents import IncidentQuery
from bot.usecases.desk import Desk
from bot.usecases.update_incident import nudge, nudges_due
from tests.contracts.fixtures_storage import ANNA, CAUSE, NOW, Archives, opened_archives, stored_change
from tests.fakes.clock import FakeClock
from tests.fakes.house import company

MINUTE = timedelta(minutes=1)
INCIDENT = Incident(
    number=0,
    title="Tickets wait",
    severity=Severity.SEV2,
    targets=frozenset({"triage-prod", "email-prod"}),
    declared_by="U0ANNA",
    declared_at=NOW,
    began_at=NOW - MINUTE,
    roles={"scribe": "U0SAM"},
    next_snapshot_at=NOW + MINUTE,
    next_update_at=NOW + 2 * MINUTE,
)
NOTE = TimelineEntry(1, NOW, "U0ANNA", "note", "the queue grows", "note:1", files={"graph.png": "ab" * 32})


@pytest.fixture
async def archives(database_url: str) -> AsyncIterator[Archives]:
    """Give an open archive on each kind of database, with one incident."""
    async with opened_archives(database_url) as opened:
        async with opened.opened.archive.transaction() as tx:
            await tx.add_incident(INCIDENT)
        yield opened


async def test_an_incident_comes_back_as_it_was_added(archives: Archives) -> None:
    async with archives.opened.archive.reading() as look:
        assert await look.incident(1) == replace(INCIDENT, number=1)
        with pytest.raises(NotFoundError, match="INC-9"):
            await look.incident(9)


async def test_an_incident_changes_by_its_version_and_a_second_of_two_finds_it_moved(
    archives: Archives,
) -> None:
    archive = archives.opened.archive
    async with archive.transaction() as tx:
        seen = await tx.incident(1)
        changed = await tx.change_incident(
            seen, severity=Severity.SEV1, channel_state=ChannelState.OPEN, lead="U0LEA", roles={}
        )
    assert changed is not None
    assert (changed.severity, changed.channel_state, changed.lead, changed.roles, changed.version) == (
        Severity.SEV1,
        ChannelState.OPEN,
        "U0LEA",
        {},
        2,
    )
    async with archive.transaction() as tx:
        assert await tx.change_incident(seen, lead="U0OTTO") is None
        assert await tx.incident(1) == changed


async def test_incidents_are_found_by_state_target_channel_and_what_is_due(archives: Archives) -> None:
    async with archives.opened.archive.transaction() as tx:
        drill = await tx.add_incident(
            replace(
                INCIDENT, targets=frozenset({"triage"}), drill=True, channel="C0INC", next_snapshot_at=None
            )
        )
        first = await tx.incident(1)
        over = await tx.add_incident(replace(INCIDENT, state=IncidentState.RESOLVED))

        async def found(**asked: object) -> list[int]:
            return [each.number for each in await tx.incidents(IncidentQuery(**asked))]  # type: ignore[arg-type]

        assert await found() == [over.number, drill.number, first.number]
        assert await found(state=IncidentState.OPEN, target="triage-prod") == [1]
        assert await found(target="triage") == [drill.number]
        assert await found(channel="C0INC") == [drill.number]
        assert await found(drills=False, state=IncidentState.OPEN) == [1]
        assert await found(state=IncidentState.OPEN, snapshot_before=NOW) == []
        assert await found(state=IncidentState.OPEN, snapshot_before=NOW + MINUTE) == [1]
        assert await found(snapshot_after=NOW) == [over.number, 1]
        assert await found(snapshot_after=NOW + MINUTE) == []
        assert await found(state=IncidentState.OPEN, update_before=NOW + 2 * MINUTE) == [drill.number, 1]
        assert await found(declared_since=NOW + MINUTE) == []


async def test_a_snapshot_is_wanted_once_for_each_occasion_and_taken_once(archives: Archives) -> None:
    async with archives.opened.archive.transaction() as tx:
        first = await tx.want_snapshot(1, "declare", NOW)
        assert await tx.want_snapshot(1, "declare", NOW) is None
        second = await tx.want_snapshot(1, "severity:2", NOW)
        assert first is not None
        assert second is not None
        assert (first.n, second.n) == (1, 2)
        assert await tx.take_snapshot(first, sha256="ab" * 32, summary="nothing changed", now=NOW)
        assert not await tx.take_snapshot(first, sha256="cd" * 32, summary="another", now=NOW)
        await tx.show_snapshot(first, "17.1")
    async with archives.opened.archive.reading() as look:
        taken, waiting = await look.snapshots(1)
    assert (taken.sha256, taken.summary, taken.ts, taken.is_taken) == (
        "ab" * 32,
        "nothing changed",
        "17.1",
        True,
    )
    assert waiting == second
    assert (await archives.opened.runner.counts())["waiting"] == 2


async def test_two_at_once_want_snapshots_and_neither_loses_its_own(archives: Archives) -> None:
    async def want(occasion: str) -> None:
        async with archives.opened.archive.transaction() as tx:
            await tx.want_snapshot(1, occasion, NOW)

    await asyncio.gather(*(want(f"demand:{n}") for n in range(8)))
    async with archives.opened.archive.reading() as look:
        assert sorted(each.n for each in await look.snapshots(1)) == list(range(1, 9))


async def test_a_timeline_is_in_the_order_of_what_happened_and_says_each_thing_once(
    archives: Archives,
) -> None:
    earlier = replace(NOTE, key="message:C1:17.2", at=NOW - MINUTE, kind="message")
    async with archives.opened.archive.transaction() as tx:
        first = await tx.add_to_timeline(NOTE)
        assert first == replace(NOTE, n=1)
        assert await tx.add_to_timeline(NOTE) is None
        await tx.add_to_timeline(earlier)
        await tx.echo_entry(first, "18.1")
        with pytest.raises(NotFoundError):
            await tx.add_to_timeline(replace(NOTE, incident=7))
    async with archives.opened.archive.reading() as look:
        assert [(each.n, each.ts) for each in await look.timeline(1)] == [(2, ""), (1, "18.1")]


async def test_verified_consents_are_those_of_the_revision_and_plan_that_the_trail_holds(
    archives: Archives,
) -> None:
    stored = await stored_change(archives.opened, ChangeState.PENDING_APPROVAL)
    change = replace(stored, plan_digest="d" * 64)
    given = ChangeConsented(
        change=change.id,
        resource=change.arm_id,
        incident="INC-1",
        revision=change.revision,
        plan_digest=change.plan_digest,
    )
    async with archives.opened.archive.transaction() as tx:
        assert await tx.verified_consents(change) == frozenset()
        await tx.record(replace(given, revision=7), by=ANNA, cause=CAUSE)
        await tx.record(replace(given, plan_digest="e" * 64), by=ANNA, cause=CAUSE)
    async with archives.opened.archive.transaction() as tx:
        assert await tx.verified_consents(change) == frozenset()
        await tx.record(given, by=ANNA, cause=CAUSE)
    async with archives.opened.archive.transaction() as tx:
        assert await tx.verified_consents(change) == {("INC-1", ANNA.id)}


async def test_changes_are_linked_once_and_consents_are_of_a_person_and_a_plan(archives: Archives) -> None:
    change = await stored_change(archives.opened, ChangeState.PENDING_APPROVAL)
    consent = Consent(1, change.number, 1, "d" * 64, "U0LEA", NOW)
    async with archives.opened.archive.transaction() as tx:
        assert await tx.link_change(1, change.number, by="U0ANNA", at=NOW)
        assert not await tx.link_change(1, change.number, by="U0OTTO", at=NOW)
        assert await tx.add_consent(consent)
        assert not await tx.add_consent(consent)
        assert await tx.add_consent(replace(consent, plan_digest="e" * 64, at=NOW + MINUTE))
    async with archives.opened.archive.reading() as look:
        assert await look.changes_of(1) == [change.number]
        assert await look.incidents_of(change.number) == [1]
        assert [each.plan_digest[0] for each in await look.consents(change.number)] == ["d", "e"]


async def test_of_two_replicas_one_counts_a_reminder(archives: Archives) -> None:
    archive = archives.opened.archive
    desk = Desk(company(), archive, FakeClock(NOW + 3 * MINUTE), None)

    async def remind() -> Incident | None:
        async with archive.transaction() as tx:
            return await nudge(1, None, tx=tx, desk=desk)

    counted = await asyncio.gather(remind(), remind(), remind())
    assert [each is None for each in counted].count(False) == 1
    async with archive.reading() as look:
        assert (await look.incident(1)).nudges == 1
        assert list(await nudges_due(look, desk)) == []
