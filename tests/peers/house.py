"""The real bot between local-slack and the simulated Azure, as one thing to be in."""

import asyncio
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bot.domain.note import Signer
from handlers.settings import Settings, Transport
from handlers.web.serve import serve
from sandbox.azure.server import azure_app, serving
from sandbox.clock import SandboxClock, clock_routes
from tests.peers.program import running
from tests.peers.workspace import Json, Workspace, visiting

ORIGIN = "countersign.contoso.example/audit/peers"
OPS, REQUESTER, APPROVER, OWNER = "C0OPS", "U0ALICE", "U0BOB", "U0OWNER"
# local-slack has no user groups, so the approvers are named one by one.
TOML = f"""
[workspace]
team_id = "T0CONTOSO"
app_id = "A0COUNTERSIGN"
audit_channel = "C0AUDIT"
[audit]
origin = "{ORIGIN}"
[[accounts]]
name = "prod-weu"
environment = "production"
subscription = "00000000-0000-0000-0000-000000000001"
resource_group = "rg-ai-prod"
account = "aoai-contoso-weu"
location = "westeurope"
[[targets]]
alias = "triage-prod"
account = "prod-weu"
deployment = "support-triage-ft"
owner = "{OWNER}"
channel = "{OPS}"
[groups.approvers]
users = ["{APPROVER}", "U0CAROL"]
[policy.production.normal]
quorum = 1
groups = ["approvers"]
request_expires = "24h"
approval_expires = "4h"
may_apply = ["requester", "approvers"]
"""


def _secret() -> str:
    return secrets.token_hex(16)


@dataclass(frozen=True)
class Secrets:
    """What local-slack and the bot share, made anew for each run."""

    signing: str = field(default_factory=_secret)
    bot: str = field(default_factory=lambda: f"xoxb-sandbox-{_secret()}")
    app: str = field(default_factory=lambda: f"xapp-sandbox-{_secret()}")


@asynccontextmanager
async def open_house(
    program: Path, folder: Path, transport: Transport, *, signed_with: str = ""
) -> AsyncIterator[Workspace]:
    """Start local-slack, the simulated Azure and the bot, and give the workspace they share.

    `signed_with` is a secret that local-slack signs with and the bot does not know.
    """
    shared, port = Secrets(), _free_port()
    clock = SandboxClock()
    azure = azure_app(clock)
    azure.add_routes(clock_routes(clock))
    config = _workspace(shared, transport, port, signed_with or shared.signing)
    async with (
        running(program, config, folder) as slack,
        serving(azure) as azure_url,
        _bot(_settings(shared, transport, port, folder, slack, azure_url)),
        visiting(slack) as workspace,
    ):
        yield workspace


@asynccontextmanager
async def _bot(settings: Settings) -> AsyncIterator[None]:
    stop, up = asyncio.Event(), asyncio.Event()
    bot = asyncio.create_task(serve(settings, role="all", stop=stop, ready=lambda _: up.set()))
    ready = asyncio.create_task(up.wait())
    await asyncio.wait([bot, ready], return_when=asyncio.FIRST_COMPLETED)
    ready.cancel()
    try:
        if bot.done():
            bot.result()
        yield
    finally:
        stop.set()
        await bot


def _settings(
    shared: Secrets, transport: Transport, port: int, folder: Path, slack: str, azure: str
) -> Settings:
    (folder / "countersign.toml").write_text(TOML)
    key, _ = Signer.generate(ORIGIN)
    return Settings.model_validate(
        {
            "SLACK_BOT_TOKEN": shared.bot,
            "SLACK_APP_TOKEN": shared.app,
            "SLACK_SIGNING_SECRET": shared.signing,
            "COUNTERSIGN_CONFIG": folder / "countersign.toml",
            "COUNTERSIGN_DATABASE_URL": f"sqlite:///{folder / 'countersign.db'}",
            "COUNTERSIGN_TRANSPORT": transport,
            "COUNTERSIGN_HTTP_PORT": port,
            "COUNTERSIGN_SLACK_API_URL": f"{slack}/api/",
            "COUNTERSIGN_ARM_URL": azure,
            "COUNTERSIGN_LOGS_URL": azure,
            "COUNTERSIGN_OPENAI_URL": azure,
            "COUNTERSIGN_AZURE_IDENTITY": "sandbox",
            "COUNTERSIGN_AZURE_EXECUTOR_IDENTITY": "sandbox",
            "COUNTERSIGN_SIGNING_KEY": key,
        }
    )


def _workspace(shared: Secrets, transport: Transport, port: int, signing: str) -> Json:
    people = {REQUESTER: "alice", APPROVER: "bob", "U0CAROL": "carol", OWNER: "olivia"}
    everyone = [*people, "U0COUNTERSIGN"]
    app = {
        "appId": "A0COUNTERSIGN",
        "botUserId": "U0COUNTERSIGN",
        "botName": "Countersign",
        "botToken": shared.bot,
        "appToken": shared.app,
        "signingSecret": signing,
        "mode": "events" if transport == "http" else "socket",
        "requestUrl": f"http://127.0.0.1:{port}/slack/events",
    }
    return {
        "workspace": {"name": "Contoso", "domain": "contoso", "teamId": "T0CONTOSO"},
        "apps": [app],
        "users": [{"id": user, "name": name} for user, name in people.items()],
        "channels": [
            {"id": OPS, "name": "ml-ops", "members": everyone},
            {"id": "C0AUDIT", "name": "audit-trail", "members": everyone},
        ],
    }


def _free_port() -> int:
    """Return a port that is free now: local-slack must be told the bot's before the bot is there."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
