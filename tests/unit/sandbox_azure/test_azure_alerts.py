"""The alerts of the simulated Azure Monitor: when they fire, what they say, and that they are tried again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from sandbox.azure.alerts import HEADER, Webhook
from sandbox.azure.server import serving
from tests.unit.sandbox_azure.cloud import PROD, TRIAGE, Cloud, cloud

NAME = "support-triage-ft"


class Receiver:
    """An action group's webhook that remembers what it got, and answers as told."""

    def __init__(self) -> None:
        self.got: list[tuple[str, Any]] = []
        self.answers: list[int] = []
        self._came = asyncio.Condition()

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/alerts", self._receive)
        return app

    async def wait(self, count: int) -> list[Any]:
        """Return what came, once there are so many."""
        async with asyncio.timeout(5), self._came:
            await self._came.wait_for(lambda: len(self.got) >= count)
        return [body for _, body in self.got]

    async def _receive(self, request: web.Request) -> web.Response:
        self.got.append((request.headers.get(HEADER, ""), await request.json()))
        async with self._came:
            self._came.notify_all()
        return web.Response(status=self.answers.pop(0) if self.answers else 202)


@asynccontextmanager
async def _watched() -> AsyncIterator[tuple[Cloud, Receiver]]:
    receiver = Receiver()
    async with serving(receiver.app()) as url:
        async with cloud(Webhook(f"{url}/alerts", "shared", pauses=(0.01, 0.01))) as azure:
            yield azure, receiver


async def test_a_calm_day_sends_nothing() -> None:
    async with _watched() as (azure, receiver):
        for _ in range(6):
            azure.clock.move(hours=2)
            await asyncio.sleep(0.3)
        assert receiver.got == []


async def test_a_storm_fires_once_names_the_deployment_and_is_resolved() -> None:
    async with _watched() as (azure, receiver):
        await azure.control("troubles", {"kind": "429_storm", "deployment": NAME})
        for _ in range(3):
            azure.clock.move(minutes=4)
            await asyncio.sleep(0.3)
        (fired,) = await receiver.wait(1)
        essentials, met = fired["data"]["essentials"], fired["data"]["alertContext"]["condition"]["allOf"][0]
        assert fired["schemaId"] == "azureMonitorCommonAlertSchema"
        assert (essentials["monitorCondition"], essentials["severity"]) == ("Fired", "Sev2")
        assert essentials["alertTargetIDs"] == [PROD.lower()]
        assert {"name": "ModelDeploymentName", "value": NAME} in met["dimensions"]
        assert met["metricValue"] > float(met["threshold"])
        await azure.control("troubles", method="DELETE")
        for _ in range(4):
            azure.clock.move(minutes=6)
            await asyncio.sleep(0.3)
        resolved = (await receiver.wait(2))[1]["data"]["essentials"]
        assert (resolved["monitorCondition"], resolved["alertId"]) == ("Resolved", essentials["alertId"])
        assert {secret for secret, _ in receiver.got} == {"shared"}


async def test_a_deletion_by_hand_fires_at_once_with_its_correlation() -> None:
    async with _watched() as (azure, receiver):
        await azure.control("troubles", {"kind": "deployment_deleted", "deployment": NAME})
        (fired,) = await receiver.wait(1)
        assert fired["data"]["essentials"]["alertTargetIDs"] == [TRIAGE.lower()]
        assert fired["data"]["alertContext"]["operationName"].endswith("/deployments/delete")
        assert fired["data"]["alertContext"]["correlationId"]


async def test_an_answer_that_asks_to_come_again_is_obeyed_and_a_refusal_is_final() -> None:
    async with _watched() as (azure, receiver):
        receiver.answers = [503, 429, 202]
        await azure.control("troubles", {"kind": "failed_deployment", "deployment": NAME})
        assert len({str(body) for body in await receiver.wait(3)}) == 1
        receiver.answers = [401]
        await azure.control("alerts", {"index": 0})
        await receiver.wait(4)
        await asyncio.sleep(0.2)
        told = (await azure.control("alerts", method="GET")).body["alerts"]
        assert [each["answers"] for each in told] == [[503, 429, 202], [401]]
        assert (await azure.control("alerts", {"index": 9})).status == 400
