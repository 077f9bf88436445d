"""One call that changes something: synchronous, on its own connection, sent once, its answer told apart."""

import re
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from azure.core.credentials import TokenCredential
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.core.pipeline.transport import RequestsTransport
from azure.core.rest import HttpRequest
from azure.mgmt.cognitiveservices import CognitiveServicesManagementClient

from bot.azure.endpoints import Endpoints
from bot.azure.errors import AzureRefusedError, error_code
from bot.azure.operations import Answer
from bot.azure.pipeline import action_client, writer_policies, writer_transport
from bot.azure.reader import API_VERSION, arm_path
from bot.azure.replies import parse_json
from bot.domain.deployment import parse_arm_id
from bot.domain.errors import DoubtError, InvalidInputError, NotAppliedError
from bot.domain.operation import Operation
from bot.ports.observer import AzureObserver, unobserved

_ACTIONS = frozenset({"pause", "resume"})
_CORRELATION = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_DOUBT_ADVICE = "Read the deployment back before anything else; do not send it again."


def send_once(
    operation: Operation,
    body: bytes,
    correlation: str,
    *,
    endpoints: Endpoints,
    credential: TokenCredential,
    observe: AzureObserver = unobserved,
) -> Answer:
    """Return Azure's answer below 300 to the one call that was sent.

    Each call has its own connection: a pooled one that died would make an honest call end in doubt.

    Raises:
        NotAppliedError: Azure answered 4xx: nothing was changed.
        DoubtError: anything else went wrong: it may or may not have been applied.
        InvalidInputError: this is no operation on a deployment; nothing was sent.
    """
    call = _call(operation, body, correlation)
    transport = writer_transport(endpoints)
    policies = writer_policies(endpoints, credential, observe)
    try:
        with transport:
            if operation.verb == "POST":
                answer = _act(call, endpoints, policies, transport)
            else:
                answer = _write(call, _sdk(call, endpoints, credential, policies, transport))
    except ClientAuthenticationError as error:
        raise _not_signed_in(error) from None
    except HttpResponseError as error:
        raise _refusal(error.status_code or 0, _code(error)) from None
    except AzureRefusedError as error:
        raise NotAppliedError(f"Nothing was sent. {error}", code="NotSent", advice=error.advice) from None
    except DoubtError:
        raise
    except Exception as error:
        raise _doubt(f"The call broke while it was sent ({type(error).__name__})") from None
    if not 200 <= answer.status < 300:
        raise _refusal(answer.status, error_code(answer.body))
    return answer


@dataclass(frozen=True)
class _Call:
    operation: Operation
    subscription: str
    names: tuple[str, str, str]
    body: bytes
    headers: dict[str, str]


def _call(operation: Operation, body: bytes, correlation: str) -> _Call:
    if operation.verb == "POST" and operation.action not in _ACTIONS:
        raise InvalidInputError(f"{operation.action!r} is not an action on a deployment.")
    if not _CORRELATION.fullmatch(correlation):
        raise InvalidInputError("The correlation id cannot be a header.")
    subscription, group, account, deployment = parse_arm_id(operation.arm_id)
    headers = {"x-ms-client-request-id": correlation}
    return _Call(operation, subscription, (group, account, deployment), body, headers)


def _sdk(
    call: _Call,
    endpoints: Endpoints,
    credential: TokenCredential,
    policies: list[object],
    transport: RequestsTransport,
) -> CognitiveServicesManagementClient:
    return CognitiveServicesManagementClient(
        credential,
        call.subscription,
        base_url=endpoints.arm_url,
        api_version=API_VERSION,
        policies=policies,
        transport=transport,
    )


def _write(call: _Call, sdk: CognitiveServicesManagementClient) -> Answer:
    options: dict[str, Any] = {"polling": False, "cls": _raw, "headers": call.headers}
    poller: Any
    match call.operation.verb:
        case "PATCH":
            poller = sdk.deployments.begin_update(*call.names, BytesIO(call.body), **options)
        case "PUT":
            poller = sdk.deployments.begin_create_or_update(*call.names, BytesIO(call.body), **options)
        case _:
            poller = sdk.deployments.begin_delete(*call.names, **options)
    result = poller.result()
    if not isinstance(result, Answer):
        raise _doubt("The SDK gave no answer")
    return result


def _act(call: _Call, endpoints: Endpoints, policies: list[object], transport: RequestsTransport) -> Answer:
    path = f"{arm_path(call.operation.arm_id)}/{call.operation.action}?api-version={API_VERSION}"
    url = f"{endpoints.arm_url.rstrip('/')}{path}"
    client = action_client(endpoints, policies, transport)
    return _answer(client.send_request(HttpRequest("POST", url, headers=call.headers)))


def _raw(response: Any, _model: object, _headers: object) -> Answer:
    return _answer(response.http_response)


def _answer(response: Any) -> Answer:
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status_code, parse_json(response.content), headers)


def _code(error: HttpResponseError) -> str:
    response: Any = error.response
    return error_code(parse_json(response.content)) if hasattr(response, "content") else ""


def _not_signed_in(error: ClientAuthenticationError) -> NotAppliedError:
    return NotAppliedError(
        "Azure did not accept the executor's identity. Nothing was changed.",
        code=_code(error) or "AuthenticationFailed",
        advice="Check COUNTERSIGN_AZURE_EXECUTOR_IDENTITY and its client id.",
    )


def _doubt(what: str) -> DoubtError:
    return DoubtError(f"{what}: it may or may not have been applied.", advice=_DOUBT_ADVICE)


def _refusal(status: int, code: str) -> NotAppliedError | DoubtError:
    if not 400 <= status < 500 or status == 408:
        return _doubt(f"Azure answered {status}")
    busy = status == 429 or (status == 409 and code == "RequestConflict")
    advice = {
        403: "Give the executor identity the deployments write role on the account.",
        404: "Check that the deployment still exists.",
        429: "Azure asks to slow down; it can be tried again.",
    }.get(status, "Correct the request and ask again.")
    return NotAppliedError(
        f"Azure refused the change ({code or status}). Nothing was changed.",
        code=code or str(status),
        advice="Another operation runs on the account; it can be tried again."
        if busy and status == 409
        else advice,
        retryable_conflict=busy,
    )
