"""Deployments: read, create, scale, tag, delete, pause, resume, and the operations that these start."""

from __future__ import annotations

import copy
import re
import time
from datetime import datetime
from typing import Literal

from sandbox.azure import activity, catalog, seed
from sandbox.azure.arm import Answer, Call, page_of
from sandbox.azure.names import COGNITIVE, SUBSCRIPTION_ID, ArmError, Json, iso, parse_time
from sandbox.azure.state import DEFAULT_POLICY, NEWER_FIELDS, Deployment, Operation, base_name, principal

_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
_UPGRADES = ("OnceNewDefaultVersionAvailable", "OnceCurrentVersionExpired", "NoAutoUpgrade")
_CHOICES = {
    "versionUpgradeOption": _UPGRADES,
    "deploymentState": ("Running", "Paused"),
    "serviceTier": ("Default", "Priority"),
}
_OPTIONAL = (
    "versionUpgradeOption",
    "spilloverDeploymentName",
    "parentDeploymentName",
    "serviceTier",
    "routing",
)
_MODEL_FIELDS = ("format", "name", "version", "publisher", "source", "sourceAccount")
Kind = Literal["put", "patch", "delete"]


def listing(call: Call) -> Answer:
    """Answer the account's deployments, page by page."""
    found, version = call.state.of_account(call.account()), call.api_version
    return page_of(call, found, call.state.switches.page_size, lambda one: one.body(version))


def get(call: Call) -> Answer:
    """Answer one deployment."""
    return Answer(200, call.deployment().body(call.api_version))


def skus(call: Call) -> Answer:
    """Answer the SKUs and capacity bounds that the deployment could have."""
    live = call.deployment()
    rules = list(catalog.skus_of(live.account.location, live.base))
    rules.sort(key=lambda rule: rule.name.lower() != str(live.sku["name"]).lower())
    found: list[Json] = []
    for rule in rules:
        same = rule.name.lower() == str(live.sku["name"]).lower()
        sku = {"name": rule.name, "capacity": live.capacity if same else rule.default}
        found.append(
            {"resourceType": f"{COGNITIVE}/accounts/deployments", "sku": sku, "capacity": rule.body()}
        )
    return Answer(200, {"value": found})


def put(call: Call) -> Answer:
    """Create or replace a deployment: 201 or 200, and an operation to follow."""
    account, name = call.account(), call.part("deployment")
    refuse_when_busy(call)
    live = call.state.deployments.get((account.name.lower(), name.lower()))
    sku, tags, properties = _read_put(call)
    if not _NAME.match(name):
        raise ArmError(400, "InvalidResourceName", f"The deployment name '{name}' is not valid.")
    _check_capacity(call, sku, properties["model"], live)
    before = copy.deepcopy(live)
    now = call.state.clock.now()
    caller = principal(call.identity)
    if live is None:
        system = seed.system_data(caller, now)
        live = Deployment(account, name, sku, tags, properties, "Accepted", "", system, now)
        call.state.deployments[(account.name.lower(), name.lower())] = live
    live.sku, live.tags, live.properties, live.provisioning = sku, tags, properties, "Accepted"
    call.state.touch(live, caller)
    headers = _start(call, "put", live, before)
    headers.pop("Location")
    return Answer(201 if before is None else 200, live.body(call.api_version), headers)


def patch(call: Call) -> Answer:
    """Change SKU and tags only: 202 and an operation, or 200 when only tags change."""
    live = call.deployment()
    refuse_when_busy(call)
    body = _object(call.body)
    strange = sorted(set(body) - {"sku", "tags"})
    if strange or not body:
        raise ArmError(
            400,
            "InvalidRequestContent",
            "The request content was invalid: PATCH of a deployment takes "
            f"'sku' and 'tags' only, not {strange}.",
        )
    sku = _read_sku(body["sku"]) if "sku" in body else dict(live.sku)
    tags = _read_tags(body["tags"]) if "tags" in body else dict(live.tags)
    if "sku" in body:
        _check_capacity(call, sku, live.properties["model"], live)
    before = copy.deepcopy(live)
    live.tags = tags
    if "sku" not in body:
        call.state.touch(live, principal(call.identity))
        _record(call, live, before, "Succeeded")
        return Answer(200, live.body(call.api_version))
    live.sku, live.provisioning = sku, "Accepted"
    call.state.touch(live, principal(call.identity))
    return Answer(202, None, _start(call, "patch", live, before))


def delete(call: Call) -> Answer:
    """Delete a deployment: 202 and an operation, 204 when there is none."""
    account = call.account()
    refuse_when_busy(call)
    live = call.state.deployments.get((account.name.lower(), call.part("deployment").lower()))
    if live is None:
        return Answer(204)
    before = copy.deepcopy(live)
    live.provisioning = "Deleting"
    return Answer(202, None, _start(call, "delete", live, before))


def pause(call: Call) -> Answer:
    """Pause: callers of the deployment get HTTP 423 from now on."""
    return _switch(call, "Paused")


def resume(call: Call) -> Answer:
    """Resume a paused deployment."""
    return _switch(call, "Running")


def _switch(call: Call, wanted: str) -> Answer:
    live = call.deployment()
    refuse_when_busy(call)
    if str(live.sku["name"]).lower() not in catalog.PAUSABLE:
        raise ArmError(
            400,
            "DeploymentStateNotSupported",
            f"Deployments of SKU '{live.sku['name']}' cannot be paused or resumed.",
        )
    before = copy.deepcopy(live)
    if live.properties.get("deploymentState") != wanted:
        live.properties["deploymentState"] = wanted
        call.state.touch(live, principal(call.identity))
    _record(call, live, before, "Succeeded")
    return Answer(200, live.body(call.api_version))


def refuse_when_busy(call: Call) -> None:
    """Refuse a write while another operation runs in the account.

    Raises:
        ArmError: 409 RequestConflict.
    """
    if call.state.busy(call.account()):
        raise ArmError(
            409,
            "RequestConflict",
            "Another operation is being performed on the parent resource "
            f"'{call.account().id}'. Please try again later.",
        )


def _start(call: Call, kind: Kind, live: Deployment, before: Deployment | None) -> dict[str, str]:
    state = call.state
    number = state.next_guid("operation")
    origin = call.origin(live.id)
    deadline = time.monotonic() + state.operation_seconds
    state.begin(Operation(number, kind, live, before, deadline, state.clock.now(), origin, call.fails_later))
    _record(call, live, before, "Accepted")
    place = f"/subscriptions/{SUBSCRIPTION_ID}/providers/{COGNITIVE}/locations/{live.account.location}"
    url = f"{call.base_url}{place}/operationResults/{number}?api-version={call.api_version}"
    return {
        "Azure-AsyncOperation": url,
        "Location": f"{url}&resource=true",
        "Retry-After": str(state.switches.retry_after),
    }


def _record(call: Call, live: Deployment, before: Deployment | None, status: str) -> None:
    state = call.state
    now = state.clock.now()
    state.activity.append(
        activity.event(call.origin(live.id), status, 202 if status == "Accepted" else 200, now)
    )
    state.writes.append(
        {
            "n": len(state.writes) + 1,
            "method": call.method,
            "path": call.path,
            "action": call.action,
            "account": live.account.name,
            "deployment": live.name,
            "identity": call.identity,
            "client_request_id": call.client_request_id,
            "correlation_id": call.correlation_id,
            "body": call.body,
            "before": before.body() if before else None,
            "after": None if live.provisioning == "Deleting" else live.body(),
            "at": iso(now),
        }
    )


def operation(call: Call) -> Answer:
    """Answer how an operation stands; with `resource=true`, the resource once it is done."""
    found = call.state.operations.get(call.part("operation"))
    if found is None or found.target.account.location != call.part("location").lower():
        raise ArmError(404, "OperationNotFound", "The operation was not found.")
    waiting = found.status == "InProgress"
    headers = {"Retry-After": str(call.state.switches.retry_after)} if waiting else {}
    if call.ask("resource"):
        return _result(call, found, headers)
    body: Json = {
        "id": call.path,
        "name": found.id,
        "status": found.status,
        "startTime": iso(found.started),
        "percentComplete": 50 if waiting else 100,
    }
    if found.ended:
        body["endTime"] = iso(found.ended)
    if found.status == "Failed":
        body["error"] = _failure()
    return Answer(200, body, headers)


def _failure() -> Json:
    return {"code": "InternalServerError", "message": "The deployment operation failed on the service side."}


def _result(call: Call, found: Operation, headers: dict[str, str]) -> Answer:
    if found.status == "InProgress":
        url = f"{call.base_url}{call.path}?api-version={call.api_version}&resource=true"
        return Answer(202, None, headers | {"Location": url})
    if found.status == "Failed":
        return Answer(500, {"error": _failure()})
    return Answer(204) if found.kind == "delete" else Answer(200, found.target.body(call.api_version))


def _object(body: object) -> Json:
    if not isinstance(body, dict):
        raise ArmError(
            400, "InvalidRequestContent", "The request content was invalid: a JSON object is expected."
        )
    return body


def _read_sku(raw: object) -> Json:
    sku = _object(raw)
    name, capacity = sku.get("name"), sku.get("capacity")
    if not isinstance(name, str) or not name:
        raise ArmError(
            400, "InvalidRequestContent", "The request content was invalid: 'sku.name' is required."
        )
    if not isinstance(capacity, int) or isinstance(capacity, bool):
        raise ArmError(
            400, "InvalidRequestContent", "The request content was invalid: 'sku.capacity' is required."
        )
    rule = catalog.SKU_RULES.get(name.lower())
    return {"name": rule.name if rule else name, "capacity": capacity}


def _read_tags(raw: object) -> dict[str, str]:
    tags = _object(raw)
    if not all(isinstance(value, str) for value in tags.values()):
        raise ArmError(400, "InvalidRequestContent", "The request content was invalid: tags are strings.")
    return dict(tags)


def _read_put(call: Call) -> tuple[Json, dict[str, str], Json]:
    body = _object(call.body)
    given = _object(body.get("properties"))
    model = _read_model(call, given.get("model"))
    policy = given.get("raiPolicyName") or DEFAULT_POLICY
    if policy not in seed.POLICIES:
        raise ArmError(
            400, "InvalidResourceProperties", f"The RAI policy '{policy}' does not exist in the account."
        )
    properties: Json = {"model": model, "raiPolicyName": policy}
    properties |= {key: given[key] for key in _OPTIONAL if given.get(key) is not None}
    properties["deploymentState"] = given.get("deploymentState") or "Running"
    if call.api_version < "2025-12-01":
        properties = {key: value for key, value in properties.items() if key not in NEWER_FIELDS}
        properties["deploymentState"] = "Running"
    for key, allowed in _CHOICES.items():
        if key in properties and properties[key] not in allowed:
            raise ArmError(
                400, "InvalidResourceProperties", f"'{properties[key]}' is not a value of '{key}'."
            )
    return _read_sku(body.get("sku")), _read_tags(body.get("tags") or {}), properties


def _read_model(call: Call, raw: object) -> Json:
    given = _object(raw)
    model = {key: given[key] for key in _MODEL_FIELDS if given.get(key) is not None}
    name, version = str(model.get("name", "")), str(model.get("version", ""))
    if model.get("format") != "OpenAI" or not _known_model(call, name, version, str(model.get("source", ""))):
        raise ArmError(
            400,
            "DeploymentModelNotSupported",
            f"The model 'Format:{model.get('format')},Name:{name},Version:{version}' "
            "is not available in this account.",
        )
    return model


def _known_model(call: Call, name: str, version: str, source: str) -> bool:
    if catalog.base_model(name, version or None):
        return True
    homes = {call.account().name} | {one.name for one in seed.ACCOUNTS if one.id.lower() == source.lower()}
    start = call.state.start
    for job in seed.JOBS:
        if job.model is None or job.account not in homes or version not in ("1", ""):
            continue
        names = {one["fine_tuned_model_checkpoint"] for one in seed.checkpoint_bodies(job, start)}
        if name in names:
            return True
    return False


def _check_capacity(call: Call, sku: Json, model: Json, live: Deployment | None) -> None:
    location, base = call.account().location, base_name(str(model["name"]))
    name, capacity = str(sku["name"]), int(sku["capacity"])
    rule = catalog.SKU_RULES.get(name.lower())
    if rule is None or rule not in catalog.skus_of(location, base):
        raise ArmError(
            400,
            "InvalidResourceProperties",
            f"The specified SKU '{name}' for model '{model['name']}' "
            f"is not supported in this region '{location}'.",
        )
    if not rule.accepts(capacity):
        raise ArmError(
            400,
            "InvalidCapacity",
            f"The specified capacity '{capacity}' of account deployment is not valid: "
            f"minimum {rule.minimum}, maximum {rule.maximum}, step {rule.step}.",
        )
    _check_quota(call, rule.name, capacity, base, live)


def _check_quota(call: Call, sku: str, capacity: int, base: str, live: Deployment | None) -> None:
    location = call.account().location
    limit = catalog.QUOTAS[(location, sku, base)].limit
    used = call.state.used(location, sku, base, without=live)
    pool = catalog.usage_name(sku, base)
    if used + capacity > limit:
        raise ArmError(
            400,
            "InsufficientQuota",
            f"This operation requires {capacity} new capacity in quota {pool}, which is bigger than the "
            f"current available capacity {limit - used}. The current quota usage is {used} and the "
            f"quota limit is {limit} for quota {pool}.",
        )


def merge_behind(live: Deployment, changes: Json) -> None:
    """Merge a JSON body into a live deployment (null removes a key)."""
    for part in ("sku", "tags", "properties"):
        if isinstance(changes.get(part), dict):
            setattr(live, part, _merged(getattr(live, part), changes[part]))


def _merged(old: object, new: object) -> object:
    if not isinstance(new, dict):
        return new
    result = dict(old) if isinstance(old, dict) else {}
    for key, value in new.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = _merged(result.get(key), value)
    return result


def moment(text: str) -> datetime:
    """Return the moment of an ISO text, refusing anything else.

    Raises:
        ArmError: the text is not a time.
    """
    try:
        return parse_time(text)
    except ValueError:
        raise ArmError(400, "BadRequest", f"'{text}' is not a time.") from None
