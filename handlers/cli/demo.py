"""The pretended world: the simulators as a child process, and the real app beside them in this one."""

import asyncio
import json
import os
import socket
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bot.domain.errors import CountersignError
from bot.domain.note import Signer
from handlers.cli.demo_company import ANCHORS, PACE, company_files, company_toml
from handlers.cli.demo_keys import DemoKeys, new_keys
from handlers.clock import WallClock
from handlers.settings import Settings
from handlers.version import BUILD
from handlers.web.serve import serve
from storage.engine import migrate, schema_state

START_SECONDS = 60.0
STOP_SECONDS = 8.0
HOST = "127.0.0.1"


@dataclass(frozen=True)
class Plan:
    """What a pretended world shall be: folder, transport, database, page's port (0: any), more configuration.

    `alerts`: the pretended Azure Monitor watches, and sends its alerts to the app.
    """

    folder: Path
    transport: Literal["http", "socket"] = "http"
    database_url: str = ""
    port: int = 0
    rate_limits: Literal["off", "strict", "generous"] = "generous"
    more_toml: str = PACE
    alerts: bool = False


@dataclass(frozen=True)
class World:
    """A running pretended world: where all is, the trail's public key, and what ends it early."""

    slack: str
    azure: str
    app: str
    settings: Settings
    vkey: str
    broken: asyncio.Future[None]


@asynccontextmanager
async def demo_world(plan: Plan) -> AsyncIterator[World]:
    """Start the simulators and the app, and stop both at the end.

    Raises:
        CountersignError: a port is taken, or one of the two does not start; the message says which.
    """
    if plan.port and not _is_free(plan.port):
        raise CountersignError(
            f"Port {plan.port} is taken.", advice="Stop what uses it, or write `--port 0` for any free port."
        )
    keys, app_port = new_keys(), free_port()
    async with _simulators(plan, keys, app_port) as (process, slack, azure):
        settings = _settings(plan, keys, app_port, slack, azure)
        await _prepared(settings, keys, plan.more_toml)
        async with _app(settings) as (task, address):
            broken = asyncio.ensure_future(_first_to_end(process, task))
            try:
                yield World(slack, azure, address, settings, keys.vkey, broken)
            finally:
                broken.cancel()


def free_port() -> int:
    """Return a port of this computer that nobody uses now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


async def run_module(name: str, *words: str) -> Process:
    """Start `python -m name words…` with this terminal as its output."""
    return await asyncio.create_subprocess_exec(sys.executable, "-m", name, *words, stdin=DEVNULL)


async def ended(process: Process) -> None:
    """Ask a process to stop, and insist when it does not."""
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


@asynccontextmanager
async def _simulators(plan: Plan, keys: DemoKeys, app_port: int) -> AsyncIterator[tuple[Process, str, str]]:
    words = ["--events-url", f"http://{HOST}:{app_port}/slack/events", "--transport", plan.transport]
    if plan.alerts:
        words += ["--alerts-url", f"http://{HOST}:{app_port}/alerts"]
    words += ["--slack-port", str(plan.port), "--rate-limits", plan.rate_limits, "--until-stdin-closes"]
    log = plan.folder / "sandbox.log"
    with log.open("ab") as errors:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "sandbox", *words),
            stdin=PIPE,
            stdout=PIPE,
            stderr=errors,
            env={**_plain_environment(), **keys.environment()},
            start_new_session=True,
        )
    try:
        found = await _told(process, log)
        yield process, found["slack"], found["azure"]
    finally:
        if process.stdin is not None:
            process.stdin.close()
        await ended(process)


async def _told(process: Process, log: Path) -> Mapping[str, str]:
    """Return the addresses that the simulators print when they are ready."""
    line = b""
    with suppress(TimeoutError):
        async with asyncio.timeout(START_SECONDS):
            line = await process.stdout.readline() if process.stdout is not None else b""
    if not line:
        raise CountersignError("The simulators did not start.", advice=f"{log} says why.")
    found: dict[str, str] = json.loads(line)
    return found


@asynccontextmanager
async def _app(settings: Settings) -> AsyncIterator[tuple[asyncio.Task[None], str]]:
    stop, address = asyncio.Event(), asyncio.get_running_loop().create_future()
    ready: Callable[[str], None] = address.set_result
    task = asyncio.create_task(serve(settings, role="all", stop=stop, ready=ready))
    try:
        await asyncio.wait([task, address], return_when=asyncio.FIRST_COMPLETED, timeout=START_SECONDS)
        if task.done():
            await task
        if not address.done():
            raise CountersignError("The app did not start in time.", advice="Its log says what it waits for.")
        yield task, address.result()
    finally:
        stop.set()
        await asyncio.wait([task])
        if not task.cancelled():
            task.exception()


async def _first_to_end(process: Process, task: asyncio.Task[None]) -> None:
    """Wait until the simulators or the app end without being told to, and say which.

    Raises:
        CountersignError: always; the app's own where it has one.
    """
    gone = asyncio.ensure_future(process.wait())
    try:
        await asyncio.wait([gone, task], return_when=asyncio.FIRST_COMPLETED)
    finally:
        gone.cancel()
    if task.done():
        await task
    raise CountersignError("The simulators stopped.", advice="sandbox.log in the demo's folder says why.")


async def _prepared(settings: Settings, keys: DemoKeys, more_toml: str) -> None:
    """Write the configuration, and give a new database its schema."""
    settings.config.write_text(company_toml() + ANCHORS + more_toml, encoding="utf-8")
    for name, text in company_files().items():
        path = settings.config.parent / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    if await schema_state(settings.database_url) == "missing":
        signer = Signer.parse(keys.signing_key)
        await migrate(settings.database_url, signer, clock=WallClock(), build=BUILD)


def _settings(plan: Plan, keys: DemoKeys, app_port: int, slack: str, azure: str) -> Settings:
    url = plan.database_url or f"sqlite:///{plan.folder.absolute() / 'countersign.db'}"
    values = {
        "SLACK_BOT_TOKEN": keys.bot_token,
        "SLACK_APP_TOKEN": keys.app_token,
        "SLACK_SIGNING_SECRET": keys.signing_secret,
        "COUNTERSIGN_CONFIG": plan.folder / "countersign.toml",
        "COUNTERSIGN_DATABASE_URL": url,
        "COUNTERSIGN_MIGRATION_DATABASE_URL": url,
        "COUNTERSIGN_TRANSPORT": plan.transport,
        "COUNTERSIGN_HTTP_HOST": HOST,
        "COUNTERSIGN_HTTP_PORT": app_port,
        "COUNTERSIGN_SLACK_API_URL": f"{slack}/api/",
        "COUNTERSIGN_ARM_URL": azure,
        "COUNTERSIGN_LOGS_URL": azure,
        "COUNTERSIGN_OPENAI_URL": azure,
        "COUNTERSIGN_AZURE_IDENTITY": "sandbox",
        "COUNTERSIGN_AZURE_CLIENT_ID": "",
        "COUNTERSIGN_AZURE_EXECUTOR_IDENTITY": "sandbox",
        "COUNTERSIGN_AZURE_EXECUTOR_CLIENT_ID": "",
        "COUNTERSIGN_SIGNING_KEY": keys.signing_key,
        "COUNTERSIGN_ALERT_SECRET": keys.alert_secret,
    }
    return Settings.model_validate(values)


def _plain_environment() -> dict[str, str]:
    """Return this process's environment without anything meant for a real workspace."""
    return {
        name: value for name, value in os.environ.items() if not name.startswith(("SLACK_", "COUNTERSIGN_"))
    }


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
