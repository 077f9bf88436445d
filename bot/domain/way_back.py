"""Which change would put moved fields back, and what its form is filled with."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.json import Json
from bot.domain.operation import Plan, differences, value_at

_FORMS: tuple[tuple[str, Mapping[str, str]], ...] = (
    ("scale", {"sku.capacity": "capacity"}),
    ("change-sku", {"sku.name": "sku", "sku.capacity": "capacity"}),
    ("swap-model", {"properties.model.name": "model", "properties.model.version": "version"}),
    ("set-filter", {"properties.raiPolicyName": "content_filter"}),
    ("set-upgrade", {"properties.versionUpgradeOption": "upgrade_option"}),
)


_STATE = "properties.deploymentState"
_DEPLOYED: Mapping[str, str] = {
    "model": "properties.model.name",
    "version": "properties.model.version",
    "sku": "sku.name",
    "capacity": "sku.capacity",
    "content_filter": "properties.raiPolicyName",
    "upgrade_option": "properties.versionUpgradeOption",
}


@dataclass(frozen=True)
class WayBack:
    """A kind of change, and the values of its form by block id."""

    kind: str
    values: Mapping[str, str]


def way_back(fields: Mapping[str, tuple[Json, Json]], kinds: tuple[str, ...]) -> WayBack | None:
    """Return the change that puts the fields back to what they were before, None where none of the kinds can."""
    for kind, blocks in _FORMS:
        if kind in kinds and fields and set(fields) <= set(blocks):
            values = {blocks[name]: before for name, (before, _) in fields.items() if before is not None}
            return WayBack(kind, {block: str(value) for block, value in values.items()})
    return None


def undo(plan: Plan, kinds: tuple[str, ...]) -> WayBack | None:
    """Return the change that takes an applied plan back, None where none of the kinds can.

    Deleting what was created leaves the name for the person to type: that is how a deletion is confirmed.
    """
    if not plan.before:
        return WayBack("delete", {}) if plan.after else None
    if not plan.after:
        return WayBack("deploy", _deployed(plan.before))
    names = differences(plan.before, plan.after)
    if names == (_STATE,):
        paused = value_at(plan.before, _STATE) == "Paused"
        return WayBack("pause" if paused else "resume", {})
    if names and all(name.startswith("tags") for name in names):
        return WayBack("retag", {"tags": _tags(plan)})
    return way_back(
        {name: (value_at(plan.before, name), value_at(plan.after, name)) for name in names}, kinds
    )


def takes_back(plan: Plan, later: Plan) -> bool:
    """Return whether taking an applied plan back also takes back a later one of the same deployment."""
    if plan.arm_id != later.arm_id:
        return False
    if not (plan.before and plan.after and later.before and later.after):
        return True
    return bool({*differences(plan.before, plan.after)} & {*differences(later.before, later.after)})


def _deployed(state: Mapping[str, Json]) -> dict[str, str]:
    found = {block: value_at(state, path) for block, path in _DEPLOYED.items()}
    return {block: str(value) for block, value in found.items() if value is not None}


def _tags(plan: Plan) -> str:
    """Return the lines that put every tag that moved back; `name=` removes one that was not there."""
    before, after = (_mapping(state.get("tags")) for state in (plan.before, plan.after))
    moved = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
    return "\n".join(f"{name}={before.get(name, '')}" for name in moved)


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}
