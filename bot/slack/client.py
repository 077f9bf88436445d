"""The connection to Slack's Web API: one session, one deadline, one place for its addresses."""

from ipaddress import ip_address
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.ports.observer import DateHeard, unheard

DEADLINE_SECONDS = 10
SLACK_HOST = "hooks.slack.com"
FILES_HOST = "files.slack.com"


def slack_client(token: str, api_url: str, hear: DateHeard = unheard) -> AsyncWebClient:
    """Return a client with its own session. Call it in a running loop; `close_client` closes it."""
    session = aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=DEADLINE_SECONDS), trace_configs=[_telling(hear)]
    )
    client = AsyncWebClient(token=token, base_url=api_url, timeout=DEADLINE_SECONDS, session=session)
    if is_loopback(urlsplit(api_url).hostname):
        client.proxy = None
    return client


def _telling(hear: DateHeard) -> aiohttp.TraceConfig:
    async def tell(_: object, __: object, ended: aiohttp.TraceRequestEndParams) -> None:
        hear("slack", ended.response.headers.get("Date", ""))

    trace = aiohttp.TraceConfig()
    trace.on_request_end.append(tell)
    return trace


def patient(client: AsyncWebClient) -> AsyncWebClient:
    """Return a twin, on the same session, that waits out one rate limit: for jobs, not for triggers."""
    twin = AsyncWebClient(
        token=client.token,
        base_url=client.base_url,
        timeout=client.timeout,
        session=client.session,
        retry_handlers=[*client.retry_handlers, AsyncRateLimitErrorRetryHandler(max_retry_count=1)],
    )
    twin.proxy = client.proxy
    return twin


async def close_client(client: AsyncWebClient) -> None:
    """Close the client's session."""
    if client.session is not None:
        await client.session.close()


def response_hosts(api_url: str) -> frozenset[str]:
    """Return the hosts a response_url may have: Slack's, or the loopback where Slack is simulated."""
    host = urlsplit(api_url).hostname
    return frozenset({host}) if host and is_loopback(host) else frozenset({SLACK_HOST})


def upload_hosts(api_url: str) -> frozenset[str]:
    """Return the hosts a file may be sent to: Slack's, or the loopback where Slack is simulated."""
    host = urlsplit(api_url).hostname
    return frozenset({host}) if host and is_loopback(host) else frozenset({FILES_HOST})


def is_loopback(host: str | None) -> bool:
    """Return whether a host is this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return False


def is_slack_url(url: str, hosts: frozenset[str]) -> bool:
    """Return whether an address that Slack gave may be called: a known host, over https (on loopback also http)."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    host = parts.hostname
    if host not in hosts or parts.username is not None or parts.password is not None:
        return False
    if is_loopback(host):
        return parts.scheme in ("http", "https")
    return parts.scheme == "https" and port in (None, 443)
