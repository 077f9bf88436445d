"""GETs of the control plane as raw JSON: retried within a deadline, paged to the end, failures in words."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from copy import copy
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Generic, TypeVar
from urllib.parse import quote, urlencode

from azure.core import AsyncPipelineClient
from azure.core.exceptions import AzureError, ClientAuthenticationError
from azure.core.rest import AsyncHttpResponse, HttpRequest

from bot.azure.errors import AzureRefusedError, signed_out
from bot.azure.limits import Limits
from bot.azure.parse import parsed
from bot.azure.replies import Reply, items_of, parse_json, read_body
from bot.azure.sharing import NEVER, Sharing
from bot.azure.withheld import withheld
from bot.domain.errors import AzureUnavailableError
from bot.domain.json import Json
from bot.domain.meter import Meter

DEADLINE_SECONDS = 5.0
_ATTEMPTS = 3
_FIRST_PAUSE_SECONDS = 0.2
_MAX_PAGES = 100
_BUSY = frozenset({408, 429, 500, 502, 503, 504})


Raw = Mapping[str, Json]
Send = Callable[[], Awaitable[Reply | None]]
A = TypeVar("A", Raw, list[Raw])
T = TypeVar("T")


@dataclass(frozen=True)
class _Found(Generic[T]):
    """What is shared of a read: what was made of it, and how many values of each class went no further."""

    value: T
    withheld: Mapping[str, int]


class Fetch:
    """Reads over the reader's pipeline. With `sharing`, one call serves all who ask the same while it runs."""

    def __init__(
        self,
        client: AsyncPipelineClient[Any, Any],
        origin: str,
        *,
        deadline: float = DEADLINE_SECONDS,
        sharing: Sharing | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._client = client
        self._origin = origin.rstrip("/")
        self._deadline = deadline
        self._sharing = sharing
        self._limits = limits or Limits()
        self._meter = Meter()

    def metered(self, meter: Meter) -> "Fetch":
        """Return the same reads, counted by this meter."""
        return self._with(_meter=meter)

    def at(self, origin: str) -> "Fetch":
        """Return the same reads at another origin; the pipeline decides whether anything goes there."""
        return self._with(_origin=origin.rstrip("/"))

    async def one(
        self,
        path: str,
        query: Mapping[str, str],
        read: Callable[[Raw], T],
        *,
        what: str,
        keep: timedelta = NEVER,
    ) -> T:
        """Return what `read` makes of the object at a path, at most `keep` old. `what` names it for a person.

        Raises:
            NotFoundError: there is none. AzureUnavailableError: Azure did not answer, or not in time.
        """
        url = self._url(path, query)

        async def get() -> Raw:
            return read_body(await self.look(url), what)

        return await self._shared(f"{url} {what}", keep, get, partial(_read, read, what))

    async def pages(
        self,
        path: str,
        query: Mapping[str, str],
        read: Callable[[Raw], T],
        *,
        what: str,
        keep: timedelta = NEVER,
    ) -> list[T]:
        """Return what `read` makes of every item of a list, all pages read within one deadline.

        Raises:
            NotFoundError: there is none. AzureUnavailableError: Azure did not answer, or not in time.
        """
        url = self._url(path, query)
        each = partial(_read_each, read, what)
        return list(await self._shared(f"{url} {what}", keep, partial(self._pages, url, what), each))

    async def ask(self, url: str, key: str, send: Send, *, what: str, keep: timedelta) -> Raw:
        """Return what another kind of read answers; `key` tells what is asked of the URL.

        Raises:
            NotFoundError, AzureUnavailableError: as the others.
        """

        async def get() -> Raw:
            async with _within(self._deadline) as timeout:
                return read_body(await self._tried(url, send, timeout), what)

        return await self._shared(f"{url} {key}", keep, get, as_is)

    async def look(self, url: str) -> Reply:
        """Return what a full URL answers now, whatever the status, within the deadline.

        Raises:
            AzureUnavailableError: nothing came, or only "busy".
        """
        async with _within(self._deadline) as timeout:
            return await self._tried(url, lambda: self._once(url), timeout)

    def _with(self, **changed: object) -> "Fetch":
        other = copy(self)
        other.__dict__.update(changed)
        return other

    async def _shared(
        self, key: str, keep: timedelta, get: Callable[[], Awaitable[A]], read: Callable[[A], T]
    ) -> T:
        async def make() -> _Found[T]:
            answer = await get()
            return _Found(read(answer), withheld(answer))

        found = await make() if self._sharing is None else await self._sharing.get(key, keep, make)
        self._meter.hold_back(found.withheld)
        self._meter.note(self._limits.remaining(key))
        return found.value

    async def _pages(self, first: str, what: str) -> list[Raw]:
        items: list[Raw] = []
        url: Json = first
        seen: set[str] = set()
        async with _within(self._deadline) as timeout:
            while isinstance(url, str) and url:
                if url in seen or len(seen) == _MAX_PAGES:
                    raise AzureRefusedError(f"Azure's pages of {what} do not end.")
                seen.add(url)
                send = partial(self._once, url)
                body = read_body(await self._tried(url, send, timeout), what)
                items.extend(items_of(body))
                url = body.get("nextLink")
        return items

    def _url(self, path: str, query: Mapping[str, str]) -> str:
        return f"{self._origin}{quote(path)}?{urlencode(query, quote_via=quote)}".rstrip("?")

    async def _tried(self, url: str, send: Send, timeout: asyncio.Timeout) -> Reply:
        pause = _FIRST_PAUSE_SECONDS
        for attempt in range(1, _ATTEMPTS + 1):
            async with self._limits.turn(url):
                reply = await send()
            if reply is not None:
                self._limits.heard(url, reply.headers)
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
            raise signed_out() from None
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


def as_is(raw: Raw) -> Raw:
    """Return an answer as it is, for one who reads it further."""
    return raw


def _read(read: Callable[[Raw], T], what: str, raw: Raw) -> T:
    return parsed(lambda: read(raw), what)


def _read_each(read: Callable[[Raw], T], what: str, found: list[Raw]) -> list[T]:
    return parsed(lambda: [read(raw) for raw in found], what)
