"""The alerts of the simulated Azure Monitor: rules are watched, and an action group's webhook is called."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import aiohttp
from aiohttp import web

from sandbox.azure.alert_rules import ACTIVITY_RULES, METRIC_RULES, WINDOW, ActivityRule, MetricRule
from sandbox.azure.names import COGNITIVE, SUBSCRIPTION_ID, ArmError, Json, iso
from sandbox.azure.state import AzureState
from sandbox.azure.traffic import Track

HEADER = "X-Countersign-Alert-Secret"
AGAIN = frozenset({408, 429, 502, 503, 504})
PAUSES = (5.0, 20.0, 40.0)  # seconds until Azure Monitor tries a webhook again
CALM = 3  # looks without trouble until a metric alert is resolved
LOOKS = 0.2
_TIMEOUT = aiohttp.ClientTimeout(total=10)


@dataclass(frozen=True)
class Webhook:
    """Where alerts are sent, and what proves to the receiver that they come from here."""

    url: str
    secret: str
    pauses: tuple[float, ...] = PAUSES


@dataclass
class Firing:
    """A metric alert that has fired and is not resolved."""

    essentials: Json
    calm: int = 0


@dataclass
class Sending:
    """One call of the webhook: the body, and what each try was answered."""

    body: Json
    answers: list[int] = field(default_factory=list)


class Alerts:
    """Watches the rules once a simulated minute, the activity log at once, and sends what fires."""

    def __init__(self, state: AzureState, webhook: Webhook) -> None:
        self._state = state
        self._webhook = webhook
        self._firing: dict[tuple[str, str, str], Firing] = {}
        self._minute = state.now_minute()
        self._read = len(state.activity)
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiting: list[Sending] = []
        self.sent: list[Sending] = []

    async def running(self, app: web.Application) -> AsyncIterator[None]:
        """Watch as long as the application runs."""
        task = asyncio.create_task(self._watch())
        yield
        for each in (task, *self._tasks):
            each.cancel()
        await asyncio.gather(task, *self._tasks, return_exceptions=True)

    def controls(self) -> dict[tuple[str, str], Callable[[AzureState, Any], Json]]:
        """Return what the control door offers."""
        return {("GET", "/control/alerts"): self._listed, ("POST", "/control/alerts"): self._repeat}

    def look(self) -> None:
        """Look at every rule, and put what fires or is resolved in line to be sent."""
        self._state.settle()
        now = self._state.now_minute()
        if now != self._minute:
            self._minute = now
            for track in list(self._state.tracks.values()):
                for rule in METRIC_RULES:
                    self._judge(rule, track, now)
        fresh, self._read = self._state.activity[self._read :], len(self._state.activity)
        for event in fresh:
            for each in ACTIVITY_RULES:
                if each.fits(event):
                    self._send(_fired_by(each, event, self._state))

    async def _watch(self) -> None:
        async with aiohttp.ClientSession(timeout=_TIMEOUT) as session:
            while True:
                self.look()
                waiting, self._waiting = self._waiting, []
                for sending in waiting:
                    task = asyncio.create_task(self._deliver(session, sending))
                    self._tasks.add(task)
                    task.add_done_callback(self._tasks.discard)
                await asyncio.sleep(LOOKS)

    async def _deliver(self, session: aiohttp.ClientSession, sending: Sending) -> None:
        """Call the webhook, and again when it does not answer or asks to."""
        for pause in (*self._webhook.pauses, None):
            status = 0
            with suppress(aiohttp.ClientError, TimeoutError):
                headers = {HEADER: self._webhook.secret}
                async with session.post(self._webhook.url, json=sending.body, headers=headers) as answer:
                    status = answer.status
            sending.answers.append(status)
            if pause is None or (status and status not in AGAIN):
                return
            await asyncio.sleep(pause)

    def _judge(self, rule: MetricRule, track: Track, now: int) -> None:
        key, value = (rule.name, track.account, track.name), rule.value(track, now)
        is_bad, firing = value > rule.threshold(track), self._firing.get(key)
        if is_bad and firing is None:
            essentials = _essentials(rule, track.account, self._state, "Fired")
            self._firing[key] = Firing(essentials)
            self._send(_metric_body(rule, track, value, essentials, self._state.clock.now()))
        elif firing is not None:
            firing.calm = 0 if is_bad else firing.calm + 1
            if firing.calm >= CALM:
                del self._firing[key]
                at = self._state.clock.now()
                essentials = {
                    **firing.essentials,
                    "monitorCondition": "Resolved",
                    "resolvedDateTime": iso(at),
                }
                self._send(_metric_body(rule, track, value, essentials, at))

    def _send(self, body: Json) -> None:
        sending = Sending(body)
        self.sent.append(sending)
        self._waiting.append(sending)

    def _listed(self, state: AzureState, body: Any) -> Json:
        """Tell every alert that was sent, and what was answered."""
        return {"alerts": [{"body": each.body, "answers": each.answers} for each in self.sent]}

    def _repeat(self, state: AzureState, body: Any) -> Json:
        """Send one again, by its `index`, as a network that lost the answer makes Azure do."""
        index = body.get("index") if isinstance(body, dict) else None
        if not isinstance(index, int) or not 0 <= index < len(self.sent):
            raise ArmError(400, "BadRequest", "An index of an alert that was sent is needed.")
        self._send(self.sent[index].body)
        return {"ok": True}


def _essentials(rule: MetricRule | ActivityRule, account: str, state: AzureState, condition: str) -> Json:
    """Return the part of the common alert schema that every alert has."""
    number, target = state.next_guid("alert"), state.accounts[account.lower()].id
    is_metric = isinstance(rule, MetricRule)
    return {
        "alertId": f"/subscriptions/{SUBSCRIPTION_ID}/providers/Microsoft.AlertsManagement/alerts/{number}",
        "alertRule": rule.name,
        "severity": f"Sev{rule.severity}",
        "signalType": "Metric" if is_metric else "Activity Log",
        "monitorCondition": condition,
        "monitoringService": "Platform" if is_metric else "Activity Log - Administrative",
        "alertTargetIDs": [target.lower()],
        "configurationItems": [account],
        "originAlertId": f"{number}_{rule.name}",
        "firedDateTime": iso(state.clock.now()),
        "description": rule.description,
        "essentialsVersion": "1.0",
        "alertContextVersion": "1.0",
    }


def _metric_body(rule: MetricRule, track: Track, value: float, essentials: Json, at: datetime) -> Json:
    dimensions = (("ModelDeploymentName", track.name), *rule.dimensions)
    met: Json = {
        "metricName": rule.metric,
        "metricNamespace": f"{COGNITIVE}/accounts",
        "operator": "GreaterThan",
        "threshold": f"{rule.threshold(track):g}",
        "timeAggregation": rule.aggregation,
        "dimensions": [{"name": name, "value": said} for name, said in dimensions],
        "metricValue": round(value, 3),
        "webTestName": None,
    }
    context: Json = {
        "properties": None,
        "conditionType": "SingleResourceMultipleMetricCriteria",
        "condition": {"windowSize": f"PT{WINDOW}M", "allOf": [met], "windowEndTime": iso(at)},
    }
    return _common(essentials, context)


def _fired_by(rule: ActivityRule, event: Json, state: AzureState) -> Json:
    account = str(event["resourceId"]).split("/accounts/")[1].split("/")[0]
    essentials = _essentials(rule, account, state, "Fired")
    essentials["alertTargetIDs"] = [str(event["resourceId"]).lower()]
    context = {
        "authorization": event["authorization"],
        "channels": event["channels"],
        "claims": event["claims"],
        "caller": event["caller"],
        "correlationId": event["correlationId"],
        "eventSource": "Administrative",
        "eventTimestamp": event["eventTimestamp"],
        "eventDataId": event["eventDataId"],
        "level": event["level"],
        "operationName": event["operationName"]["value"],
        "operationId": event["operationId"],
        "status": event["status"]["value"],
        "subStatus": event["subStatus"]["value"],
        "submissionTimestamp": event["submissionTimestamp"],
    }
    return _common(essentials, context)


def _common(essentials: Json, context: Json) -> Json:
    data = {"essentials": essentials, "alertContext": context, "customProperties": {}}
    return {"schemaId": "azureMonitorCommonAlertSchema", "data": data}
