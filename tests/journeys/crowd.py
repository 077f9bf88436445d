"""Processes of the real app that may be killed at any moment, and people who press until something is recorded."""

import asyncio
import hmac
import json
import os
import secrets
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import count
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlencode

from aiohttp import ClientError, ClientSession, ClientTimeout

from bot.domain.note import Signer
from handlers.cli.demo import free_port
from handlers.cli.demo_company import ORIGIN, company_toml
from tests.journeys.people import Json, People

TIMING = (
    '\n[timing]\ndoubt_grace = "1s"\nvalidation_window = "1s"\nobservation_window = "0s"\n'
    '[incidents]\nwatch_every = "0s"\n'
)
READY_SECONDS = 25.0


@dataclass(frozen=True)
class Town:
    """The simulators, and everything a process of the app must be told to live there."""

    people: People
    session: ClientSession
    environment: Mapping[str, str]
    secret: str
    vkey: str
    url: str
    folder: Path
    nursery: Process


@asynccontextmanager
async def a_town(folder: Path, url: str) -> AsyncIterator[Town]:
    """Start the simulators and give a migrated database."""
    skey, vkey = Signer.generate(ORIGIN)
    secret, bot = secrets.token_hex(16), f"xoxb-sandbox-{secrets.token_hex(16)}"
    (folder / "countersign.toml").write_text(company_toml() + TIMING, encoding="utf-8")
    words = ["--events-url", f"http://127.0.0.1:{free_port()}/slack/events", "--rate-limits", "off"]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sandbox", *words, "--until-stdin-closes"),
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        env={**os.environ, "SANDBOX_SIGNING_SECRET": secret, "SANDBOX_BOT_TOKEN": bot},
    )
    try:
        assert process.stdout is not None
        places = json.loads(await process.stdout.readline())
        environment = {
            **os.environ,
            "SLACK_BOT_TOKEN": bot,
            "SLACK_SIGNING_SECRET": secret,
            "COUNTERSIGN_CONFIG": str(folder / "countersign.toml"),
            "COUNTERSIGN_DATABASE_URL": url,
            "COUNTERSIGN_TRANSPORT": "http",
            "COUNTERSIGN_SLACK_API_URL": f"{places['slack']}/api/",
            "COUNTERSIGN_ARM_URL": places["azure"],
            "COUNTERSIGN_LOGS_URL": places["azure"],
            "COUNTERSIGN_OPENAI_URL": places["azure"],
            "COUNTERSIGN_AZURE_IDENTITY": "sandbox",
            "COUNTERSIGN_AZURE_EXECUTOR_IDENTITY": "sandbox",
            "COUNTERSIGN_SIGNING_KEY": skey,
        }
        code = "from handlers.cli.main import main; main()"
        migrated = await asyncio.create_subprocess_exec(
            sys.executable, "-c", code, "migrate", stdout=DEVNULL, env=environment
        )
        assert await migrated.wait() == 0
        async with _nursery() as nursery, ClientSession(timeout=ClientTimeout(total=4)) as session:
            people = People(session, places["slack"], places["azure"])
            yield Town(people, session, environment, secret, vkey, url, folder, nursery)
    finally:
        await _killed(process)


@asynccontextmanager
async def _nursery() -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.journeys.nursery", stdin=PIPE, stdout=PIPE
    )
    try:
        yield process
    finally:
        await _killed(process)


async def _killed(process: Process) -> None:
    with suppress(ProcessLookupError):
        process.kill()
    await process.wait()


@dataclass
class Replica:
    """One `countersign serve`, on a port of its own, started again after each kill."""

    town: Town
    port: int = field(default_factory=free_port)
    process: int = 0

    @property
    def address(self) -> str:
        """Return where it listens."""
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Start the process; it is not ready yet."""
        environment = {**self.town.environment, "COUNTERSIGN_HTTP_PORT": str(self.port)}
        order = {"environment": environment, "log": str(self.town.folder / f"serve-{self.port}.log")}
        nursery = self.town.nursery
        assert nursery.stdin is not None
        assert nursery.stdout is not None
        nursery.stdin.write(json.dumps(order).encode() + b"\n")
        self.process = int(await nursery.stdout.readline())

    async def ready(self) -> None:
        """Wait until it says that it is ready."""
        async with asyncio.timeout(READY_SECONDS):
            while not await self._is_ready():
                assert self._lives(), f"serve ended by itself; serve-{self.port}.log says why"
                await asyncio.sleep(0.05)

    async def kill(self) -> None:
        """Kill it as a power cut does, and wait until it is gone."""
        with suppress(ProcessLookupError):
            os.kill(self.process, signal.SIGKILL)
        while self._lives():  # noqa: ASYNC110  (what is waited for is another process)
            await asyncio.sleep(0.01)

    def _lives(self) -> bool:
        try:
            os.kill(self.process, 0)
        except ProcessLookupError:
            return False
        return True

    async def _is_ready(self) -> bool:
        try:
            async with self.town.session.get(f"{self.address}/readyz") as answer:
                return answer.status == 200
        except (ClientError, TimeoutError, OSError):
            return False


@asynccontextmanager
async def replicas(town: Town, number: int) -> AsyncIterator[list[Replica]]:
    """Run so many processes of the app, and kill what is left of them at the end."""
    made = [Replica(town) for _ in range(number)]
    try:
        for replica in made:
            await replica.start()
        await asyncio.gather(*(replica.ready() for replica in made))
        yield made
    finally:
        for replica in made:
            await replica.kill()


@dataclass
class Crowd:
    """People at the app's doors: each press is sent once, to any replica, and is acknowledged or not."""

    town: Town
    doors: list[Replica]
    chance: Random
    acknowledged: list[tuple[str, str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Number the presses, so that no two are the same bytes."""
        self._presses = count(1)

    async def press(self, user: str, payload: Mapping[str, Any]) -> Json | None:
        """Send one interaction; returns the app's answer, None when it was not acknowledged."""
        whole = {
            "user": {"id": user, "team_id": "T0CONTOSO"},
            "team": {"id": "T0CONTOSO"},
            "api_app_id": "A0COUNTERSIGN",
            "trigger_id": f"{next(self._presses)}.{user}",
            **payload,
        }
        body = urlencode({"payload": json.dumps(whole)}).encode()
        stamp = str(int((await self.town.people.now()).timestamp()))
        made = hmac.new(self.town.secret.encode(), b"v0:" + stamp.encode() + b":" + body, sha256).hexdigest()
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": f"v0={made}",
        }
        url = f"{self.chance.choice(self.doors).address}/slack/events"
        try:
            async with self.town.session.post(url, data=body, headers=headers) as answer:
                text = await answer.text()
                assert answer.status in (200, 503), f"{answer.status} for {whole}"
                if answer.status != 200 or "Look again" in text:
                    return None
                found: Json = json.loads(text or "{}")
                return found
        except (ClientError, TimeoutError, OSError):
            return None

    async def submit(
        self, user: str, callback: str, metadata: str, values: Mapping[str, Json]
    ) -> Json | None:
        """Submit a modal."""
        view = {
            "id": f"V{next(self._presses)}",
            "type": "modal",
            "callback_id": callback,
            "private_metadata": metadata,
        }
        return await self.press(
            user, {"type": "view_submission", "view": {**view, "state": {"values": values}}}
        )
