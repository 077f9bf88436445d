"""Whether a plan can be taken back now, by its model, its SKU and its quota; and what it touches."""

from collections.abc import Mapping
from datetime import timedelta

from bot.domain.json import Json
from bot.domain.operation import Plan, differences
from bot.planning.capacity import model_of, quota_line, sku_of
from bot.ports.registry import PlanFacts

_NAMES: Mapping[str, str] = {
    "sku": "capacity",
    "properties.model": "model",
    "properties.raiPolicyName": "content filter",
    "properties.versionUpgradeOption": "upgrade option",
    "properties.deploymentState": "running state",
}


def variables(plan: Plan) -> tuple[str, ...]:
    """Return the major variables a plan changes, sorted; creating, deleting and tags are none."""
    if not (plan.before and plan.after):
        return ()
    moved = [name for name in differences(plan.before, plan.after) if not name.startswith("tags")]
    found = {_variable(name) for name in moved}
    return tuple(sorted(found - {"capacity"} if "SKU" in found else found))


def closed_ways(plan: Plan, facts: PlanFacts, window: timedelta) -> tuple[str, ...]:
    """Return why a plan that replaces something in place could not be taken back within the window, with the fix."""
    if not (plan.rollback and plan.before and plan.after):
        return ()
    problems: list[str] = []
    beside = "Create the new one beside it instead, so that the old one stays until the owner has attested."
    if model_of(plan.before) != model_of(plan.after):
        why = _undeployable(plan.before, facts, window)
        problems += [f"The way back is closed: {why}. {beside}"] if why else []
    name = sku_of(plan.before)[0]
    offered = {sku.name.lower() for sku in facts.skus}
    if name.lower() != sku_of(plan.after)[0].lower() and offered and name.lower() not in offered:
        problems.append(
            f"The way back is closed: Azure does not offer the SKU {name} here any more. {beside}"
        )
    return tuple(problems)


def way_notes(plan: Plan, facts: PlanFacts, window: timedelta) -> tuple[str, ...]:
    """Return what the way back of a plan will need, one sentence each."""
    if not (plan.rollback and plan.before):
        return ()
    found: list[str] = []
    why = "" if plan.after else _undeployable(plan.before, facts, window)
    if why:
        found.append(f"It cannot be created again: {why}.")
    given = _given_back(plan)
    line = quota_line(plan.before, facts)
    if given and line is not None:
        found.append(
            f"The way back needs {given} units of {line.name} again; beside them {line.left:f} of {line.limit:f} "
            "are free today, and nothing reserves those that are given back."
        )
    return tuple(found)


def _given_back(plan: Plan) -> int:
    """Return how many units of its quota a plan gives back."""
    (before, had), (after, keeps) = sku_of(plan.before), sku_of(plan.after)
    same = before.lower() == after.lower() and model_of(plan.before)[0] == model_of(plan.after)[0]
    return max(0, had - keeps) if same else had


def _undeployable(projection: Mapping[str, Json], facts: PlanFacts, window: timedelta) -> str:
    name, version = model_of(projection)
    listed = next(
        (each for each in facts.models if (each.name.lower(), each.version) == (name.lower(), version)), None
    )
    if listed is None:
        return f"{name} {version} is not among the models this account can deploy"
    ends = listed.inference_ends
    if facts.now is not None and ends is not None and ends <= facts.now + window:
        return f"{name} {version} retires at {ends:%Y-%m-%d %H:%M} UTC, inside the window in which it may be needed"
    return ""


def _variable(name: str) -> str:
    if name == "sku.name":
        return "SKU"
    known = (words for path, words in _NAMES.items() if f"{name}.".startswith(f"{path}."))
    return next(known, name.rpartition(".")[2])
