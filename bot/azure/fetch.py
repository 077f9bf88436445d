"""GETs of the control plane as raw JSON: retried within a deadline, paged to the end, failures in words."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from azure.core import AsyncPipelineClient
from azure.core.exceptions import AzureError, ClientAuthenticationError
from azure.core.rest import AsyncHttpResponse, HttpRequest

from bot.azure.errors import AzureRefusedError, error_code
from bot.domain.errors import AzureUnavailableError, NotFoundError
from bot.domain.json import Json

DEADLINE_SECONDS = 5.0
_ATTEMPTS = 3
_FIRST_PAUSE_SECONDS = 0.2
_MAX_PAGES = 100
_BUSY = frozenset({408, 429, 500, 502, 503, 504})


@dataclass(frozen=True)
class Reply:
    """What a GET said: status, body (None when it is no JSON) and headers with lower-case names."""

    status: int
    body: Json
    headers: Mapping[str, str]

    @property
    def retry_after(self) -> float | None:
        """Return the seconds Azure asks to wait, None when it does not ask."""
        text = self.headers.get("retry-after", "").strip()
        return float(text) if text.isascii() and text.isdigit() else None


class Fetch:
    """Reads by GET over the reader's pipeline."""

    def __init__(
        self, client: AsyncPipelineClient[Any, Any], origin: str, *, deadline: float = DEADLINE_SECONDS
    ) -> None:
        self._client = client
        self._origin = origin.rstrip("/")
        self._deadline = deadline

    async def one(self, path: str, query: Mapping[str, str], *, what: str) -> Mapping[str, Json]:
        """Return the object at an ARM path. `what` names it for a person: `the deployment x`.

        Raises:
            NotFoundError: there is none. AzureUnavailableError: Azure did not answer, or not in time.
        """
        reply = await self.look(self._url(path, query))
        return _body(reply, what)

    async def pages(self, path: str, query: Mapping[str, str], *, what: str) -> list[Mapping[str, Json]]:
        """Return every item of a list, all pages read within one deadline.

        Raises:
            NotFoundError: there is none. AzureUnavailableError: Azure did not answer, or not in time.
        """
        items: list[Mapping[str, Json]] = []
        url: Json = self._url(path, query)
        seen: set[str] = set()
        async with _within(self._deadline) as timeout:
            while isinstance(url, str) and url:
                if url in seen or len(seen) == _MAX_PAGES:
                    raise AzureRefusedError(f"Azure's pages of {what} do not end.")
                seen.add(url)
                body = _body(await self._get(url, timeout), what)
                items.extend(_items(body))
                url = body.get("nextLink")
        return items

    async def look(self, url: str) -> Reply:
        """Return what a full URL answers, whatever the status, within the deadline.

        Raises:
            AzureUnavailableError: nothing came, or only "busy".
        """
        async with _within(self._deadline) as timeout:
            return await self._get(url, timeout)

    def _url(self, path: str, query: Mapping[str, str]) -> str:
        return f"{self._origin}{quote(path)}?{urlencode(query, quote_via=quote)}"

    async def _get(self, url: str, timeout: asyncio.Timeout) -> Reply:
        pause = _FIRST_PAUSE_SECONDS
        for attempt in range(1, _ATTEMPTS + 1):
            reply = await self._once(url)
            if reply is not None and reply.status not in _BUSY:
                return reply
            if attempt == _ATTEMPTS:
                break
            wait = pause if reply is None or reply.retry_after is None else reply.retry_after
            if asyncio.get_running_loop().time() + wait >= (timeout.when() or 0):
                raise AzureUnavailableError(
                    f"Azure is busy and asks to wait {wait:g} s.", advice="Try again then."
                )
            await asyncio.sleep(wait)
            pause *= 3
        raise AzureUnavailableError("Azure did not answer, three times.", advice="Try again in a minute.")

    async def _once(self, url: str) -> Reply | None:
        try:
            response: AsyncHttpResponse = await self._client.send_request(HttpRequest("GET", url))
        except ClientAuthenticationError:
            raise AzureUnavailableError(
                "The app could not sign in to Azure.",
                advice="Check COUNTERSIGN_AZURE_IDENTITY, its client id, and that this host has it.",
            ) from None
        except AzureError:
            return None
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Reply(response.status_code, parse_json(response.content), headers)


@asynccontextmanager
async def _within(seconds: float) -> AsyncIterator[asyncio.Timeout]:
    try:
        async with asyncio.timeout(seconds) as timeout:
            yield timeout
    except TimeoutError:
        raise AzureUnavailableError(
            f"Azure did not answer within {seconds:g} s.", advice="Try again in a minute."
        ) from None


def parse_json(content: bytes) -> Json:
    """Return the JSON of a body, None when it is none."""
    try:
        value: Json = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return value


def _body(reply: Reply, what: str) -> Mapping[str, Json]:
    if reply.status == 200 and isinstance(reply.body, Mapping):
        return reply.body
    code = error_code(reply.body)
    if reply.status == 404:
        raise NotFoundError(
            f"Azure does not know {what}.", advice="Check the name, and that the identity may see it."
        )
    if reply.status in (401, 403):
        raise AzureRefusedError(
            f"The identity may not read {what} ({code or reply.status}).",
            advice="Give it the reader role on the account, and the usages role on the subscription.",
        )
    raise AzureRefusedError(f"Azure refused to show {what} ({code or reply.status}).")


def _items(body: Mapping[str, Json]) -> list[Mapping[str, Json]]:
    value = body.get("value")
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []
