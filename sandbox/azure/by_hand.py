"""What people do to deployments with their own rights, past the app; the activity log says who it was."""

from __future__ import annotations

from sandbox.azure import activity
from sandbox.azure.deployments import merge_behind
from sandbox.azure.names import COGNITIVE, Json
from sandbox.azure.state import AzureState, Deployment


def write(state: AzureState, live: Deployment, changes: Json, caller: str) -> None:
    """Change a live deployment."""
    merge_behind(live, changes)
    state.touch(live, caller)
    log(state, live, caller, "write")


def delete(state: AzureState, live: Deployment, caller: str) -> None:
    """Delete a live deployment."""
    state.deployments.pop((live.account.name.lower(), live.name.lower()), None)
    state.remember(live, alive=False)
    log(state, live, caller, "delete")


def create(state: AzureState, lost: Deployment, caller: str) -> None:
    """Make a deployment again as it was, unless there is one of that name."""
    key = (lost.account.name.lower(), lost.name.lower())
    if key not in state.deployments:
        state.deployments[key] = lost
        state.touch(lost, caller)
        log(state, lost, caller, "write")


def fail(state: AzureState, live: Deployment, caller: str) -> None:
    """Begin to write a deployment in a way that Azure does not finish."""
    state.touch(live, caller)
    live.provisioning = "Failed"
    log(state, live, caller, "write", status="Failed")


def log(state: AzureState, live: Deployment, caller: str, verb: str, status: str = "Succeeded") -> None:
    """Write into the activity log what was done."""
    action = f"{COGNITIVE}/accounts/deployments/{verb}"
    method = "PUT" if verb == "write" else "DELETE"
    origin = activity.Origin(action, live.id, caller, state.next_guid("correlation"), None, method)
    code = 200 if status == "Succeeded" else 500
    state.activity.append(activity.event(origin, status, code, state.clock.now()))
