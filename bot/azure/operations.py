"""Long-running operations: what to poll after a call was accepted, and what a poll says."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.azure.endpoints import is_within
from bot.azure.errors import AzureRefusedError, error_code
from bot.azure.parse import at, word
from bot.azure.reader import API_VERSION, arm_path
from bot.azure.replies import Reply
from bot.domain.json import Json
from bot.domain.operation import Operation
from bot.ports.azure import Progress, Sent

_RUNNING_SECONDS = 3.0
_LONGEST_SECONDS = 60.0
_FAILED = frozenset({"failed", "canceled", "cancelled"})
_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")


@dataclass(frozen=True)
class Answer:
    """What Azure answered to a call that changes something: status, body, headers with lower-case names."""

    status: int
    body: Json
    headers: Mapping[str, str]


def sent(answer: Answer, operation: Operation, origin: str, correlation: str) -> Sent:
    """Return what is known of an accepted call.

    The address Azure names for the operation is used only on the pinned host; else the resource is polled.
    """
    resource = f"{origin.rstrip('/')}{arm_path(operation.arm_id)}?api-version={API_VERSION}"
    named = answer.headers.get("azure-asyncoperation") or answer.headers.get("location") or ""
    url = named if is_within(named, origin) else resource
    poll: Mapping[str, Json] = {"url": url, "final": resource, "method": operation.verb}
    over = url == resource and answer.status != 202 and _state(answer.body) in ("", "succeeded")
    return Sent(_operation_id(url, resource, answer, correlation), None if over else poll)


def progress(reply: Reply, *, resource: bool, deleting: bool) -> Progress:
    """Return how an operation stands, by its own document or location, or by the resource itself.

    Raises:
        AzureRefusedError: the answer says neither.
    """
    wait = min(max(1.0, reply.retry_after or _RUNNING_SECONDS), _LONGEST_SECONDS)
    running = Progress(running=True, retry_after_seconds=wait)
    if reply.status == 202 or (reply.status == 200 and resource and deleting):
        return running
    if reply.status == 204 or (reply.status == 404 and deleting):
        return Progress(running=False)
    if reply.status == 404:
        return _failed("ResourceNotFound")
    if reply.status not in (200, 201):
        raise AzureRefusedError(f"Azure refused to say how the operation stands ({reply.status}).")
    state = _state(reply.body)
    if state in _FAILED:
        return _failed(error_code(reply.body) or state.capitalize())
    return Progress(running=False) if state in ("", "succeeded") else running


def _failed(code: str) -> Progress:
    return Progress(running=False, failed_code=code, failed_message=f"Azure could not do it ({code}).")


def _state(body: Json) -> str:
    if not isinstance(body, Mapping):
        return ""
    return (word(body, "status") or word(at(body, "properties"), "provisioningState")).lower()


def _operation_id(url: str, resource: str, answer: Answer, correlation: str) -> str:
    named = "" if url == resource else url.partition("?")[0].rpartition("/")[2]
    for candidate in (named, answer.headers.get("x-ms-request-id", "")):
        if _ID.fullmatch(candidate):
            return candidate
    return correlation
