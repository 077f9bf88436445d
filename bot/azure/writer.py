"""The executor's hands: an approved operation is sent exactly once, then looked after until it has ended."""

import json
from collections.abc import Mapping
from functools import partial

from azure.core.credentials import TokenCredential

from bot.azure import parse
from bot.azure.endpoints import Endpoints
from bot.azure.fetch import Fetch, as_is
from bot.azure.operations import progress, sent
from bot.azure.reader import API_VERSION, arm_path
from bot.azure.sending import send_once
from bot.azure.threads import in_thread
from bot.domain.errors import AzureUnavailableError, NotAppliedError, NotFoundError
from bot.domain.json import Json
from bot.domain.operation import CHANGE_TAG, Operation
from bot.domain.redaction import REDACTED
from bot.ports.azure import Progress, Sent
from bot.ports.observer import AzureObserver, unobserved


class ArmWriter:
    """Writes to Microsoft.CognitiveServices deployments; implements `bot.ports.azure.AzureWriter`."""

    def __init__(
        self,
        endpoints: Endpoints,
        credential: TokenCredential,
        fetch: Fetch,
        observe: AzureObserver = unobserved,
    ) -> None:
        self._endpoints = endpoints
        self._credential = credential
        self._fetch = fetch
        self._observe = observe

    async def send(self, operation: Operation, *, change: str, correlation: str) -> Sent:
        """Send one operation with our tag, once.

        Raises:
            NotAppliedError: Azure answered 4xx, or nothing was sent: nothing was changed.
            DoubtError: timeout, reset or 5xx: it may or may not have been applied.
        """
        body = await self._tagged(operation, change)
        call = partial(
            send_once,
            operation,
            body,
            correlation,
            endpoints=self._endpoints,
            credential=self._credential,
            observe=self._observe,
        )
        answer = await in_thread(call)
        return sent(answer, operation, self._endpoints.arm_url, correlation)

    async def poll(self, operation: Mapping[str, Json]) -> Progress:
        """Return how a long-running operation stands, by GET, on the pinned host only.

        Raises:
            AzureUnavailableError: Azure did not answer, or the address leads to another host.
        """
        url, resource = str(operation["url"]), str(operation["final"])
        reply = await self._fetch.look(url)
        if reply.status == 404 and url != resource:
            url, reply = resource, await self._fetch.look(resource)
        return progress(reply, resource=url == resource, deleting=operation.get("method") == "DELETE")

    async def _tagged(self, operation: Operation, change: str) -> bytes:
        if operation.verb not in ("PATCH", "PUT"):
            return b""
        tags = operation.body.get("tags")
        kept = tags if isinstance(tags, Mapping) else {}
        if operation.verb == "PATCH" and not isinstance(tags, Mapping):
            kept = await self._live_tags(operation)
        elif any(REDACTED in f"{name}{value}" for name, value in kept.items()):
            kept = _restored(kept, await self._live_tags(operation))
        body = {**operation.body, "tags": {**kept, CHANGE_TAG: change}}
        return json.dumps(body, sort_keys=True).encode()

    async def _live_tags(self, operation: Operation) -> Mapping[str, Json]:
        """Return the tags of now: a PATCH replaces the whole set, and ours must not cost the others."""
        query = {"api-version": API_VERSION}
        try:
            live = await self._fetch.one(
                arm_path(operation.arm_id), query, as_is, what="the deployment to be changed"
            )
        except (AzureUnavailableError, NotFoundError) as error:
            raise NotAppliedError(
                f"Nothing was sent. {error}",
                code="NotSent",
                advice=error.advice,
                retryable_conflict=error.retryable,
            ) from None
        tags = live.get("tags")
        return tags if isinstance(tags, Mapping) else {}


def _restored(tags: Mapping[str, Json], live: Mapping[str, Json]) -> Mapping[str, Json]:
    """Return tags with what was held back put in again from those of now: a secret is kept by Azure, not by us.

    Raises:
        NotAppliedError: a tag that was held back is no longer there.
    """
    texts = {name: value for name, value in live.items() if isinstance(value, str)}
    known = {
        shown: (name, value)
        for name, value in texts.items()
        for shown in parse.tags({"tags": {name: value}}).items()
    }
    restored: dict[str, Json] = {}
    for name, value in tags.items():
        is_held_back = REDACTED in f"{name}{value}"
        if is_held_back and (name, str(value)) not in known:
            raise NotAppliedError(
                "Nothing was sent. A tag that looks like a secret has changed since.",
                code="NotSent",
                advice="Ask anew, on the tags of now; better, keep no secret in a tag.",
            )
        true_name, true_value = known[name, str(value)] if is_held_back else (name, value)
        restored[true_name] = true_value
    return restored
