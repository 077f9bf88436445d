"""The published JSON Schema is the one the tables make, and says of files what reading them says."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from handlers.cli.demo_company import company_toml
from handlers.configuration_schema import schema, schema_text
from tests.unit.test_configuration_file import DOCS, example

PUBLISHED = DOCS.parent / "countersign.schema.json"


def problems(text: str) -> list[str]:
    """What the schema finds in a file; dates are texts there, as they are for editors."""
    document: Any = _plain(tomllib.loads(text))
    return [error.message for error in Draft202012Validator(schema()).iter_errors(document)]


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value


def test_the_published_schema_has_not_drifted() -> None:
    fix = "countersign policy schema > docs/countersign.schema.json"
    assert PUBLISHED.read_text(encoding="utf-8") == schema_text(), fix


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("text", [example(), company_toml()], ids=["docs", "demo"])
def test_a_file_that_is_read_fits_the_schema(text: str) -> None:
    assert problems(text) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("quorum = 2", "qourum = 2"),
        ("quorum = 2", 'quorum = "two"'),
        ('approval_expires = "4h"', 'approval_expires = "4 hours"'),
        ("[policy.production.high]", "[policy.production.hihg]"),
        ('from = "U0DAN"', 'form = "U0DAN"'),
        ('raise_to = "critical"', 'raise_to = "emergency"'),
        ("max_rise_percent = 20", "max_rise_percent = -1"),
    ],
)
def test_an_editor_sees_a_mistake(old: str, new: str) -> None:
    assert old in example()
    assert problems(example().replace(old, new))


def test_the_example_names_the_schema_in_the_line_editors_read() -> None:
    assert example().splitlines()[0] == f"#:schema {PUBLISHED.relative_to(Path(DOCS).parents[1]).as_posix()}"
