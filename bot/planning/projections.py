"""Projections and the calls made from them: one property replaced, a full PUT, a DELETE, a new one beside."""

import json
import re
from collections.abc import Mapping

from bot.domain.deployment import Deployment, DeploymentRef
from bot.domain.errors import InvalidInputError
from bot.domain.json import Json
from bot.domain.operation import Operation, Plan
from bot.domain.redaction import REDACTED
from bot.ports.registry import Field, PlanFacts, Site

STATE, RUNNING, PAUSED = "deploymentState", "Running", "Paused"
_GENERATION = re.compile(r"(?P<base>.+)-g(?P<number>[1-9][0-9]{0,3})")
_POINTERS = ("spilloverDeploymentName", "parentDeploymentName")


def properties_of(projection: Mapping[str, Json]) -> Mapping[str, Json]:
    """Return the properties of a projection, empty when it has none."""
    found = projection.get("properties")
    return found if isinstance(found, Mapping) else {}


def property_of(projection: Mapping[str, Json], name: str) -> str:
    """Return a property that is a word, empty when it is absent."""
    return str(properties_of(projection).get(name) or "")


def with_property(projection: Mapping[str, Json], name: str, value: Json) -> dict[str, Json]:
    """Return the projection with one property replaced."""
    return {**projection, "properties": {**properties_of(projection), name: value}}


def put(ref: DeploymentRef, projection: Mapping[str, Json]) -> Operation:
    """Return the PUT of a whole projection; that it runs is Azure's default and is not sent."""
    properties = dict(properties_of(projection))
    if properties.get(STATE) == RUNNING:
        del properties[STATE]
    return Operation("PUT", ref.arm_id, {**projection, "properties": properties})


def delete(ref: DeploymentRef) -> Operation:
    """Return the DELETE of a deployment."""
    return Operation("DELETE", ref.arm_id, {})


def in_place(kind: str, live: Deployment, after: Mapping[str, Json]) -> Plan:
    """Return the plan that puts another projection under the same name, and the one of now back."""
    forward, rollback = (put(live.ref, after),), (put(live.ref, live.projection),)
    return Plan(kind, live.ref.key, live.projection, after, forward, rollback)


def created(kind: str, ref: DeploymentRef, after: Mapping[str, Json]) -> Plan:
    """Return the plan that creates a deployment, and the DELETE that takes it back."""
    return Plan(kind, ref.key, {}, after, (put(ref, after),), (delete(ref),))


def replaced(kind: str, site: Site, asked: Mapping[str, Json], after: Mapping[str, Json]) -> Plan:
    """Return the plan of a replacement: beside the live one, or under its name where policy allows that.

    Raises:
        InvalidInputError: the name that was typed is the live one's, and policy does not allow that.
    """
    live, typed = site.existing, str(asked.get("deployment") or "")
    if site.in_place and typed.lower() in ("", live.ref.deployment.lower()):
        return in_place(kind, live, after)
    ref = beside(site.ref, typed or next_name(live.ref.deployment, site.revision))
    if ref.key == live.ref.key:
        raise InvalidInputError(
            "The replacement is created beside the live deployment: give it another name.", field="deployment"
        )
    return created(kind, ref, with_property(after, STATE, RUNNING))


def beside(ref: DeploymentRef, name: str) -> DeploymentRef:
    """Return a deployment of the same account by name; raise InvalidInputError beside its field."""
    try:
        return DeploymentRef(ref.account, name)
    except InvalidInputError as error:
        raise InvalidInputError(f"{error} {error.advice}", field="deployment") from None


def next_name(name: str, revision: int) -> str:
    """Return the name of a replacement: `<name>-g<revision>`; after `-g2` comes at least `-g3`."""
    match = _GENERATION.fullmatch(name)
    base, generation = (match["base"], int(match["number"])) if match else (name, 0)
    return f"{base}-g{generation + revision}"


def beside_field() -> Field:
    """Return the field that names a replacement."""
    hint = "Where the replacement is created. Empty: the name of now with -g and a number."
    return Field("deployment", "Name of the new deployment", hint, required=False)


def beside_notes(plan: Plan, facts: PlanFacts) -> tuple[str, ...]:
    """Return what a deployment beside the live one means for people; nothing where it is replaced in place."""
    if plan.before:
        return ("The deployment itself is replaced: callers get the new one under the same name at once.",)
    old, new = facts.site.ref.deployment, name_of(plan)
    return (
        f"{new} is created beside {old}. Nothing calls it yet: moving the traffic is the application's work.",
        f"{old} stays as it is and both cost capacity. Deleting it afterwards is a change of kind `delete`.",
    )


def name_of(plan: Plan) -> str:
    """Return the name of the deployment that a plan writes, as its call spells it."""
    calls = plan.forward or plan.rollback
    return (calls[0].arm_id if calls else plan.arm_id).rsplit("/", 1)[-1]


def pointing_at(name: str, facts: PlanFacts) -> tuple[str, ...]:
    """Return the siblings that send their overflow to this deployment, or take it as their parent."""
    return tuple(
        each.ref.deployment
        for each in facts.siblings
        if name.lower() in {property_of(each.projection, pointer).lower() for pointer in _POINTERS}
    )


def withheld(projection: Mapping[str, Json]) -> tuple[str, ...]:
    """Return why a projection cannot be put back elsewhere: a tag of it looks like a secret and is not kept."""
    if REDACTED not in json.dumps(projection.get("tags")):
        return ()
    return (
        "A tag of the deployment looks like a secret. Countersign does not keep it, so it could not put it "
        "back. Move the secret out of the tags first.",
    )
