"""A declared ARM template (or what `bicep build` writes): the resource of one deployment, as far as it can be known.

Only what the file says is used: literals, default values of parameters, variables, and a few functions of text.
Anything else stays an `Unresolved` expression: it is said to be unresolved, never guessed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from bot.domain.arm_expression import HOLE, UnresolvedError, evaluate, is_expression
from bot.domain.errors import InvalidInputError, NotFoundError
from bot.domain.json import Json

ACCOUNTS = "microsoft.cognitiveservices/accounts"
DEPLOYMENTS = f"{ACCOUNTS}/deployments"
MODULES = "microsoft.resources/deployments"
MOST_COPIES = 200
MOST_MODULES = 8
Raw = Mapping[str, Json]


class Unresolved(str):
    """An expression that only Azure can evaluate."""


@dataclass(frozen=True)
class Scope:
    """What an expression may refer to: values of parameters and variables by lower-case name, the copy's number."""

    parameters: Mapping[str, Json] = field(default_factory=dict)
    variables: Mapping[str, Json] = field(default_factory=dict)
    copy: int | None = None
    depth: int = 0

    def value(self, kind: str, name: str) -> Json:
        """Return a parameter's or a variable's value; raise UnresolvedError where the file gives none."""
        values = self.parameters if kind == "parameters" else self.variables
        if name.lower() not in values or self.depth > 20:
            raise UnresolvedError(name)
        return self.strictly(values[name.lower()])

    def strictly(self, value: Json) -> Json:
        """Return a value without any expression left; raise UnresolvedError where one cannot be evaluated."""
        if isinstance(value, str) and not isinstance(value, Unresolved) and is_expression(value):
            deeper = replace(self, depth=self.depth + 1)
            return deeper.strictly(evaluate(value, deeper.value, copy=self.copy))
        if isinstance(value, Unresolved):
            raise UnresolvedError(value)
        return value[1:] if isinstance(value, str) and value.startswith("[[") else value

    def resolved(self, value: Json) -> Json:
        """Return a value with every expression evaluated, or left as `Unresolved`."""
        try:
            value = self.strictly(value)
        except UnresolvedError:
            return Unresolved(str(value))
        if isinstance(value, Mapping):
            return {name: self.resolved(each) for name, each in value.items()}
        return [self.resolved(each) for each in value] if isinstance(value, list) else value

    def name(self, value: Json) -> str:
        """Return a resource's name in lower case, with a hole where a part of it cannot be known."""
        try:
            found = evaluate(str(value), self.value, copy=self.copy, holes=True)
        except UnresolvedError:
            return HOLE
        return str(found).lower()


def declared_deployment(template: Raw, account: str, deployment: str) -> Raw:
    """Return the resource that declares a deployment, expressions evaluated or left as `Unresolved`.

    Raises:
        NotFoundError: the template declares no deployment of that name.
        InvalidInputError: it declares it more than once.
    """
    wanted = (account.lower(), deployment.lower())
    found = [
        scope.resolved(_writable(resource))
        for name, resource, scope in _deployments(template, _scope(template), "", 0)
        if _fits(name, wanted)
    ]
    if not found:
        raise NotFoundError(f"The template declares no deployment called {deployment}.")
    if len(found) > 1 and any(each != found[0] for each in found):
        raise InvalidInputError(f"The template declares {deployment} more than once, and not alike.")
    return _object(found[0])


def _writable(resource: Raw) -> Raw:
    return {name: resource[name] for name in ("sku", "properties", "tags") if name in resource}


def _fits(name: str, wanted: tuple[str, str]) -> bool:
    account, _, deployment = name.rpartition("/")
    return deployment == wanted[1] and (HOLE in account or account in ("", wanted[0]))


def _deployments(template: Raw, scope: Scope, parent: str, depth: int) -> Iterator[tuple[str, Raw, Scope]]:
    for resource in _objects(template.get("resources")):
        for within in _copies(resource, scope):
            if scope.resolved(resource.get("condition")) is False or resource.get("existing") is True:
                continue
            yield from _of_resource(resource, within, parent, depth)


def _of_resource(resource: Raw, scope: Scope, parent: str, depth: int) -> Iterator[tuple[str, Raw, Scope]]:
    kind = str(resource.get("type")).lower()
    name = scope.name(resource.get("name"))
    if kind == DEPLOYMENTS or (parent and kind == "deployments"):
        yield (f"{parent}/{name}" if parent and "/" not in name else name), resource, scope
    elif kind == ACCOUNTS:
        yield from _deployments(resource, scope, name, depth)
    elif kind == MODULES and depth < MOST_MODULES:
        inner = _object(_object(resource.get("properties")).get("template"))
        yield from _deployments(inner, _module_scope(resource, inner, scope), "", depth + 1)


def _copies(resource: Raw, scope: Scope) -> Iterator[Scope]:
    copy = _object(resource.get("copy"))
    count = scope.resolved(copy.get("count")) if copy else None
    if isinstance(count, int) and not isinstance(count, bool):
        yield from (replace(scope, copy=number) for number in range(min(count, MOST_COPIES)))
    else:
        yield scope


def _scope(template: Raw) -> Scope:
    parameters = _object(template.get("parameters"))
    defaults = {
        name.lower(): _object(each)["defaultValue"]
        for name, each in parameters.items()
        if "defaultValue" in _object(each)
    }
    variables = {name.lower(): each for name, each in _object(template.get("variables")).items()}
    return Scope(defaults, variables)


def _module_scope(resource: Raw, inner: Raw, outer: Scope) -> Scope:
    properties = _object(resource.get("properties"))
    options = _object(properties.get("expressionEvaluationOptions"))
    if str(options.get("scope")).lower() != "inner":
        return outer
    scope = _scope(inner)
    given = {
        name.lower(): outer.resolved(_object(each).get("value", Unresolved(name)))
        for name, each in _object(properties.get("parameters")).items()
    }
    return replace(scope, parameters={**scope.parameters, **given})


def _objects(value: Json) -> list[Raw]:
    """Return the objects of a list, or of a mapping by symbolic name."""
    found = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return [each for each in found if isinstance(each, Mapping)]


def _object(value: Json) -> Raw:
    return value if isinstance(value, Mapping) else {}
