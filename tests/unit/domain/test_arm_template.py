"""Declared templates: the deployment's resource is found by name, and what only Azure can evaluate stays as it is."""

from collections.abc import Mapping
from typing import Any

import pytest

from bot.domain.arm_template import Unresolved, declared_deployment
from bot.domain.errors import InvalidInputError, NotFoundError
from bot.domain.json import Json

KIND = "Microsoft.CognitiveServices/accounts/deployments"
NAME = "[format('{0}/{1}', parameters('account'), 'triage-ft')]"


def template(resource: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """A template of one deployment."""
    return {"resources": [{"type": KIND, "name": NAME, **resource}], **more}


def declared(document: Mapping[str, Any]) -> Mapping[str, Json]:
    """What it declares of triage-ft in aoai-prod."""
    return declared_deployment(document, "aoai-prod", "triage-ft")


def capacity(document: Mapping[str, Any]) -> Json:
    """The capacity it declares."""
    sku = declared(document)["sku"]
    return sku["capacity"] if isinstance(sku, Mapping) else sku


@pytest.mark.parametrize(
    "name",
    [
        "aoai-prod/triage-ft",
        "AOAI-Prod/Triage-FT",
        "[concat('aoai-prod', '/', 'triage-ft')]",
        "[concat(parameters('unknown'), '/triage-ft')]",
        "[format('{0}/{1}', reference('x', '2020-01-01').name, 'triage-ft')]",
        "[format('{0}/{1}', toLower('AOAI-PROD'), variables('name'))]",
    ],
)
def test_a_deployment_is_found_by_name(name: str) -> None:
    document = template({"name": name, "sku": {"capacity": 7}}, variables={"name": "[toLower('TRIAGE-ft')]"})
    assert capacity(document) == 7


@pytest.mark.parametrize(
    "name", ["other/triage-ft", "aoai-prod/other", "[parameters('whole')]", "[uniqueString('x')]"]
)
def test_another_deployment_or_a_name_that_cannot_be_known_is_not_taken_for_it(name: str) -> None:
    with pytest.raises(NotFoundError, match="triage-ft"):
        declared(template({"name": name}))


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("[parameters('units')]", 120),
        ("[PARAMETERS('Units')]", 120),
        ("[variables('sizes').prod]", 60),
        ("[variables('sizes')['prod']]", 60),
        ("[variables('list')[1]]", 2),
        ("[int('12')]", 12),
        ("[length(variables('list'))]", 2),
        ("[variables('again')]", 120),
        ("[[parameters('units')]", "[parameters('units')]"),
        ("plain", "plain"),
    ],
)
def test_what_the_file_says_is_resolved(expression: str, value: Json) -> None:
    document = template(
        {"sku": {"capacity": expression}},
        parameters={"units": {"type": "int", "defaultValue": 120}, "account": {"type": "string"}},
        variables={"sizes": {"prod": 60}, "list": [1, 2], "again": "[parameters('units')]"},
    )
    assert capacity(document) == value


@pytest.mark.parametrize(
    "expression",
    [
        "[parameters('account')]",
        "[if(equals(parameters('units'), 1), 2, 3)]",
        "[reference(resourceId('x', 'y')).capacity]",
        "[variables('circle')]",
        "[add(1, 2)]",
        "[variables('sizes').test]",
        "[not an expression at all]",
        "[parameters('units'",
    ],
)
def test_what_only_azure_can_evaluate_stays_an_expression(expression: str) -> None:
    document = template(
        {"sku": {"capacity": expression + ("]" if not expression.endswith("]") else "")}},
        parameters={"units": {"defaultValue": 120}, "account": {"type": "string"}},
        variables={"circle": "[variables('circle')]", "sizes": {"prod": 1}},
    )
    assert isinstance(capacity(document), Unresolved)


def test_a_module_sees_the_values_it_is_given() -> None:
    inner = template(
        {"sku": {"capacity": "[parameters('units')]"}},
        parameters={"units": {"type": "int"}, "account": {"type": "string"}},
    )
    module = {
        "type": "Microsoft.Resources/deployments",
        "name": "models",
        "properties": {
            "expressionEvaluationOptions": {"scope": "inner"},
            "parameters": {"units": {"value": "[variables('units')]"}, "account": {"value": "aoai-prod"}},
            "template": inner,
        },
    }
    assert capacity({"resources": {"models": module}, "variables": {"units": 33}}) == 33


def test_a_loop_declares_one_deployment_for_each_item() -> None:
    loop = {
        "copy": {"name": "each", "count": "[length(parameters('all'))]"},
        "name": "[format('{0}/{1}', 'aoai-prod', parameters('all')[copyIndex()].name)]",
        "sku": {"capacity": "[parameters('all')[copyIndex()].units]"},
    }
    items = [{"name": "other", "units": 1}, {"name": "triage-ft", "units": 44}]
    assert capacity(template(loop, parameters={"all": {"defaultValue": items}})) == 44


def test_a_deployment_inside_its_account_is_found() -> None:
    child = {"type": "deployments", "name": "triage-ft", "sku": {"capacity": 5}}
    account = {"type": "Microsoft.CognitiveServices/accounts", "name": "aoai-prod", "resources": [child]}
    assert capacity({"resources": [account]}) == 5
    with pytest.raises(NotFoundError):
        declared({"resources": [{**account, "name": "aoai-test"}]})


def test_what_is_switched_off_or_only_referred_to_declares_nothing() -> None:
    for off in ({"condition": False}, {"condition": "[parameters('on')]"}, {"existing": True}):
        with pytest.raises(NotFoundError):
            declared(template(off, parameters={"on": {"defaultValue": False}}))


def test_two_different_declarations_are_refused_and_two_alike_are_one() -> None:
    one, other = (
        {"type": KIND, "name": "aoai-prod/triage-ft", "sku": {"capacity": units}} for units in (1, 2)
    )
    assert capacity({"resources": [one, one]}) == 1
    with pytest.raises(InvalidInputError, match="more than once"):
        declared({"resources": [one, other]})
