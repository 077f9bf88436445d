"""The sandbox's own controls: faults, traffic, changes behind the app's back, what was asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.azure import by_hand, health, seed
from sandbox.azure.arm import Answer
from sandbox.azure.canaries import canaries
from sandbox.azure.deployments import moment
from sandbox.azure.names import EXECUTOR_TOKEN, READER_TOKEN, ArmError, Json
from sandbox.azure.roles import Role
from sandbox.azure.state import AzureState, Fault, minute_of
from sandbox.azure.traffic import Track

KINDS = frozenset(
    {
        "429",
        "403",
        "409",
        "500",
        "503",
        "reset",
        "slow",
        "500_after_apply",
        "reset_after_apply",
        "html",
        "lro_failed",
    }
)
_DEPLOYMENT = re.compile(r"^/control/deployments/([^/]+)/([^/]+)/?$")
_DEMAND = {
    "requests_factor": "requests_factor",
    "error_share_429": "share_429",
    "share_5xx": "share_5xx",
    "share_filtered": "share_filtered",
    "latency_factor": "latency_factor",
    "idle": "idle",
}


Answerer = Callable[[AzureState, Any], Json]
Table = Mapping[tuple[str, str], Answerer]


def answer(state: AzureState, method: str, path: str, body: Any, more: Table) -> Answer:
    """Answer one control request; `more` are the controls of others.

    Raises:
        ArmError: nothing is there, or the body is not understood.
    """
    match = _DEPLOYMENT.match(path)
    if match and method == "POST":
        return Answer(200, behind(state, match.group(1), match.group(2), _object(body)))
    key = (method, path.rstrip("/"))
    found = _TABLE.get(key) or more.get(key)
    if found is None:
        raise ArmError(404, "NotFound", f"The sandbox has no control {method} {path}.")
    return Answer(200, found(state, body))


def _object(body: Any) -> Json:
    if not isinstance(body, dict):
        raise ArmError(400, "BadRequest", "A JSON object is expected.")
    return body


def add_fault(state: AzureState, body: Any) -> Json:
    """Plan a misbehaviour for the next requests that fit."""
    raw = _object(body)
    kind = str(raw.get("kind", ""))
    if kind not in KINDS:
        raise ArmError(
            400, "BadRequest", f"'{kind}' is not a kind of fault; known: {', '.join(sorted(KINDS))}."
        )
    times = raw.get("times", 1)
    after = raw.get("retry_after")
    fault = Fault(
        str(raw.get("method", "*")).upper(),
        str(raw.get("path", "")),
        kind,
        None if times is None else int(times),
        None if after is None else int(after),
        float(raw.get("seconds", 2)),
    )
    state.faults.append(fault)
    return {"ok": True, "faults": len(state.faults)}


def clear_faults(state: AzureState, body: Any) -> Json:
    """Forget every planned misbehaviour."""
    state.faults.clear()
    return {"ok": True}


def requests(state: AzureState, body: Any) -> Json:
    """Tell every request that came in."""
    return {"requests": list(state.requests)}


def writes(state: AzureState, body: Any) -> Json:
    """Tell every mutation that was accepted, in order."""
    return {"writes": list(state.writes)}


def dump(state: AzureState, body: Any) -> Json:
    """Tell what exists now."""
    live = sorted(state.deployments.values(), key=lambda one: one.id)
    return {
        "accounts": [seed.account_body(one, state.start) for one in state.accounts.values()],
        "deployments": [one.body() for one in live],
        "operations": [
            {"id": one.id, "kind": one.kind, "deployment": one.target.name, "status": one.status}
            for one in state.operations.values()
        ],
        "faults": [vars(one) for one in state.faults],
    }


def settings(state: AzureState, body: Any) -> Json:
    """Set how long operations take, Retry-After, page size and whether Azure's own deletions happen."""
    kinds: dict[str, Callable[[Any], Any]] = {
        "operation_seconds": float,
        "retry_after": int,
        "page_size": int,
        "auto_delete": bool,
        "canaries": bool,
        "undocumented": bool,
        "logs_partial": bool,
    }
    raw = dict(_object(body))
    if "extra_deployments" in raw:
        _grow(state, str(raw.pop("account", seed.PROD)), int(raw.pop("extra_deployments")))
    for name, value in raw.items():
        if name not in kinds:
            raise ArmError(400, "BadRequest", f"'{name}' is not a setting; known: {', '.join(kinds)}.")
        setattr(state.switches, name, kinds[name](value))
    return vars(state.switches)


def _grow(state: AzureState, account: str, wanted: int) -> None:
    found = state.accounts.get(account.lower())
    if found is None or not 0 <= wanted <= 5000:
        raise ArmError(400, "BadRequest", "An account of the sandbox and 0 to 5000 deployments are needed.")
    state.grow(found, wanted)


def known_canaries(state: AzureState, body: Any) -> Json:
    """Tell which value of each class must never leave the bot."""
    return {"canaries": dict(canaries())}


def roles(state: AzureState, body: Any) -> Json:
    """Replace what an identity may do."""
    raw = _object(body)
    identity = str(raw.get("identity", ""))
    if identity not in (READER_TOKEN, EXECUTOR_TOKEN):
        raise ArmError(400, "BadRequest", f"'{identity}' is not an identity of the sandbox.")
    old = state.roles[identity]
    actions = tuple(str(one) for one in raw.get("actions", old.actions))
    data = tuple(str(one) for one in raw.get("data_actions", old.data_actions))
    state.roles[identity] = Role(actions, data)
    return state.roles[identity].body()


def traffic(state: AzureState, body: Any) -> Json:
    """Change what the applications do with a deployment, from now or from a moment on."""
    raw = _object(body)
    name = str(raw.get("deployment", ""))
    track = _track(state, name, raw.get("account"))
    strange = sorted(set(raw) - set(_DEMAND) - {"deployment", "account", "from"})
    if strange:
        raise ArmError(400, "BadRequest", f"Not understood: {', '.join(strange)}.")
    minute = minute_of(moment(str(raw["from"]))) if raw.get("from") else state.now_minute()
    changes = {field: raw[key] for key, field in _DEMAND.items() if key in raw}
    demand = track.amended(minute, changes)
    track.change(demand)
    return {"ok": True, "deployment": track.name, "account": track.account} | vars(demand)


def _track(state: AzureState, name: str, account: Any) -> Track:
    for track in state.tracks.values():
        if track.name.lower() == name.lower() and account in (None, track.account):
            return track
    raise ArmError(404, "ResourceNotFound", f"There is no deployment '{name}'.")


def behind(state: AzureState, account: str, name: str, changes: Json) -> Json:
    """Change a live deployment as somebody else would, past the app; `deleted: true` removes it."""
    live = state.deployments.get((account.lower(), name.lower()))
    if live is None:
        raise ArmError(404, "ResourceNotFound", f"There is no deployment '{name}' in '{account}'.")
    caller = str(changes.get("caller", "someone@contoso.example"))
    if changes.get("deleted"):
        by_hand.delete(state, live, caller)
    else:
        by_hand.write(state, live, changes, caller)
    return live.body()


_TABLE: Table = {
    ("POST", "/control/faults"): add_fault,
    ("DELETE", "/control/faults"): clear_faults,
    ("GET", "/control/requests"): requests,
    ("GET", "/control/writes"): writes,
    ("GET", "/control/state"): dump,
    ("POST", "/control/settings"): settings,
    ("POST", "/control/roles"): roles,
    ("POST", "/control/traffic"): traffic,
    ("POST", "/control/health"): health.change,
    ("GET", "/control/canaries"): known_canaries,
}
