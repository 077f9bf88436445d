"""What is declared in files: templates beside the configuration, their parameters, and files that are none."""

import json
from pathlib import Path
from typing import Any

import pytest

from bot.domain.arm_template import declared_deployment
from bot.domain.deployment import Target
from bot.domain.errors import CountersignError, InvalidInputError, NotFoundError
from handlers.declared_files import DeclaredFiles
from tests.fakes.azure_reads import THING
from tests.fakes.house import company

TARGET = Target("triage-prod", THING, "U1", "C1", declared="infra/triage.json")
TEMPLATE: dict[str, Any] = {
    "parameters": {"units": {"type": "int"}, "key": {"type": "string"}},
    "resources": [
        {
            "type": "Microsoft.CognitiveServices/accounts/deployments",
            "name": f"{THING.account.account}/{THING.deployment}",
            "sku": {"name": "Standard", "capacity": "[parameters('units')]"},
        }
    ],
}


def declared(folder: Path, text: str | None = None, parameters: Any = None) -> DeclaredFiles:
    """The reader of a folder in which these files stand."""
    (folder / "infra").mkdir()
    if text is not None:
        (folder / "infra/triage.json").write_text(text, encoding="utf-8")
    if parameters is not None:
        (folder / "infra/triage.parameters.json").write_text(json.dumps(parameters), encoding="utf-8")
    return DeclaredFiles(company(targets=(TARGET,)), folder)


def test_a_template_is_read_beside_the_configuration(tmp_path: Path) -> None:
    files = declared(tmp_path, "\ufeff" + json.dumps(TEMPLATE))
    assert files.document(TARGET) == TEMPLATE
    assert files.target(THING) == TARGET


def test_values_of_a_parameter_file_beside_it_are_used_and_references_are_not(tmp_path: Path) -> None:
    values = {"parameters": {"units": {"value": 90}, "key": {"reference": {"secretName": "x"}}}}
    document = declared(tmp_path, json.dumps(TEMPLATE), values).document(TARGET)
    found = declared_deployment(document, THING.account.account, THING.deployment)
    assert found["sku"] == {"name": "Standard", "capacity": 90}
    assert document["parameters"] == {
        "units": {"type": "int", "defaultValue": 90},
        "key": {"type": "string"},
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "cannot be read"),
        ("resource x 'y' = {", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "is not an ARM template"),
        (" " * 8_000_001, "larger than 8 MB"),
    ],
)
def test_a_file_that_is_no_template_is_refused_by_name(tmp_path: Path, text: str | None, words: str) -> None:
    with pytest.raises(InvalidInputError, match=words) as refused:
        declared(tmp_path, text).document(TARGET)
    assert "infra/triage.json" in str(refused.value)
    assert str(tmp_path) not in str(refused.value) + refused.value.advice


def test_where_nothing_is_declared_there_is_no_document(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError) as refused:
        declared(tmp_path).document(Target("other", THING, "U1", "C1"))
    assert isinstance(refused.value, CountersignError)
