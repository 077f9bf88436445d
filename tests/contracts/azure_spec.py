"""Where Azure's published descriptions and examples are, and what they say of a request."""

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = "transcribed-azure-rest-api-specs"
READ_ONLY = 2


def azure_spec(name: str) -> Any:
    """Return one file of Azure's descriptions, parsed, or skip the test."""
    path = Path(os.environ.get("COUNTERSIGN_SPEC_DATA", ROOT / ".." / "shared" / "data")) / "azure" / name
    if not path.exists():
        pytest.skip(f"Azure's descriptions are not here: {name} (set COUNTERSIGN_SPEC_DATA)")
    return json.loads(path.read_text("utf-8"))


def example(name: str, status: str = "200") -> Any:
    """Return the body of a published example answer."""
    return azure_spec(f"{EXAMPLES}/{name}.json")["responses"][status]["body"]


@dataclass(frozen=True)
class Asked:
    """One request as it was sent."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Any = None


def problems(asked: Asked) -> list[str]:
    """Return what the published description says against a request; empty when it is valid."""
    for document in (_cognitive(), _insights()):
        for pattern, operations in _templates(document):
            if pattern.fullmatch(asked.path) and asked.method.lower() in operations:
                return [*_against(asked, operations[asked.method.lower()], document)]
    return [f"no operation {asked.method} {asked.path}"]


def read_only_fields(body: Mapping[str, Any]) -> list[str]:
    """Return the fields of a deployment body that Azure says are only to be read."""
    return [*_read_only(body, azure_spec("deployment-writable.json")["2025-12-01"], "")]


@cache
def _cognitive() -> Any:
    return azure_spec("openapi-cognitive-2025-12-01.examples.json")


@cache
def _insights() -> Any:
    return azure_spec("openapi-insights-2024-02-01.json")


def _templates(document: Any) -> Iterator[tuple[re.Pattern[str], Mapping[str, Any]]]:
    for template, operations in document["paths"].items():
        parts = re.split(r"(\{\w+\})", template)
        kinds = {"{scope}": ".+"}
        pattern = "".join(kinds.get(p, "[^/]+") if p.startswith("{") else re.escape(p) for p in parts)
        yield re.compile(pattern), operations


def _against(asked: Asked, operation: Any, document: Any) -> Iterator[str]:
    known = {each["name"]: each for each in operation["parameters"] if each["in"] == "query"}
    for name, parameter in known.items():
        if parameter["required"] and name not in asked.query:
            yield f"{name} is missing"
        allowed = parameter["schema"].get("enum")
        if name in asked.query and allowed and asked.query[name] not in allowed:
            yield f"{name}={asked.query[name]} is not one of {allowed}"
    yield from (f"unknown parameter {name}" for name in asked.query if name not in known)
    content = operation.get("requestBody", {}).get("content", {})
    if not content and asked.body is not None:
        yield "a body where there is none"
    if content:
        schema = _strict(content["application/json"]["schema"], document)
        for error in Draft202012Validator(schema).iter_errors(asked.body):
            yield f"{error.json_path}: {error.message}"


def _strict(schema: Any, document: Any) -> Any:
    """Return a schema with its references put in, in which an unknown field is an error."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/components/schemas/")
        return _strict(document["components"]["schemas"][name], document)
    strict = dict(schema)
    if "items" in schema:
        strict["items"] = _strict(schema["items"], document)
    if "properties" in schema:
        strict["properties"] = {name: _strict(each, document) for name, each in schema["properties"].items()}
        strict.setdefault("additionalProperties", False)
    return strict


def _read_only(body: Mapping[str, Any], fields: Mapping[str, Any], place: str) -> Iterator[str]:
    for name, value in body.items():
        field = fields.get(name, {"flags": READ_ONLY})
        if field["flags"] & READ_ONLY:
            yield place + name
        if isinstance(value, Mapping) and field.get("props"):
            yield from _read_only(value, field["props"], f"{place}{name}.")
