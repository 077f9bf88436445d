"""Receive an alert of Azure Monitor: keep it once, then join the open incident of its targets, or declare one."""

from dataclasses import dataclass, replace
from typing import Literal

from bot.domain.alert import Alert, AlertCondition, severity_of, targets_of
from bot.domain.alert_events import AlertReceived
from bot.domain.configuration import Configuration
from bot.domain.incident import Incident, IncidentSource, IncidentState, TimelineEntry
from bot.domain.origin import CLOCKS, sent_at
from bot.domain.people import system
from bot.ports.archive import Cause, Transaction
from bot.ports.clock import Clock
from bot.ports.incidents import IncidentQuery
from bot.usecases.declare_incident import AlreadyDeclared, Declaring, declare_incident
from bot.usecases.keep_timeline import digest_of, write_down

MONITOR = system("azure-monitor")
Outcome = Literal["known", "declared", "joined", "noted", "own", "unmapped"]


@dataclass(frozen=True)
class Received:
    """What became of an alert: `known` (it came before), declared or joined an incident, or only kept."""

    outcome: Outcome
    incident: int = 0
    change: str = ""


async def receive_alert(
    heard: Alert, *, tx: Transaction, configuration: Configuration, clock: Clock, cause: Cause
) -> Received:
    """Keep an alert and do what it is for, in one transaction; an alert that is kept already does nothing."""
    named = replace(heard, targets=targets_of(heard, configuration))
    for alias in sorted(named.targets):
        await tx.hold(configuration.target(alias).ref.key)
    alert = await tx.add_alert(named)
    if alert is None:
        return Received("known")
    received = await _done(alert, tx, configuration, clock, cause)
    if received.incident:
        await tx.join_alert(alert, received.incident)
    event = AlertReceived(
        change=received.change,
        resource=alert.resources[0] if alert.resources else "",
        alert=alert.alert_id,
        rule=alert.rule,
        severity=alert.severity,
        condition=alert.condition,
        targets=tuple(sorted(alert.targets)),
        incident=f"INC-{received.incident}" if received.incident else "",
        outcome=received.outcome,
    )
    await tx.record(event, by=MONITOR, cause=cause)
    if received.outcome == "unmapped":
        await tx.enqueue("deliver", f"deliver:alert:{alert.number}")
    return received


async def _done(
    alert: Alert, tx: Transaction, configuration: Configuration, clock: Clock, cause: Cause
) -> Received:
    """Map the alert: to our own change, to the incident it belongs to, or to a new one."""
    if not alert.targets:
        return Received("unmapped")
    change = await _own_change(alert, tx, configuration)
    if change:
        return Received("own", change=change)
    incident = await _incident_of(alert, tx)
    if incident is not None:
        await _add_to(incident, alert, tx)
        return Received("joined", incident.number)
    if alert.condition is AlertCondition.RESOLVED:
        return Received("noted")
    asked = Declaring(
        alert.title, alert.targets, severity_of(alert), began_at=alert.at, source=IncidentSource.ALERT
    )
    found = await declare_incident(
        asked, by=MONITOR, cause=cause, now=clock.now(), configuration=configuration, tx=tx
    )
    declared = found.incident if isinstance(found, AlreadyDeclared) else found
    await _add_to(declared, alert, tx)
    return Received("joined" if isinstance(found, AlreadyDeclared) else "declared", declared.number)


async def _own_change(alert: Alert, tx: Transaction, configuration: Configuration) -> str:
    """Return the change whose write an activity log alert is about, empty when it is somebody else's.

    Azure takes one write of an account at a time, so what happened while a step was sent is that step.
    """
    if not alert.correlation:
        return ""
    for alias in sorted(alert.targets):
        for step in await tx.effects_on(configuration.target(alias).ref.key):
            if sent_at(step) - CLOCKS <= alert.at <= step.at + CLOCKS:
                return f"CHG-{step.number}"
    return ""


async def _incident_of(alert: Alert, tx: Transaction) -> Incident | None:
    """Return the open incident an alert belongs to: where its beginning went, else the newest of a target."""
    began = await tx.alert_of(alert.alert_id, AlertCondition.FIRED)
    if began is not None and began.incident:
        incident = await tx.incident(began.incident)
        if incident.is_open:
            return incident
    for alias in sorted(alert.targets):
        query = IncidentQuery(state=IncidentState.OPEN, target=alias, drills=False, limit=1)
        for each in await tx.incidents(query):
            return each
    return None


async def _add_to(incident: Incident, alert: Alert, tx: Transaction) -> None:
    entry = TimelineEntry(
        incident.number,
        alert.at,
        MONITOR.id,
        "alert",
        alert.words,
        f"alert:{alert.number}",
        sha256=digest_of(alert.words),
    )
    await write_down(entry, tx)
