"""Our own pipelines: what may be sent, to whom, and how often. Nothing of the SDK's defaults is left in."""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from azure.core import AsyncPipelineClient
from azure.core.credentials import TokenCredential
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.pipeline import PipelineRequest
from azure.core.pipeline.policies import (
    AsyncBearerTokenCredentialPolicy,
    BearerTokenCredentialPolicy,
    RequestIdPolicy,
    RetryPolicy,
    SansIOHTTPPolicy,
    UserAgentPolicy,
)
from azure.core.pipeline.transport import AioHttpTransport, RequestsTransport
from azure.core.rest import HttpRequest
from azure.mgmt.core import ARMPipelineClient, AsyncARMPipelineClient
from azure.monitor.query.aio import LogsQueryClient

from bot.azure.credentials import scope
from bot.azure.endpoints import DATA_PLANE_HOST, Endpoints, is_loopback, is_within
from bot.azure.errors import AzureRefusedError
from bot.azure.observing import DatePolicy, ObserverPolicy
from bot.ports.observer import AzureObserver, DateHeard, unheard, unobserved

CONNECT_SECONDS = 3
READ_SECONDS = 8
WRITE_SECONDS = 30
_QUERIES = (re.compile(r"/v1/workspaces/[0-9a-fA-F-]{36}/query"),)
_JOBS = re.compile(
    r"(?:/dataplane/[A-Za-z0-9._-]+)?/openai/v1/fine_tuning/jobs(?:/[A-Za-z0-9_-]+/checkpoints)?"
)
DATA_PLANE_SCOPE = "https://cognitiveservices.azure.com/.default"
_Request = PipelineRequest[HttpRequest]


class ReadOnlyPolicy(SansIOHTTPPolicy[HttpRequest, Any]):
    """Stops everything that is not GET, HEAD or one of the named queries, before any byte leaves."""

    def on_request(self, request: _Request) -> None:
        """Refuse a request that could change something."""
        sent = request.http_request
        path = re.sub(r"^https?://[^/]*|\?.*$", "", sent.url)
        if sent.method in ("GET", "HEAD"):
            return
        if sent.method == "POST" and any(query.fullmatch(path) for query in _QUERIES):
            return
        raise AzureRefusedError(
            f"The reader does not send {sent.method}.", advice="Report this: it is a bug."
        )


class HostPinPolicy(SansIOHTTPPolicy[HttpRequest, Any]):
    """Stops every request to another host than the one we were told of, before a token is even asked for."""

    def __init__(self, origin: str) -> None:
        self._origin = origin

    def on_request(self, request: _Request) -> None:
        """Refuse an address outside the pinned origin, such as a `nextLink` that leads elsewhere."""
        if not is_within(request.http_request.url, self._origin):
            raise AzureRefusedError(
                "Azure's answer leads to another host, and the token does not go there.",
                advice="Nothing was sent. Check COUNTERSIGN_ARM_URL and who answers there.",
            )


class DataPlanePinPolicy(SansIOHTTPPolicy[HttpRequest, Any]):
    """Stops every request but those for fine-tuning jobs, to an Azure OpenAI host or the one we were told of."""

    def __init__(self, origin: str) -> None:
        self._origin = origin

    def on_request(self, request: _Request) -> None:
        """Refuse any other address, before a token is even asked for."""
        url = request.http_request.url
        parts = urlsplit(url)
        at_home = is_within(url, self._origin) if self._origin else _is_data_plane(url)
        if not at_home or not _JOBS.fullmatch(parts.path):
            raise AzureRefusedError(
                "That address is no account's list of training jobs, and the token does not go there.",
                advice="Nothing was sent. Check COUNTERSIGN_OPENAI_URL and the account's endpoint.",
            )


class LoopbackHttpPolicy(SansIOHTTPPolicy[HttpRequest, Any]):
    """Allows a token over plain http to this machine only."""

    def on_request(self, request: _Request) -> None:
        """Lift azure-core's demand for https where the host is this machine."""
        if is_loopback(request.http_request.url):
            request.context.options["enforce_https"] = False


class OneSendBearerPolicy(BearerTokenCredentialPolicy[HttpRequest, Any]):
    """Adds the token and never answers a challenge by sending again."""

    def on_challenge(self, request: Any, response: Any) -> bool:
        """Leave the refusal as it is."""
        return False


def reader_client(
    endpoints: Endpoints,
    credential: AsyncTokenCredential,
    observe: AzureObserver = unobserved,
    hear: DateHeard = unheard,
) -> AsyncARMPipelineClient[Any, Any]:
    """Return the asynchronous client of all reads of the control plane: it cannot change anything."""
    policies = _reading(HostPinPolicy(endpoints.arm_url), credential, scope(endpoints), observe)
    policies.append(DatePolicy(hear))
    return AsyncARMPipelineClient(endpoints.arm_url, policies=policies, transport=_transport(endpoints))


def data_client(
    endpoints: Endpoints, credential: AsyncTokenCredential, observe: AzureObserver = unobserved
) -> AsyncPipelineClient[Any, Any]:
    """Return the client of reads of training jobs."""
    policies = _reading(DataPlanePinPolicy(endpoints.data_url), credential, DATA_PLANE_SCOPE, observe)
    return AsyncPipelineClient(endpoints.data_url, policies=policies, transport=_transport(endpoints))


def logs_client(
    endpoints: Endpoints, credential: AsyncTokenCredential, observe: AzureObserver = unobserved
) -> LogsQueryClient:
    """Return the client of the one named query."""
    url = endpoints.query_url
    policies = _reading(HostPinPolicy(url), credential, f"{url.rstrip('/')}/.default", observe)
    return LogsQueryClient(credential, endpoint=url, policies=policies, transport=_transport(endpoints))


def _reading(
    pin: SansIOHTTPPolicy[HttpRequest, Any],
    credential: AsyncTokenCredential,
    for_what: str,
    observe: AzureObserver,
) -> list[Any]:
    return [
        pin,
        ReadOnlyPolicy(),
        LoopbackHttpPolicy(),
        RequestIdPolicy(),
        UserAgentPolicy("countersign"),
        AsyncBearerTokenCredentialPolicy(credential, for_what),
        ObserverPolicy(observe),
    ]


def _transport(endpoints: Endpoints) -> AioHttpTransport:
    return AioHttpTransport(
        connection_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        use_env_settings=not endpoints.are_loopback,
    )


def _is_data_plane(url: str) -> bool:
    host = re.match(r"https://([^/?#]*)/", url)
    return host is not None and DATA_PLANE_HOST.fullmatch(host[1]) is not None


def writer_policies(
    endpoints: Endpoints, credential: TokenCredential, observe: AzureObserver = unobserved
) -> list[object]:
    """Return the policies of the synchronous client of writes: pinned, and without retries."""
    return [
        HostPinPolicy(endpoints.arm_url),
        LoopbackHttpPolicy(),
        UserAgentPolicy("countersign"),
        RetryPolicy.no_retries(),
        OneSendBearerPolicy(credential, scope(endpoints)),
        ObserverPolicy(observe),
    ]


def writer_transport(endpoints: Endpoints) -> RequestsTransport:
    """Return the transport of writes: requests, which unlike aiohttp repeats nothing behind our back."""
    return RequestsTransport(
        connection_timeout=CONNECT_SECONDS,
        read_timeout=WRITE_SECONDS,
        use_env_settings=not endpoints.are_loopback,
    )


def action_client(
    endpoints: Endpoints, policies: Sequence[object], transport: RequestsTransport
) -> ARMPipelineClient[Any, Any]:
    """Return a client for the POST actions the SDK does not know, over the writer's transport."""
    return ARMPipelineClient(endpoints.arm_url, policies=policies, transport=transport)
