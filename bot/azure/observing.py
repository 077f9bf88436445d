"""Telling an observer of each call to Azure: what kind it was, what came back, how long it took."""

import re
from time import perf_counter
from typing import Any

from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.core.rest import HttpRequest

from bot.ports.observer import AzureObserver, DateHeard

_KINDS = {
    name.lower(): name
    for name in (
        "accounts",
        "availabilityStatuses",
        "checkpoints",
        "deployments",
        "diagnosticSettings",
        "jobs",
        "locations",
        "metrics",
        "models",
        "operationResults",
        "operations",
        "operationsStatus",
        "pause",
        "permissions",
        "query",
        "raiPolicies",
        "resume",
        "roleAssignments",
        "roleDefinitions",
        "sign",
        "skus",
        "usages",
        "values",
    )
}
_PROVIDER = re.compile(r".*/providers/[^/]+/", re.IGNORECASE)
_STARTED = "countersign_started"


class ObserverPolicy(SansIOHTTPPolicy[HttpRequest, Any]):
    """Measures what stands behind it in the pipeline; put it last, where each call is sent."""

    def __init__(self, observe: AzureObserver) -> None:
        self._observe = observe

    def on_request(self, request: PipelineRequest[HttpRequest]) -> None:
        """Start the watch."""
        request.context[_STARTED] = perf_counter()

    def on_response(
        self, request: PipelineRequest[HttpRequest], response: PipelineResponse[HttpRequest, Any]
    ) -> None:
        """Tell of an answer."""
        self._tell(request, str(response.http_response.status_code))

    def on_exception(self, request: PipelineRequest[HttpRequest]) -> None:
        """Tell of a call that was not answered."""
        self._tell(request, "none")

    def _tell(self, request: PipelineRequest[HttpRequest], status: str) -> None:
        seconds = perf_counter() - float(request.context[_STARTED])
        sent = request.http_request
        self._observe(operation_of(sent.method, sent.url), status, seconds)


class DatePolicy(SansIOHTTPPolicy[HttpRequest, Any]):
    """Tells what time it is where an answer comes from."""

    def __init__(self, hear: DateHeard) -> None:
        self._hear = hear

    def on_response(
        self, request: PipelineRequest[HttpRequest], response: PipelineResponse[HttpRequest, Any]
    ) -> None:
        """Tell of an answer's Date."""
        self._hear("azure", response.http_response.headers.get("Date", ""))


def operation_of(method: str, url: str) -> str:
    """Return the kind of a call, such as `get deployments`; it holds no name of anything."""
    path = re.sub(r"^https?://[^/]*|[?#].*$", "", url)
    if _PROVIDER.match(path):
        types = _PROVIDER.sub("", path, count=1).strip("/").split("/")[::2]
    else:
        types = path.split("/")[-1:]
    return f"{method.lower()} {_KINDS.get(types[-1].lower(), 'other')}"
