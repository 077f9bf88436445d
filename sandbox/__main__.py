"""`python -m sandbox`: simulated Slack and simulated Azure on one computer, with one clock."""

import argparse
import asyncio
import ipaddress
import json
import os
import re
import secrets
import signal
import ssl
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import web

from sandbox.azure.alerts import Webhook
from sandbox.azure.server import azure_app
from sandbox.clock import SandboxClock, clock_routes
from sandbox.slack.manifest import read_manifest
from sandbox.slack.server import SlackSettings, simulated_slack
from sandbox.slack.web_api import Tokens

RATE_SCALES = {"off": 0.0, "strict": 1.0, "generous": 4.0}
SHUTDOWN_SECONDS = 1.0


def parser() -> argparse.ArgumentParser:
    """The command line."""
    line = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    line.add_argument(
        "--events-url", required=True, help="where the app listens, e.g. http://127.0.0.1:3000/slack/events"
    )
    line.add_argument("--slack-port", type=int, default=0)
    line.add_argument("--azure-port", type=int, default=0)
    line.add_argument("--transport", choices=("http", "socket"), default="http")
    line.add_argument("--host", default="127.0.0.1")
    line.add_argument("--rate-limits", choices=tuple(RATE_SCALES), default="generous")
    line.add_argument("--no-rate-limits", dest="rate_limits", action="store_const", const="off")
    line.add_argument(
        "--azure-tls", nargs=2, type=Path, metavar=("CERT", "KEY"), help="serve the simulated Azure by TLS"
    )
    line.add_argument(
        "--alerts-url", help="where Azure Monitor sends alerts, e.g. http://127.0.0.1:3000/alerts"
    )
    line.add_argument("--manifest", type=Path, default=Path("manifest.yml"))
    line.add_argument("--until-stdin-closes", action="store_true")
    return line


def is_loopback(host: str) -> bool:
    """Whether this host name means this computer only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def tokens_from(environment: Mapping[str, str]) -> Tokens:
    """The workspace's tokens, random where missing; anything that looks real is refused."""
    bot = environment.get("SANDBOX_BOT_TOKEN") or f"xoxb-sandbox-{secrets.token_hex(16)}"
    app = environment.get("SANDBOX_APP_TOKEN") or f"xapp-sandbox-{secrets.token_hex(16)}"
    for token, prefix in ((bot, "xoxb-sandbox-"), (app, "xapp-sandbox-")):
        if not token.startswith(prefix):
            raise ValueError(f"the sandbox takes no real tokens: this one must start with {prefix}")
    return Tokens(bot, app)


def looks_real(environment: Mapping[str, str]) -> list[str]:
    """Names of variables that hold what looks like a token of a real workspace."""
    real = re.compile(r"\s*(xox[a-z]-\d|xapp-\d)")
    return sorted(name for name, value in environment.items() if real.match(value))


def settings_from(arguments: argparse.Namespace, environment: Mapping[str, str]) -> SlackSettings:
    """Settings of the simulated Slack, or a ValueError that says what to change."""
    urls = [url for url in (arguments.events_url, arguments.alerts_url) if url]
    for host in (arguments.host, *(urlsplit(url).hostname or "" for url in urls)):
        if not is_loopback(host):
            raise ValueError(f"the sandbox stays on this computer: {host!r} is not a loopback address")
    real = looks_real(environment)
    if real:
        raise ValueError(f"the environment holds a token that looks real: unset {', '.join(real)}")
    return SlackSettings(
        events_url=arguments.events_url,
        signing_secret=environment.get("SANDBOX_SIGNING_SECRET") or secrets.token_hex(16),
        tokens=tokens_from(environment),
        transport=arguments.transport,
        rate_scale=RATE_SCALES[arguments.rate_limits],
        manifest=read_manifest(arguments.manifest),
    )


def webhook_from(arguments: argparse.Namespace, environment: Mapping[str, str]) -> Webhook | None:
    """Where the simulated Azure Monitor sends its alerts; none where no address was given."""
    if not arguments.alerts_url:
        return None
    return Webhook(arguments.alerts_url, environment.get("SANDBOX_ALERT_SECRET", ""))


def tls_of(files: Sequence[Path] | None) -> ssl.SSLContext | None:
    """What serves TLS with this certificate and key; none where none were given."""
    if not files:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate, key = files
    context.load_cert_chain(certificate, key)
    return context


async def _serve(
    app: web.Application, host: str, port: int, tls: ssl.SSLContext | None = None
) -> tuple[web.AppRunner, str]:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS, handler_cancellation=True)
    await runner.setup()
    site = web.TCPSite(runner, host, port, ssl_context=tls)
    await site.start()
    bound = runner.addresses[0][1]
    return runner, f"{'https' if tls else 'http'}://{f'[{host}]' if ':' in host else host}:{bound}"


def _stop_when_stdin_closes(stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()

    def read() -> None:
        if not os.read(sys.stdin.fileno(), 4096):
            loop.remove_reader(sys.stdin.fileno())
            stop.set()

    try:
        loop.add_reader(sys.stdin.fileno(), read)
    except (OSError, ValueError):
        stop.set()


async def run(arguments: argparse.Namespace, settings: SlackSettings) -> None:
    """Serve both simulators until told to stop."""
    clock = SandboxClock()
    slack = simulated_slack(clock, settings)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    azure = azure_app(clock, webhook_from(arguments, os.environ))
    if not any(resource.canonical == "/clock" for resource in azure.router.resources()):
        azure.add_routes(clock_routes(clock))
    azure_runner, azure_url = await _serve(
        azure, arguments.host, arguments.azure_port, tls_of(arguments.azure_tls)
    )
    slack_runner, slack_url = await _serve(slack.app, arguments.host, arguments.slack_port)
    slack.world.base_url, slack.world.azure_url = slack_url, azure_url
    print(json.dumps({"slack": slack_url, "azure": azure_url}), flush=True)
    if arguments.until_stdin_closes:
        _stop_when_stdin_closes(stop)
    await stop.wait()
    await slack_runner.cleanup()
    await azure_runner.cleanup()


def main() -> int:
    """Read the command line and the environment, then serve."""
    arguments = parser().parse_args()
    try:
        settings = settings_from(arguments, os.environ)
    except ValueError as problem:
        print(f"sandbox: {problem}", file=sys.stderr)
        return 2
    asyncio.run(run(arguments, settings))
    return 0


if __name__ == "__main__":
    sys.exit(main())
