"""The simulated Azure Storage: append blobs in containers with a locked policy, as an audit anchor uses them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from aiohttp import web

from sandbox.azure.identity import identity_of
from sandbox.azure.names import READER_TOKEN

PREFIX = "/blob"
MOST_BLOCKS = 50_000
MOST_BLOCK_BYTES = 4 * 1024 * 1024
_RANGE = re.compile(r"bytes=(\d+)-(\d*)")
_MESSAGES = {
    "NoAuthenticationInformation": (401, "Server failed to authenticate the request."),
    "InvalidAuthenticationInfo": (401, "Server failed to authenticate the request."),
    "AuthorizationPermissionMismatch": (403, "This request is not authorized to perform this operation."),
    "ContainerNotFound": (404, "The specified container does not exist."),
    "BlobNotFound": (404, "The specified blob does not exist."),
    "BlobAlreadyExists": (409, "The specified blob already exists."),
    "BlobImmutableDueToPolicy": (
        409,
        "This operation is not permitted as the blob is immutable due to a policy.",
    ),
    "InvalidBlobType": (409, "The blob type is invalid for this operation."),
    "BlockCountExceedsLimit": (
        409,
        "The committed block count cannot exceed the maximum limit of 50,000 blocks.",
    ),
    "AppendPositionConditionNotMet": (412, "The append position condition specified was not met."),
    "RequestBodyTooLarge": (413, "The request body is too large and exceeds the maximum permissible limit."),
    "InvalidRange": (416, "The range specified is invalid for the current size of the resource."),
    "MissingRequiredHeader": (400, "An HTTP header that's mandatory for this request is not specified."),
    "UnsupportedHttpVerb": (405, "The resource doesn't support specified Http Verb."),
}


class BlobError(Exception):
    """A refusal by its code."""


@dataclass
class Blob:
    """One blob; an append blob counts its blocks."""

    kind: str = "AppendBlob"
    content: bytes = b""
    blocks: int = 0


@dataclass
class Container:
    """One container: `locked` is a time-based policy, `appends` its allowProtectedAppendWrites."""

    locked: bool = True
    appends: bool = True
    blobs: dict[str, Blob] = field(default_factory=dict)


@dataclass
class Storage:
    """Every container, by `account/name`, and who may write: the reader's identity holds the data role.

    `before_append` happens once, right before the next append, as by somebody else. `refused`: codes given.
    """

    containers: dict[str, Container] = field(default_factory=lambda: {"contosoaudit/anchors": Container()})
    writers: set[str] = field(default_factory=lambda: {READER_TOKEN})
    before_append: Callable[[], None] | None = None
    refused: list[str] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one request of the Blob service."""
        body = await request.read()
        try:
            return self._answer(request, body)
        except BlobError as error:
            self.refused.append(str(error))
            return _failed(str(error), head=request.method == "HEAD")

    def _answer(self, request: web.Request, body: bytes) -> web.Response:
        self._demand_writer(request)
        place = f"{request.match_info['account']}/{request.match_info['container']}"
        container = self.containers.get(place)
        if container is None:
            raise BlobError("ContainerNotFound")
        name = request.match_info["name"]
        comp = request.query.get("comp", "")
        match (request.method, comp):
            case ("PUT", "appendblock"):
                happens, self.before_append = self.before_append, None
                if happens is not None:
                    happens()
                return _append(container, name, request, body)
            case ("PUT", ""):
                return _put(container, name, request)
            case ("HEAD" | "GET", ""):
                return _read(container, name, request)
            case ("DELETE", ""):
                return _delete(container, name)
        raise BlobError("UnsupportedHttpVerb")

    def _demand_writer(self, request: web.Request) -> None:
        given = request.headers.get("Authorization", "")
        if not given.startswith("Bearer "):
            raise BlobError("NoAuthenticationInformation")
        if "x-ms-version" not in request.headers or "x-ms-date" not in request.headers:
            raise BlobError("MissingRequiredHeader")
        identity = identity_of(given.removeprefix("Bearer "))
        if not identity:
            raise BlobError("InvalidAuthenticationInfo")
        if identity not in self.writers:
            raise BlobError("AuthorizationPermissionMismatch")


def _put(container: Container, name: str, request: web.Request) -> web.Response:
    kind = request.headers.get("x-ms-blob-type", "")
    if not kind:
        raise BlobError("MissingRequiredHeader")
    if name in container.blobs:
        if request.headers.get("If-None-Match") == "*":
            raise BlobError("BlobAlreadyExists")
        if container.locked:
            raise BlobError("BlobImmutableDueToPolicy")
    container.blobs[name] = Blob(kind)
    return web.Response(status=201, headers=_headers(container.blobs[name]))


def _append(container: Container, name: str, request: web.Request, body: bytes) -> web.Response:
    blob = _blob(container, name)
    if blob.kind != "AppendBlob":
        raise BlobError("InvalidBlobType")
    if len(body) > MOST_BLOCK_BYTES:
        raise BlobError("RequestBodyTooLarge")
    if blob.blocks >= MOST_BLOCKS:
        raise BlobError("BlockCountExceedsLimit")
    if container.locked and not container.appends:
        raise BlobError("BlobImmutableDueToPolicy")
    wanted = request.headers.get("x-ms-blob-condition-appendpos")
    if wanted is not None and int(wanted) != len(blob.content):
        raise BlobError("AppendPositionConditionNotMet")
    offset = len(blob.content)
    blob.content += body
    blob.blocks += 1
    return web.Response(status=201, headers={**_headers(blob), "x-ms-blob-append-offset": str(offset)})


def _read(container: Container, name: str, request: web.Request) -> web.Response:
    blob = _blob(container, name)
    wanted = request.headers.get("x-ms-range", "")
    if request.method == "HEAD":
        return web.Response(headers={**_headers(blob), "Content-Length": str(len(blob.content))})
    if not wanted:
        return web.Response(body=blob.content, headers=_headers(blob))
    found = _RANGE.fullmatch(wanted)
    if found is None or int(found[1]) >= len(blob.content):
        raise BlobError("InvalidRange")
    last = int(found[2]) if found[2] else len(blob.content) - 1
    return web.Response(status=206, body=blob.content[int(found[1]) : last + 1], headers=_headers(blob))


def _delete(container: Container, name: str) -> web.Response:
    _blob(container, name)
    if container.locked:
        raise BlobError("BlobImmutableDueToPolicy")
    del container.blobs[name]
    return web.Response(status=202)


def _blob(container: Container, name: str) -> Blob:
    if name not in container.blobs:
        raise BlobError("BlobNotFound")
    return container.blobs[name]


def _headers(blob: Blob) -> dict[str, str]:
    counted = {"x-ms-blob-committed-block-count": str(blob.blocks)} if blob.kind == "AppendBlob" else {}
    return {"x-ms-blob-type": blob.kind, "ETag": f'"0x{len(blob.content):08X}"', **counted}


def _failed(code: str, *, head: bool) -> web.Response:
    status, message = _MESSAGES[code]
    said = f'<?xml version="1.0" encoding="utf-8"?><Error><Code>{code}</Code><Message>{message}</Message></Error>'
    body = b"" if head else said.encode()
    return web.Response(
        status=status, body=body, headers={"x-ms-error-code": code}, content_type="application/xml"
    )
