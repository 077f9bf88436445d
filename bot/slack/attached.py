"""Files of a message: read from Slack's own hosts alone, only to take their digest; no byte of them is kept."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.redaction import redact
from bot.ports.channels import Attached
from bot.slack.client import DEADLINE_SECONDS, is_slack_url, upload_hosts

MOST_FILES = 10
MOST_BYTES = 20_000_000
_CHUNK = 65_536


async def attached_files(client: AsyncWebClient, files: Sequence[Mapping[str, Any]]) -> tuple[Attached, ...]:
    """Return the first ten files of a message; one that cannot be read whole has no digest."""
    return tuple([await _attached(client, file) for file in files[:MOST_FILES]])


async def _attached(client: AsyncWebClient, file: Mapping[str, Any]) -> Attached:
    name, said = redact(str(file.get("name") or file.get("title") or "file")), file.get("size")
    size = said if isinstance(said, int) else 0
    url = file.get("url_private_download") or file.get("url_private")
    if not isinstance(url, str) or not 0 < size <= MOST_BYTES:
        return Attached(name, size)
    if file.get("is_external") or not is_slack_url(url, upload_hosts(client.base_url)):
        return Attached(name, size)  # the token goes to nobody but Slack
    try:
        return Attached(name, size, await _digest(client, url, size))
    except (aiohttp.ClientError, TimeoutError, OSError):
        return Attached(name, size)


async def _digest(client: AsyncWebClient, url: str, size: int) -> str:
    """Return the SHA-256 of a file in hex; empty when other than its bytes came: a sign-in page, or half of it."""
    if client.session is None:
        return ""
    found, read = sha256(), 0
    async with client.session.get(
        url,
        headers={"Authorization": f"Bearer {client.token}"},
        allow_redirects=False,
        timeout=aiohttp.ClientTimeout(total=3 * DEADLINE_SECONDS),
        proxy=client.proxy,
    ) as answer:
        if answer.status != 200:
            return ""
        async for chunk in answer.content.iter_chunked(_CHUNK):
            read += len(chunk)
            if read > size:
                return ""
            found.update(chunk)
    return found.hexdigest() if read == size else ""
