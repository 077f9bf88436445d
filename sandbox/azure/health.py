"""How the platform sees an account: available unless a test says otherwise, with its history."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sandbox.azure.arm import Answer, Call
from sandbox.azure.names import ArmError, Json, iso
from sandbox.azure.seed import Account
from sandbox.azure.state import AzureState, HealthChange

STATES = ("Available", "Degraded", "Unavailable", "Unknown")
_FINE = "There aren't any known Azure platform problems affecting this resource."
_SUMMARY = {
    "Available": _FINE,
    "Degraded": "Some requests to this resource are slower than usual.",
    "Unavailable": "This resource cannot be reached at the moment.",
    "Unknown": "The health of this resource has not been reported for a while.",
}


def changes(state: AzureState, account: Account) -> list[HealthChange]:
    """Return the account's changes of health, newest first: an old incident, then what tests set."""
    begun = state.start - timedelta(days=6, hours=2)
    seeded = [
        HealthChange(state.start - timedelta(days=90), "Available", ""),
        HealthChange(begun, "Degraded", "PlatformInitiated"),
        HealthChange(begun + timedelta(hours=2), "Available", ""),
    ]
    return [*seeded, *state.health.get(account.name.lower(), [])][::-1]


def current(call: Call) -> Answer:
    """Answer the account's health now."""
    found = call.account()
    return Answer(200, _body(found, changes(call.state, found)[0], "current", call.state.clock.now()))


def history(call: Call) -> Answer:
    """Answer the account's health now and before, newest first."""
    found = call.account()
    entries: list[Json] = []
    for number, one in enumerate(changes(call.state, found)):
        name = "current" if not number else f"{one.since:%Y-%m-%d+%H%%3A%M%%3A%S}"
        entries.append(_body(found, one, name, call.state.clock.now()))
    return Answer(200, {"value": entries})


def _body(account: Account, one: HealthChange, name: str, now: datetime) -> Json:
    return {
        "id": f"{account.id}/providers/Microsoft.ResourceHealth/availabilityStatuses/{name}",
        "name": name,
        "type": "Microsoft.ResourceHealth/AvailabilityStatuses",
        "location": account.location,
        "properties": {
            "availabilityState": one.state,
            "title": one.state,
            "summary": _SUMMARY[one.state],
            "reasonType": one.reason,
            "reasonChronicity": "Persistent" if one.state == "Available" else "Transient",
            "occuredTime": iso(one.since),
            "occurredTime": iso(one.since),
            "reportedTime": iso(now),
        },
    }


def change(state: AzureState, body: Any) -> Json:
    """Change an account's health from now on: `{"account", "state", "reason"?}`.

    Raises:
        ArmError: the account or the state is unknown.
    """
    raw: Json = body if isinstance(body, dict) else {}
    account, wanted = str(raw.get("account", "")).lower(), str(raw.get("state", ""))
    if account not in state.accounts or wanted not in STATES:
        raise ArmError(400, "BadRequest", f"An account and one of {', '.join(STATES)} are needed.")
    found = HealthChange(state.clock.now(), wanted, str(raw.get("reason", "")))
    state.health.setdefault(account, []).append(found)
    return {"ok": True, "account": account, "state": wanted, "reason": found.reason}
