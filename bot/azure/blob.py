"""`azure_blob`: one checkpoint a line, appended to an append blob that nobody can overwrite before its time."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import format_datetime
from typing import Any

from azure.core import AsyncPipelineClient
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import AzureError
from azure.core.pipeline import PipelineRequest
from azure.core.pipeline.policies import (
    AsyncBearerTokenCredentialPolicy,
    SansIOHTTPPolicy,
    UserAgentPolicy,
)
from azure.core.pipeline.transport import AioHttpTransport
from azure.core.rest import HttpRequest

from bot.azure.endpoints import demand_blob_address, is_loopback
from bot.azure.errors import AzureRefusedError
from bot.azure.observing import ObserverPolicy
from bot.azure.pipeline import CONNECT_SECONDS, READ_SECONDS, LoopbackHttpPolicy
from bot.domain.anchoring import anchor_line, newest_line
from bot.domain.errors import AnchorContradictsError, AnchorUnavailableError
from bot.ports.anchors import OurLog, Published, Seen
from bot.ports.observer import AzureObserver, unobserved

STORAGE_SCOPE = "https://storage.azure.com/.default"
API_VERSION = "2023-11-03"
_TRIES = 3
_TAIL_BYTES = 256 * 1024
_MOST_BLOCKS = 50_000
_ERROR = re.compile(r"[A-Za-z]{1,80}")
_WORDS = {
    "BlobImmutableDueToPolicy": "its policy lets nothing be appended; it needs allowProtectedAppendWrites",
    "InvalidBlobType": "there is a blob of that name which is no append blob",
    "AuthorizationPermissionMismatch": "the identity may not write there; it needs Storage Blob Data Contributor",
    "AuthorizationFailure": "the storage account's firewall does not let this program in",
    "ContainerNotFound": "there is no such container",
}


@dataclass(frozen=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def code(self) -> str:
        code = self.headers.get("x-ms-error-code", "")
        return code if _ERROR.fullmatch(code) else str(self.status)


class BlobAnchor:
    """Append blobs `name`, `name.2`, … of at most 50,000 lines. Its ref is the address and the length."""

    kind = "azure_blob"

    def __init__(
        self, url: str, credential: AsyncTokenCredential, observe: AzureObserver = unobserved
    ) -> None:
        demand_blob_address(url)
        self._url = url
        policies = [
            _BlobPinPolicy(url),
            LoopbackHttpPolicy(),
            UserAgentPolicy("countersign"),
            AsyncBearerTokenCredentialPolicy(credential, STORAGE_SCOPE),
            ObserverPolicy(observe),
        ]
        transport = AioHttpTransport(
            connection_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            use_env_settings=not is_loopback(url),
        )
        self._client: AsyncPipelineClient[Any, Any] = AsyncPipelineClient(
            url, policies=policies, transport=transport
        )

    async def close(self) -> None:
        """Close the connection."""
        await self._client.close()

    async def publish(self, log: OurLog) -> Published:
        """Append the checkpoint where the blob ends; who else appended meanwhile makes it look again."""
        line = anchor_line(log.note, log.at).encode()
        for _ in range(_TRIES):
            url, length, blocks = await self._last_part(log)
            lost = self._shorter(log, url, length)
            if lost:
                raise _cut(lost)
            if blocks >= _MOST_BLOCKS:
                url, length = self._following(url), -1
            if length < 0:
                await self._created(url, log)
                length = 0
            at = {"x-ms-blob-condition-appendpos": str(length)}
            answer = await self._send("PUT", f"{url}?comp=appendblock", log, at, line)
            if answer.status == 201:
                return Published(f"{url}#{length + len(line)}")
            if answer.status != 412:
                raise _refused(answer)
        raise AnchorUnavailableError(
            "The blob was appended to by several at once.", advice="It is tried again."
        )

    async def newest(self, log: OurLog) -> Seen | None:
        """Return the newest checkpoint of this log in the newest blob."""
        url, length, _ = await self._last_part(log)
        lost = self._shorter(log, url, length)
        if length <= 0:
            return Seen(0, edited=lost) if lost else None
        first = max(0, length - _TAIL_BYTES)
        answer = await self._send("GET", url, log, {"x-ms-range": f"bytes={first}-{length - 1}"})
        if answer.status not in (200, 206):
            raise _refused(answer)
        text = answer.body.decode(errors="replace")
        lines = newest_line(text.partition("\n")[2] if first else text, log.origin)
        spoilt = "a line after the newest checkpoint cannot be read" if lines.unreadable else ""
        if not (lines.note or lost or spoilt):
            return None
        return Seen(lines.size, lines.note, unreadable=spoilt, edited=lost)

    async def _last_part(self, log: OurLog) -> tuple[str, int, int]:
        """Return the last blob that is there: address, length (-1: there is none) and blocks."""
        url, length, blocks = self._url, -1, 0
        following = url
        while True:
            answer = await self._send("HEAD", following, log)
            if answer.status == 404:
                return url, length, blocks
            if answer.status != 200:
                raise _refused(answer)
            if answer.headers.get("x-ms-blob-type") != "AppendBlob":
                raise _refused(_Answer(409, {"x-ms-error-code": "InvalidBlobType"}, b""))
            url, length = following, int(answer.headers.get("content-length", "0"))
            blocks = int(answer.headers.get("x-ms-blob-committed-block-count", "0"))
            following = self._following(url)

    def _shorter(self, log: OurLog, url: str, length: int) -> str:
        """Return how much of what was anchored is missing; where the address was changed, nobody can say."""
        before_url, _, before = log.ref.rpartition("#")
        if not before.isdigit() or not before_url.startswith(self._url) or len(before_url) < len(url):
            return ""
        if before_url == url and length >= int(before):
            return ""
        return f"the blob had {before} bytes and has {max(length, 0)}"

    def _following(self, url: str) -> str:
        number = url.removeprefix(self._url).lstrip(".")
        return f"{self._url}.{int(number or 1) + 1}"

    async def _created(self, url: str, log: OurLog) -> None:
        only_new = {"x-ms-blob-type": "AppendBlob", "If-None-Match": "*"}
        answer = await self._send("PUT", url, log, only_new, b"")
        if answer.status != 201 and answer.code != "BlobAlreadyExists":
            raise _refused(answer)

    async def _send(
        self,
        method: str,
        url: str,
        log: OurLog,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> _Answer:
        date = format_datetime(log.at, usegmt=True)
        sent = {"x-ms-version": API_VERSION, "x-ms-date": date, **(headers or {})}
        if body is not None:
            sent["Content-Length"] = str(len(body))
        try:
            answer = await self._client.send_request(HttpRequest(method, url, headers=sent, content=body))
        except AzureRefusedError as error:
            raise AnchorUnavailableError(f"{error}", advice=error.advice) from None
        except AzureError as error:
            raise AnchorUnavailableError(
                f"Azure Storage did not answer ({type(error).__name__}).",
                advice="Check [anchors.azure_blob] url, COUNTERSIGN_AZURE_IDENTITY and the network.",
            ) from error
        found = {name.lower(): value for name, value in answer.headers.items()}
        return _Answer(answer.status_code, found, answer.content)


class _BlobPinPolicy(SansIOHTTPPolicy[HttpRequest, Any]):
    """Lets HEAD, GET and PUT to the one blob and its following parts through, and nothing else."""

    def __init__(self, url: str) -> None:
        part = re.escape(url) + r"(?:\.[1-9][0-9]{0,4})?"
        self._allowed = re.compile(rf"(?:HEAD|GET|PUT) {part}|PUT {part}\?comp=appendblock")

    def on_request(self, request: PipelineRequest[HttpRequest]) -> None:
        """Refuse any other request, before a token is even asked for."""
        sent = request.http_request
        if not self._allowed.fullmatch(f"{sent.method} {sent.url}"):
            raise AzureRefusedError(
                "The anchor sends only to its own blob.", advice="Report this: it is a bug."
            )


def _cut(lost: str) -> AnchorContradictsError:
    advice = "Somebody replaced it: look into the container's policy and logs, and name another blob."
    return AnchorContradictsError(lost, code="A5", advice=advice)


def _refused(answer: _Answer) -> AnchorUnavailableError:
    why = _WORDS.get(answer.code, "it said no more than that")
    return AnchorUnavailableError(
        f"Azure Storage refused ({answer.code}): {why}.",
        advice="docs/anchors.md says how the container is made.",
    )
