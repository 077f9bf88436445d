"""The doors of the simulators: what people do in Slack, and what is in Azure."""

from typing import Any
from urllib.parse import urlsplit

import aiohttp

from sandbox.story.markup import Names

Json = Any
ACCOUNT = "aoai-contoso-weu"
DEPLOYMENT = "support-triage-ft"


class RefusedError(Exception):
    """A simulator did not accept what was done."""


class Slack:
    """The simulated workspace, used as its people use it."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def post(self, path: str, **body: Json) -> Json:
        """Do something; the answer as it came."""
        async with self._session.post(path, json=body) as response:
            return await response.json()

    async def state(self, user: str) -> Json:
        """Everything a person may see now."""
        async with self._session.get("/ui/state", params={"as": user}) as response:
            return await response.json()

    async def download(self, address: str) -> bytes:
        """The bytes of a shared file."""
        async with self._session.get(address) as response:
            return await response.read()

    async def names(self, user: str = "U0ALICE") -> Names:
        """Who and what the ids stand for, as far as somebody sees them."""
        state = await self.state(user)
        people = {each["id"]: each["real_name"] for each in state["people"]}
        app = state["workspace"]["app"]
        channels = {each["id"]: each["name"] for each in state["channels"] if each["kind"] == "channel"}
        return Names({**people, app["user_id"]: app["name"]}, channels)


class Azure:
    """The simulated Azure, looked at past the app."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def _get(self, path: str) -> Json:
        async with self._session.get(path) as response:
            return await response.json()

    async def deployment(self) -> Json:
        """The deployment as it is."""
        state = await self._get("/control/state")
        ending = f"/accounts/{ACCOUNT}/deployments/{DEPLOYMENT}"
        return next(each for each in state["deployments"] if each["id"].lower().endswith(ending))

    async def capacity(self) -> int:
        """Its capacity as it is."""
        return int((await self.deployment())["sku"]["capacity"])

    async def writes(self) -> list[Json]:
        """Every mutation Azure accepted, in order."""
        return list((await self._get("/control/writes"))["writes"])

    async def executed(self) -> list[Json]:
        """Every mutation that came from the executor's identity."""
        return [each for each in await self.writes() if "executor" in str(each.get("identity", ""))]

    async def trouble(self, kind: str, minutes: int = 120) -> None:
        """Let something go wrong, past the app."""
        body = {"kind": kind, "account": ACCOUNT, "deployment": DEPLOYMENT, "minutes": minutes}
        async with self._session.post("/control/troubles", json=body) as response:
            if response.status != 200:
                raise RefusedError(f"Azure answered {response.status}: {await response.text()}")

    async def set_behind(self, capacity: int) -> None:
        """Change the capacity as somebody else would, past the app."""
        path = f"/control/deployments/{ACCOUNT}/{DEPLOYMENT}"
        async with self._session.post(path, json={"sku": {"capacity": capacity}}) as response:
            if response.status != 200:
                raise RefusedError(f"Azure answered {response.status}: {await response.text()}")


def is_loopback(url: str) -> bool:
    """Whether this address is on this machine: the story talks to simulators only."""
    parts = urlsplit(url)
    return parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")
