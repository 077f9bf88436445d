"""What may be done to Azure, as data: operations, the plan they form, and the digest people approve."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from bot.domain.json import Json, digest

PLAN_FORMAT = "countersign.plan/1"
CHANGE_TAG = "countersign-change"
PROPERTIES = (
    "raiPolicyName",
    "versionUpgradeOption",
    "spilloverDeploymentName",
    "parentDeploymentName",
    "serviceTier",
    "deploymentState",
    "routing",
)
MODEL_FIELDS = ("format", "name", "version", "publisher", "source", "sourceAccount")

Verb = Literal["PATCH", "PUT", "DELETE", "POST"]


@dataclass(frozen=True)
class Operation:
    """One call: `verb` on the ARM id with a body made from the projection. One operation changes one variable."""

    verb: Verb
    arm_id: str
    body: Mapping[str, Json]
    action: str = ""

    def as_json(self) -> dict[str, Json]:
        """Return the operation as the digest and the database hold it."""
        return {"action": self.action, "arm_id": self.arm_id, "body": dict(self.body), "verb": self.verb}


@dataclass(frozen=True)
class Plan:
    """What is approved: the state before, the state after, and the calls forward and back.

    A state that is empty means that there is no such deployment. No call forward means that another program
    applies it, and that here it is only read back.
    """

    kind: str
    arm_id: str
    before: Mapping[str, Json]
    after: Mapping[str, Json]
    forward: tuple[Operation, ...]
    rollback: tuple[Operation, ...]

    def as_json(self) -> dict[str, Json]:
        """Return the plan with nothing but its semantics: no prose, no server-computed field."""
        return {
            "format": PLAN_FORMAT,
            "kind": self.kind,
            "arm_id": self.arm_id.lower(),
            "before": dict(self.before),
            "after": dict(self.after),
            "forward": [operation.as_json() for operation in self.forward],
            "rollback": [operation.as_json() for operation in self.rollback],
        }

    @property
    def reversed(self) -> "Plan":
        """Return the way back: the rollback as a plan of its own."""
        return Plan(self.kind, self.arm_id, self.after, self.before, self.rollback, self.forward)

    @property
    def digest(self) -> str:
        """Return the plan digest: SHA-256 over the RFC 8785 form of `as_json`, 64 hex digits."""
        return digest(self.as_json())


def plan_from_json(document: Mapping[str, Json]) -> Plan:
    """Return the plan that `Plan.as_json` wrote."""
    return Plan(
        kind=str(document["kind"]),
        arm_id=str(document["arm_id"]),
        before=_mapping(document["before"]),
        after=_mapping(document["after"]),
        forward=_operations(document["forward"]),
        rollback=_operations(document["rollback"]),
    )


def _operations(value: Json) -> tuple[Operation, ...]:
    items = value if isinstance(value, list) else []
    return tuple(_operation(_mapping(item)) for item in items)


def _operation(item: Mapping[str, Json]) -> Operation:
    verbs: dict[str, Verb] = {"PATCH": "PATCH", "PUT": "PUT", "DELETE": "DELETE", "POST": "POST"}
    return Operation(
        verb=verbs[str(item["verb"])],
        arm_id=str(item["arm_id"]),
        body=_mapping(item["body"]),
        action=str(item["action"]),
    )


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}


def project(resource: Mapping[str, Json]) -> dict[str, Json]:
    """Return the projection of a raw deployment: what may be written, the only thing compared and sent.

    Absent and null fields are left out; SKU names keep their spelling; the tag `countersign-change` is ours and is
    left out. Source: the writable fields of Microsoft.CognitiveServices deployments, api-version 2025-12-01.
    """
    properties = _mapping(resource.get("properties"))
    sku = {
        name: value for name, value in _mapping(resource.get("sku")).items() if name in ("name", "capacity")
    }
    model = {name: value for name, value in _mapping(properties.get("model")).items() if name in MODEL_FIELDS}
    kept: dict[str, Json] = {
        name: properties[name] for name in PROPERTIES if properties.get(name) is not None
    }
    kept["model"] = {name: value for name, value in model.items() if value is not None}
    tags = {name: value for name, value in _mapping(resource.get("tags")).items() if name != CHANGE_TAG}
    return {"properties": kept, "sku": sku, "tags": tags}


def differences(before: Mapping[str, Json], after: Mapping[str, Json], prefix: str = "") -> tuple[str, ...]:
    """Return the dotted names of the fields that differ, sorted. Equal documents give an empty tuple.

    A deployment that is not there is an empty document: then every field of the other differs.
    """
    found: list[str] = []
    for name in sorted({*before, *after}):
        left, right = before.get(name), after.get(name)
        if not _are_trees(left, right):
            found.extend([f"{prefix}{name}"] if left != right else [])
        elif within := differences(_mapping(left), _mapping(right), f"{prefix}{name}."):
            found.extend(within)
        elif (left is None) is not (right is None):
            found.append(f"{prefix}{name}")
    return tuple(found)


def _are_trees(left: Json, right: Json) -> bool:
    return all(side is None or isinstance(side, Mapping) for side in (left, right))


def moved_words(before: Mapping[str, Json], after: Mapping[str, Json]) -> str:
    """Return the fields that differ with their values: `sku.capacity (120 → 160)`."""
    return ", ".join(
        f"{name} ({_at(before, name)} → {_at(after, name)})" for name in differences(before, after)
    )


def value_at(document: Mapping[str, Json], dotted: str) -> Json:
    """Return the value at a dotted name, as `differences` gives it; a tag's own dots are part of its name."""
    value: Json = document
    names = dotted.split(".")
    while names and isinstance(value, Mapping):
        fits = (".".join(names[:n]) for n in range(len(names), 0, -1) if ".".join(names[:n]) in value)
        name = next(fits, "")
        if not name:
            return None
        value, names = value[name], names[name.count(".") + 1 :]
    return None if names else value


def _at(document: Mapping[str, Json], dotted: str) -> str:
    value = value_at(document, dotted)
    return "none" if value is None else str(value)
