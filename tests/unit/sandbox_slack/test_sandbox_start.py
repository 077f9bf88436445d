"""The program starts, says where it is, refuses what is real, and stops when told."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from handlers.cli.manifest import as_yaml, manifest_for
from sandbox.__main__ import parser, settings_from
from sandbox.clock import SandboxClock
from sandbox.slack.manifest import DEFAULT_SCOPES, _shortcuts, read_manifest
from tests.architecture.house import ROOT

EVENTS = ["--events-url", "http://127.0.0.1:3000/slack/events"]


@asynccontextmanager
async def program(*more: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, dict[str, str]]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "sandbox",
        *EVENTS,
        *more,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "SANDBOX_BOT_TOKEN": "xoxb-sandbox-start"},
    )
    try:
        assert process.stdout is not None
        yield process, json.loads(await asyncio.wait_for(process.stdout.readline(), 20))
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_both_sites_share_one_clock_and_stop_on_sigterm() -> None:
    async with program() as (process, places), aiohttp.ClientSession() as session:
        async with session.post(f"{places['azure']}/clock", json={"advance_seconds": 3600}) as response:
            assert response.status == 200
        async with session.get(f"{places['slack']}/clock") as response:
            assert (await response.json())["offset_seconds"] == 3600
        headers = {"Authorization": "Bearer xoxb-sandbox-start"}
        async with session.post(f"{places['slack']}/api/auth.test", headers=headers) as response:
            assert (await response.json())["ok"] is True
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 10) == 0


async def test_it_stops_when_its_standard_input_closes() -> None:
    async with program("--until-stdin-closes") as (process, _):
        assert process.stdin is not None
        process.stdin.close()
        assert await asyncio.wait_for(process.wait(), 10) == 0


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.4", "example.org"])
def test_only_this_computer_is_served(host: str) -> None:
    with pytest.raises(ValueError, match="not a loopback address"):
        settings_from(parser().parse_args([*EVENTS, "--host", host]), {})
    elsewhere = parser().parse_args(["--events-url", f"http://{host}/slack/events"])
    with pytest.raises(ValueError, match="not a loopback address"):
        settings_from(elsewhere, {})


@pytest.mark.parametrize(
    "environment",
    [
        {"SANDBOX_BOT_TOKEN": "xoxb-" + "1234-5678"},
        {"SANDBOX_APP_TOKEN": "xapp-" + "1-A1"},
        {"COUNTERSIGN_SLACK_BOT_TOKEN": "xoxb-" + "1234-5678"},
        {"SANDBOX_BOT_TOKEN": "anything"},
    ],
)
def test_tokens_that_look_real_are_refused_without_being_repeated(environment: dict[str, str]) -> None:
    with pytest.raises(ValueError) as caught:
        settings_from(parser().parse_args(EVENTS), environment)
    assert not any(value in str(caught.value) for value in environment.values())


def test_missing_secrets_are_made_at_random() -> None:
    first, second = (settings_from(parser().parse_args(EVENTS), {}) for _ in range(2))
    assert first.signing_secret != second.signing_secret
    assert first.tokens.bot.startswith("xoxb-sandbox-")
    assert first.tokens.bot != second.tokens.bot


MANIFEST = """
features:
  slash_commands:
    - command: /countersign
      usage_hint: "help | status"
      should_escape: true
    - command: /cs
      usage_hint: help
oauth_config:
  scopes:
    bot:
      - commands # the root command
      - chat:write
settings:
  event_subscriptions:
    bot_events:
      - app_mention
  interactivity:
    is_enabled: true
"""


def test_scopes_events_and_commands_come_from_the_manifest(tmp_path: Path) -> None:
    path = tmp_path / "manifest.yml"
    path.write_text(MANIFEST, encoding="utf-8")
    manifest = read_manifest(path)
    assert manifest.scopes == ("commands", "chat:write")
    assert manifest.events == ("app_mention",)
    assert [(c.command, c.usage_hint, c.should_escape) for c in manifest.commands] == [
        ("/countersign", "help | status", True),
        ("/cs", "help", False),
    ]
    assert read_manifest(tmp_path / "nothing.yml").scopes == DEFAULT_SCOPES


def test_the_shortcuts_of_both_ways_to_write_the_manifest_are_the_same() -> None:
    offered = read_manifest(ROOT / "manifest.yml").shortcuts
    names = ["Request a model change", "My approvals", "Declare a model incident", "Add to incident timeline"]
    assert [each.name for each in offered] == names
    assert _shortcuts(as_yaml(manifest_for("socket"))) == offered


async def test_the_clock_only_moves_forward_and_wakes_who_waits() -> None:
    clock = SandboxClock()
    waiting = asyncio.create_task(clock.wait_past(0.0, 5))
    await asyncio.sleep(0)
    clock.advance(10)
    assert await asyncio.wait_for(waiting, 1) == 10
    assert await clock.wait_past(10, 0.01) == 10
    with pytest.raises(ValueError, match="forward"):
        clock.advance(-1)
