"""The activity log: who did what to which resource."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.azure import seed
from sandbox.azure.names import (
    COGNITIVE,
    SUBSCRIPTION_ID,
    TENANT_ID,
    ArmError,
    Json,
    iso,
    parse_time,
    stable_guid,
)

DRIFT_CALLER = "dan.okafor@contoso.example"
_OBJECT = "http://schemas.microsoft.com/identity/claims/objectidentifier"
AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
_CONDITION = re.compile(r"(\w+)\s+(eq|ge|le|gt|lt)\s+'([^']*)'", re.IGNORECASE)
_FIELDS = {
    "resourcegroupname": "resourceGroupName",
    "correlationid": "correlationId",
    "caller": "caller",
    "operationid": "operationId",
}


@dataclass(frozen=True)
class Origin:
    """What was asked of which resource, by whom."""

    action: str
    resource_id: str
    caller: str
    correlation_id: str
    client_request_id: str | None
    method: str


def _word(text: str) -> Json:
    return {"value": text, "localizedValue": text}


def event(origin: Origin, status: str, code: int, at: datetime) -> Json:
    """Return one event in the shape of the activity log."""
    number = stable_guid("event", origin.correlation_id, status, iso(at))
    group = re.search(r"/resourceGroups/([^/]+)", origin.resource_id, re.IGNORECASE)
    closing = status in ("Succeeded", "Failed")
    ticks = int(at.timestamp() * 10_000_000) + 621355968000000000
    return {
        "id": f"{origin.resource_id}/events/{number}/ticks/{ticks}",
        "eventDataId": number,
        "authorization": {"action": origin.action, "scope": origin.resource_id},
        "caller": origin.caller,
        "claims": claims(origin.caller),
        "channels": "Operation",
        "category": _word("Administrative"),
        "correlationId": origin.correlation_id,
        "operationId": origin.correlation_id,
        "description": "",
        "eventName": _word("EndRequest" if closing else "BeginRequest"),
        "eventTimestamp": iso(at),
        "submissionTimestamp": iso(at + timedelta(seconds=20)),
        "httpRequest": {
            "clientRequestId": origin.client_request_id or origin.correlation_id,
            "clientIpAddress": "127.0.0.1",
            "method": origin.method,
        },
        "level": "Error" if status == "Failed" else "Informational",
        "operationName": _word(origin.action),
        "properties": {"statusCode": str(code), "entity": origin.resource_id, "message": origin.action},
        "resourceGroupName": group.group(1) if group else "",
        "resourceId": origin.resource_id,
        "resourceProviderName": _word(COGNITIVE),
        "resourceType": _word(f"{COGNITIVE}/accounts/deployments"),
        "status": _word(status),
        "subStatus": _word(str(code)),
        "subscriptionId": SUBSCRIPTION_ID,
        "tenantId": TENANT_ID,
    }


def claims(caller: str) -> Json:
    """Return what the token of a caller said: a person's object id, or an application's."""
    issuer = {"iss": f"https://sts.windows.net/{TENANT_ID}/", "aud": "https://management.core.windows.net/"}
    if "@" in caller:
        return issuer | {_OBJECT: stable_guid("person", caller), "appid": AZURE_CLI, "idtyp": "user"}
    if re.fullmatch(r"[0-9a-f-]{36}", caller):
        return issuer | {_OBJECT: caller, "appid": caller, "idtyp": "app"}
    return {}


def seed_history(log: list[Json], start: datetime) -> None:
    """Write the history of the weeks before the start: the creations and the change that made the drift."""
    accounts = {one.name: one for one in seed.ACCOUNTS}
    entries: list[tuple[datetime, Origin]] = []
    for planted in seed.DEPLOYMENTS:
        target = f"{accounts[planted.account].id}/deployments/{planted.name}"
        entries.append(
            (start - timedelta(days=planted.age_days), _write(target, seed.PIPELINE_CALLER, "create"))
        )
    drifted = f"{accounts[seed.PROD].id}/deployments/contract-extract-ft"
    entries.append((drift_time(start), _write(drifted, DRIFT_CALLER, "drift")))
    for at, origin in sorted(entries, key=lambda entry: entry[0]):
        log.append(event(origin, "Accepted", 200, at))
        log.append(event(origin, "Succeeded", 200, at + timedelta(seconds=9)))


def drift_time(start: datetime) -> datetime:
    """Return when the upgrade option was changed by hand."""
    return start - timedelta(days=2, hours=3, minutes=17)


def mark_drift(system: Json, start: datetime) -> None:
    """Write into system data who changed the upgrade option by hand."""
    system |= {
        "lastModifiedBy": DRIFT_CALLER,
        "lastModifiedByType": "User",
        "lastModifiedAt": iso(drift_time(start)),
    }


def _write(resource_id: str, caller: str, why: str) -> Origin:
    correlation = stable_guid("seed", resource_id, why)
    return Origin(f"{COGNITIVE}/accounts/deployments/write", resource_id, caller, correlation, None, "PUT")


def select(log: list[Json], filter_text: str) -> list[Json]:
    """Return the events that a `$filter` asks for, newest first.

    Raises:
        ArmError: the filter has no start time, or says something that the activity log does not know.
    """
    conditions = [
        (name.lower(), verb.lower(), value) for name, verb, value in _CONDITION.findall(filter_text)
    ]
    if not any(name == "eventtimestamp" and verb in ("ge", "gt") for name, verb, _ in conditions):
        raise ArmError(400, "BadRequest", "The $filter must contain a start time: eventTimestamp ge '...'.")
    found = [one for one in log if all(_fits(one, *condition) for condition in conditions)]
    return sorted(found, key=lambda one: str(one["eventTimestamp"]), reverse=True)


def _fits(one: Json, name: str, verb: str, value: str) -> bool:
    if name == "eventtimestamp":
        return _in_time(str(one["eventTimestamp"]), verb, value)
    if name in ("resourceuri", "resourceid"):
        resource, wanted = str(one["resourceId"]).lower(), value.lower().rstrip("/")
        return resource == wanted or resource.startswith(wanted + "/")
    if name == "resourceprovider":
        return str(one["resourceProviderName"]["value"]).lower() == value.lower()
    if name in ("status", "operationname", "eventname"):
        return (
            str(one[{"operationname": "operationName", "eventname": "eventName"}.get(name, name)]["value"])
            == value
        )
    if name in _FIELDS:
        return str(one[_FIELDS[name]]).lower() == value.lower()
    raise ArmError(400, "BadRequest", f"The property '{name}' is not supported in the $filter.")


def _in_time(stamp: str, verb: str, value: str) -> bool:
    try:
        at, bound = parse_time(stamp), parse_time(value)
    except ValueError:
        raise ArmError(400, "BadRequest", f"'{value}' is not a time.") from None
    return at >= bound if verb in ("ge", "gt") else at <= bound


def shorten(one: Json, select_text: str | None) -> Json:
    """Return the event with only the properties named in `$select`."""
    if not select_text:
        return one
    wanted = {name.strip().lower() for name in select_text.split(",")}
    return {key: value for key, value in one.items() if key.lower() in wanted}
