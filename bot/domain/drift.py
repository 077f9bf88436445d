"""Drift: what was declared of a deployment, by whomever, against what is live. Pure, and free of noise.

A difference in the case of names, in the way a number is written, or in a field that Azure computes is none.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from bot.domain.arm_template import Unresolved
from bot.domain.configuration import FieldRule
from bot.domain.deployment import Target
from bot.domain.field_names import field_name, field_path
from bot.domain.json import Json
from bot.domain.operation import project
from bot.domain.redaction import scrub

_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?")
_AZURES = {
    "properties.versionupgradeoption": "OnceCurrentVersionExpired",
    "properties.deploymentstate": "Running",
}
_CONTAINERS = {"sku": ("sku.name", "sku.capacity"), "properties": ("properties",), "tags": ("tags",)}


class Source(StrEnum):
    """Who declares: infrastructure as code, the runbook, policy, the application, the last baseline."""

    IAC = "iac"
    RUNBOOK = "runbook"
    POLICY = "policy"
    APP = "app"
    SNAPSHOT = "snapshot"


@dataclass(frozen=True)
class Expected:
    """What one source wants of one field (a path of the projection); `where` it says so."""

    field: str
    source: Source
    values: tuple[Json, ...]
    where: str
    must: str = "equals"

    @property
    def words(self) -> str:
        """Return what is wanted, as a person reads it."""
        listed = ", ".join(shown(value, self.field) for value in self.values)
        prefix = {"one_of": "one of ", "at_least": "at least ", "at_most": "at most "}.get(self.must, "")
        return f"{prefix}{listed}"


@dataclass(frozen=True)
class Difference:
    """One field that is live otherwise than one source wants it."""

    expected: Expected
    live: Json

    @property
    def name(self) -> str:
        """Return the field's plain name."""
        return field_name(self.expected.field)

    @property
    def key(self) -> str:
        """Return what an exception for this field is filed under."""
        return self.expected.field.lower()

    @property
    def live_words(self) -> str:
        """Return what is live, as a person reads it."""
        return shown(self.live, self.expected.field)


def differences_of(expected: Iterable[Expected], live: Mapping[str, Json]) -> tuple[Difference, ...]:
    """Return where a live projection is not as expected, by field and source; unresolved fields are not compared."""
    fields = flat(live)
    found = [
        Difference(each, value_at(fields, each.field))
        for each in expected
        if not is_unresolved(each) and not _holds(each, value_at(fields, each.field))
    ]
    order = list(Source)
    return tuple(sorted(found, key=lambda each: (each.key, order.index(each.expected.source))))


def is_unresolved(expected: Expected) -> bool:
    """Return whether what is wanted is an expression that only Azure can evaluate."""
    return any(isinstance(value, Unresolved) for value in expected.values)


def flat(projection: Mapping[str, Json], prefix: str = "") -> dict[str, Json]:
    """Return the fields of a projection by dotted path, without absent ones."""
    found: dict[str, Json] = {}
    for name, value in projection.items():
        path = f"{prefix}{name}"
        if isinstance(value, Mapping):
            found |= flat(value, f"{path}.")
        elif value is not None:
            found[path] = value
    return found


def masked(projection: Mapping[str, Json]) -> dict[str, Json]:
    """Return a projection as it may be kept: what people wrote into tags goes without secrets and personal text."""
    tags = {name: shown(value, "tags.") for name, value in _object(projection.get("tags")).items()}
    return {**projection, "tags": tags}


def value_at(fields: Mapping[str, Json], path: str) -> Json:
    """Return a field's value whatever the case of its name; Azure's own default where Azure left it out."""
    for name, value in fields.items():
        if name.lower() == path.lower():
            return value
    return _AZURES.get(path.lower())


def same(left: Json, right: Json, path: str) -> bool:
    """Return whether two values of a field mean the same."""
    return _plain(left, path) == _plain(right, path)


def shown(value: Json, path: str) -> str:
    """Return a field's value as a person reads it, secrets and personal text in tags masked."""
    if isinstance(value, str) and path.lower().startswith("tags."):
        return scrub(value)[0]
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _plain_number(Decimal(repr(value)))
    return "none" if value is None else str(value)


def _plain(value: Json, path: str) -> Json:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float) or (isinstance(value, str) and _NUMBER.fullmatch(value)):
        return _plain_number(Decimal(str(value)))
    if isinstance(value, str):
        return value if path.lower().startswith("tags.") else value.casefold()
    if isinstance(value, list | tuple):
        return [_plain(each, path) for each in value]
    return value


def _plain_number(value: Decimal) -> str:
    return f"{value.normalize():f}" if value else "0"


def _holds(expected: Expected, live: Json) -> bool:
    if expected.must in ("at_least", "at_most"):
        left, right = _plain(live, expected.field), _plain(expected.values[0], expected.field)
        if not (_is_number(left) and _is_number(right)):
            return False
        measured, bound = Decimal(str(left)), Decimal(str(right))
        return measured >= bound if expected.must == "at_least" else measured <= bound
    if expected.source is Source.SNAPSHOT and isinstance(live, str):
        live = shown(live, expected.field)
    return any(same(value, live, expected.field) for value in expected.values)


def _is_number(value: Json) -> bool:
    return isinstance(value, str) and _NUMBER.fullmatch(value) is not None


def from_template(resource: Mapping[str, Json], where: str) -> tuple[Expected, ...]:
    """Return what a resource of a template wants: only the fields it names, unresolved ones as expressions."""
    wanted = [(path, value) for path, value in flat(project(resource)).items()]
    for name, paths in _CONTAINERS.items():
        if isinstance(resource.get(name), Unresolved):
            wanted += [(path, resource[name]) for path in paths]
    model = _object(resource.get("properties")).get("model")
    if isinstance(model, Unresolved):
        wanted.append(("properties.model", model))
    return tuple(Expected(path, Source.IAC, (value,), where) for path, value in wanted)


def from_runbook(target: Target) -> tuple[Expected, ...]:
    """Return what the runbook says of a target."""
    return tuple(
        Expected(field_path(name), Source.RUNBOOK, (value,), "runbook")
        for name, value in target.runbook.items()
    )


def from_rules(rules: Sequence[FieldRule], alias: str) -> tuple[Expected, ...]:
    """Return what the policy rules that cover a target demand."""
    return tuple(
        Expected(field_path(rule.field), Source.POLICY, rule.values, rule.name, rule.must)
        for rule in rules
        if rule.covers(alias)
    )


def from_app(target: Target) -> tuple[Expected, ...]:
    """Return which model the application expects behind a target, nothing when it does not say."""
    wanted = Expected(field_path("model"), Source.APP, (target.serves,), f"serves of {target.alias}")
    return (wanted,) if target.serves else ()


def from_baseline(baseline: Mapping[str, Json], live: Mapping[str, Json], where: str) -> tuple[Expected, ...]:
    """Return that everything is as it was: what is live and was not there is expected to be absent."""
    before, now = flat(baseline), flat(live)
    paths = {path.lower(): path for path in (*now, *before)}
    return tuple(
        Expected(path, Source.SNAPSHOT, (value_at(before, path),), where) for path in sorted(paths.values())
    )


def _object(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}
