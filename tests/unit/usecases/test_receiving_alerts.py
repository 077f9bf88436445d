"""Receiving alerts: once, mapped to targets, into the open incident or a new one, and never lost."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.alert import Alert, AlertCondition
from bot.domain.alert_events import AlertReceived
from bot.domain.incident import Incident, IncidentSource, IncidentState, Severity
from bot.usecases.receive_alert import Received, receive_alert
from tests.fakes.azure_reads import PLACE, THING
from tests.fakes.house import House

ACCOUNT = PLACE.arm_id.lower()


def _alert(house: House, **more: object) -> Alert:
    usual = Alert(
        "/subscriptions/s/alerts/a1",
        AlertCondition.FIRED,
        "http-429",
        "Sev2",
        house.clock.now() - timedelta(minutes=4),
        (ACCOUNT,),
        deployment=THING.deployment,
        figure="AzureOpenAIRequests of HTTP 429 is 1200, above 300",
    )
    return replace(usual, **more)  # type: ignore[arg-type]


def _resolved(house: House, **more: object) -> Alert:
    return _alert(house, condition=AlertCondition.RESOLVED, at=house.clock.now(), **more)


async def _receive(house: House, alert: Alert) -> Received:
    async with house.archive.transaction() as tx:
        return await receive_alert(
            alert, tx=tx, configuration=house.configuration, clock=house.clock, cause=house.cause
        )


async def _incident(house: House, number: int = 1) -> Incident:
    async with house.archive.reading() as look:
        return await look.incident(number)


async def _told(house: House, number: int = 1) -> list[tuple[str, str]]:
    async with house.archive.reading() as look:
        return [(each.kind, each.words) for each in await look.timeline(number)]


async def test_r45_a_fired_alert_declares_an_incident_with_its_severity_and_when_it_began() -> None:
    house = House()
    assert await _receive(house, _alert(house)) == Received("declared", 1)
    incident = await _incident(house)
    assert (incident.targets, incident.severity) == (frozenset({"triage-prod"}), Severity.SEV3)
    assert (incident.source, incident.declared_by) == (IncidentSource.ALERT, "azure-monitor")
    assert incident.began_at == house.clock.now() - timedelta(minutes=4)
    assert [kind for kind, _ in await _told(house)] == ["alert", "declared"]
    assert house.jobs >= {"snapshot:INC-1:1", "deliver:INC-1:channel", "deliver:INC-1:entry:2"}


async def test_the_same_alert_a_second_time_changes_nothing() -> None:
    house = House()
    await _receive(house, _alert(house))
    entries = len(house.tags)
    assert await _receive(house, _alert(house)) == Received("known")
    assert (len(house.tags), len(await _told(house))) == (entries, 2)


async def test_another_alert_on_the_target_joins_the_open_incident() -> None:
    house = House()
    await _receive(house, _alert(house))
    joined = await _receive(house, _alert(house, alert_id="a2", rule="latency", figure=""))
    assert joined == Received("joined", 1)
    assert ("alert", "The alert latency (Sev2) fired.") in await _told(house)


async def test_a_drill_on_the_target_does_not_swallow_a_real_alert() -> None:
    house = House()
    drill = Incident(
        0, "Drill", Severity.SEV3, frozenset({"triage-prod"}), "U0ANNA", house.clock.now(), house.clock.now()
    )
    async with house.archive.transaction() as tx:
        await tx.add_incident(replace(drill, drill=True))
    assert await _receive(house, _alert(house)) == Received("declared", 2)


async def test_resolved_is_written_into_the_incident_and_closes_nothing() -> None:
    house = House()
    await _receive(house, _alert(house))
    assert await _receive(house, _resolved(house)) == Received("joined", 1)
    assert (await _told(house))[-1][1].startswith("The alert http-429 (Sev2) was resolved:")
    assert (await _incident(house)).state is IncidentState.OPEN


async def test_resolved_without_an_incident_is_only_kept() -> None:
    house = House()
    assert await _receive(house, _resolved(house)) == Received("noted")
    assert house.tags == ["alert.received"]


@pytest.mark.parametrize(
    ("about", "targets"),
    [
        ({"deployment": ""}, {"triage-prod", "classifier-prod"}),
        ({"deployment": "Support-Triage-FT"}, {"triage-prod"}),
        ({"resources": (THING.key,), "deployment": ""}, {"triage-prod"}),
    ],
)
async def test_an_alert_is_mapped_by_its_resource_and_the_deployment_it_names(
    about: dict[str, object], targets: set[str]
) -> None:
    house = House()
    await _receive(house, _alert(house, **about))
    assert (await _incident(house)).targets == targets


@pytest.mark.parametrize(
    "about", [{"deployment": "somebody-elses"}, {"resources": ("/subscriptions/x",)}, {"resources": ()}]
)
async def test_an_alert_about_no_target_is_kept_recorded_and_told_to_the_audit_channel(
    about: dict[str, object],
) -> None:
    house = House()
    assert await _receive(house, _alert(house, **about)) == Received("unmapped")
    assert house.jobs == {"deliver:alert:1"}
    assert isinstance(house.last.event, AlertReceived)
    assert house.last.event.outcome == "unmapped"


async def test_the_alert_of_our_own_write_names_the_change_and_declares_nothing() -> None:
    house = House()
    change = await house.applied()
    at = house.effect().at
    received = await _receive(house, _alert(house, correlation="c-1", at=at, figure=""))
    assert received == Received("own", change=change.id)
    another = _alert(house, alert_id="a2", correlation="c-2", at=at + timedelta(minutes=2))
    assert (await _receive(house, another)).outcome == "declared"
    assert house.archive.state.entries[-3].event.sentence().endswith(f"which is the write of {change.id}")
