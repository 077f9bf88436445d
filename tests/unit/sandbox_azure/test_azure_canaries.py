"""Canaries: each class comes out wherever a real service could put such a secret."""

import json
from typing import Any

import pytest

from sandbox.azure.canaries import CLASSES, canaries, mark
from tests.unit.sandbox_azure.cloud import LOG, PROD, SUBSCRIPTION, TRIAGE, Cloud

INSIGHTS = "/providers/Microsoft.Insights"
JOBS = "/dataplane/aoai-contoso-weu/openai/v1/fine_tuning/jobs"
ROLES = "/providers/Microsoft.Authorization/roleAssignments"


def named(body: Any) -> set[str]:
    """The classes whose mark is in an answer."""
    text = json.dumps(body, default=str)
    return {name for name in CLASSES if mark(name) in text}


def test_each_canary_holds_its_own_mark_and_no_other() -> None:
    for name, value in canaries().items():
        assert [other for other in CLASSES if mark(other) in value] == [name]


def test_the_canaries_stay_the_same_within_a_process() -> None:
    assert dict(canaries()) == dict(canaries())


async def test_the_control_route_tells_every_canary(azure: Cloud) -> None:
    reply = await azure.control("canaries", method="GET")
    assert set(reply.body["canaries"]) == set(CLASSES)


async def test_an_account_answers_with_secrets_in_its_properties(azure: Cloud) -> None:
    body = (await azure.get(PROD)).body
    assert named(body["properties"]) >= {"endpoint", "IP", "token", "connection_string", "SAS", "key", "UPN"}
    assert named(body["properties"]["privateEndpointConnections"]) == {"path"}
    assert named(body["tags"]) == {"email", "path"}
    assert named(body["systemData"]) == {"email", "UPN"}


async def test_undocumented_fields_come_only_when_asked_for(azure: Cloud) -> None:
    assert named((await azure.get(TRIAGE)).body["properties"]) == set()
    await azure.control("settings", {"undocumented": True})
    found = named((await azure.get(TRIAGE)).body["properties"])
    assert found >= {"prompt", "completion", "file_name", "key", "SAS", "IP"}


@pytest.mark.parametrize("kind", ["403", "409", "429", "500", "503"])
async def test_the_words_of_a_fault_quote_secrets_of_every_class(azure: Cloud, kind: str) -> None:
    await azure.control("faults", {"kind": kind, "path": "/deployments"})
    reply = await azure.get(f"{PROD}/deployments")
    assert reply.status == int(kind)
    assert named(reply.body) == set(CLASSES)


async def test_a_refusal_and_a_missing_resource_quote_secrets_of_every_class(azure: Cloud) -> None:
    assert named((await azure.get(f"{PROD}/deployments/none")).body) == set(CLASSES)
    assert named((await azure.call("DELETE", TRIAGE)).body) == set(CLASSES)


async def test_headers_quote_secrets(azure: Cloud) -> None:
    assert named(dict((await azure.get(PROD)).headers)) == {"UPN", "IP", "endpoint", "SAS", "token"}


async def test_the_activity_log_names_people_and_addresses(azure: Cloud) -> None:
    since = "eventTimestamp ge '2026-10-01T00:00:00Z'"
    reply = await azure.get(LOG, api_version="2015-04-01", filter=since)
    people = [one for one in reply.body["value"] if one["claims"].get("idtyp") == "user"]
    assert people
    assert {one["caller"] for one in people} == {canaries()["UPN"]}
    assert all(
        one["claims"]["http://schemas.microsoft.com/identity/claims/objectidentifier"] for one in people
    )
    assert named(reply.body) >= {"UPN", "IP", "email", "endpoint", "prompt", "key"}


async def test_a_training_job_names_files_graders_and_people(azure: Cloud) -> None:
    body = (await azure.get(JOBS, api_version="none")).body
    assert named(body) >= {"file_name", "prompt", "completion", "email", "path", "key", "UPN"}
    assert {one["training_file"] for one in body["data"]} == {canaries()["file_name"]}


async def test_diagnostic_settings_and_role_assignments_name_places_and_people(azure: Cloud) -> None:
    settings = await azure.get(PROD + INSIGHTS + "/diagnosticSettings", api_version="2021-05-01-preview")
    assert named(settings.body) == {"path"}
    grants = await azure.get(SUBSCRIPTION + ROLES, api_version="2022-04-01")
    assert named(grants.body) == {"email", "UPN"}


async def test_without_canaries_no_answer_holds_one(azure: Cloud) -> None:
    await azure.control("settings", {"canaries": False, "undocumented": True})
    for path in (PROD, TRIAGE, f"{PROD}/deployments/none"):
        reply = await azure.get(path)
        assert named(reply.body) == named(dict(reply.headers)) == set()


async def test_the_own_memory_of_the_sandbox_stays_without_canaries(azure: Cloud) -> None:
    await azure.get(PROD)
    await azure.get(LOG, api_version="2015-04-01", filter="eventTimestamp ge '2026-10-01T00:00:00Z'")
    assert named((await azure.control("state", method="GET")).body) == set()
    assert named(azure.state.activity) == set()
