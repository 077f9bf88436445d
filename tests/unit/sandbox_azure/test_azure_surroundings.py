"""What is around deployments: diagnostics, health and its history, roles, spillover, growth, sign-in."""

import shutil
import ssl
import subprocess
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from sandbox.azure import access
from sandbox.azure.names import PRINCIPALS, TENANT_ID
from sandbox.azure.server import azure_app, serving
from tests.unit.sandbox_azure.cloud import PROD, SUBSCRIPTION, TEST, Cloud, MovableClock, span

INSIGHTS = "/providers/Microsoft.Insights/diagnosticSettings"
HEALTH = "/providers/Microsoft.ResourceHealth/availabilityStatuses"
AUTHORIZATION = "/providers/Microsoft.Authorization"


async def test_only_the_production_account_sends_its_logs(azure: Cloud) -> None:
    prod = await azure.get(PROD + INSIGHTS, api_version="2021-05-01-preview")
    test = await azure.get(TEST + INSIGHTS, api_version="2021-05-01-preview")
    (setting,) = prod.body["value"]
    sent = {one["category"] for one in setting["properties"]["logs"] if one["enabled"]}
    assert "RequestResponse" in sent
    assert setting["properties"]["workspaceId"]
    assert test.body == {"value": []}


async def test_health_has_a_history_and_changes_when_told(azure: Cloud) -> None:
    known = (await azure.get(PROD + HEALTH, api_version="2025-05-01")).body["value"]
    assert [one["properties"]["availabilityState"] for one in known] == ["Available", "Degraded", "Available"]
    told = {"account": "aoai-contoso-weu", "state": "Degraded", "reason": "PlatformInitiated"}
    assert (await azure.control("health", told)).status == 200
    now = (await azure.get(f"{PROD}{HEALTH}/current", api_version="2025-05-01")).body["properties"]
    assert (now["availabilityState"], now["reasonType"]) == ("Degraded", "PlatformInitiated")
    assert (await azure.control("health", {"account": "none", "state": "Degraded"})).status == 400


async def assigned(azure: Cloud, scope: str, **more: str) -> dict[str, set[str]]:
    """The roles of each principal that the scope's listing names."""
    reply = await azure.get(f"{scope}{AUTHORIZATION}/roleAssignments", api_version="2022-04-01", **more)
    found: dict[str, set[str]] = {}
    for one in reply.body["value"]:
        role = one["properties"]["roleDefinitionId"].rpartition("/")[2]
        found.setdefault(one["properties"]["principalId"], set()).add(role)
    return found


async def test_role_assignments_are_inherited_downwards_only(azure: Cloud) -> None:
    prod, test = await assigned(azure, PROD), await assigned(azure, TEST)
    assert prod[access.PLATFORM_GROUP] == {access.CONTRIBUTOR}
    assert access.PLATFORM_GROUP not in test
    assert test[PRINCIPALS["sandbox-reader"]] == {access.EVIDENCE_READER}
    assert access.PLATFORM_GROUP in await assigned(azure, SUBSCRIPTION)
    assert access.PLATFORM_GROUP not in await assigned(azure, SUBSCRIPTION, filter="atScope()")


async def test_every_assigned_role_has_a_definition(azure: Cloud) -> None:
    for roles in (await assigned(azure, SUBSCRIPTION)).values():
        for role in roles:
            path = f"{SUBSCRIPTION}{AUTHORIZATION}/roleDefinitions/{role}"
            reply = await azure.get(path, api_version="2022-04-01")
            assert reply.status == 200
            assert reply.body["properties"]["permissions"][0]["actions"]
    listed = await azure.get(
        f"{SUBSCRIPTION}{AUTHORIZATION}/roleDefinitions",
        api_version="2022-04-01",
        filter="type eq 'CustomRole'",
    )
    assert len(listed.body["value"]) == 3


async def test_one_deployment_spills_over_to_another_that_exists(azure: Cloud) -> None:
    found = (await azure.get(f"{PROD}/deployments")).body["value"]
    spills = {one["name"]: one["properties"].get("spilloverDeploymentName") for one in found}
    assert spills["email-draft-ft"] == "contract-extract-ft" in spills


async def test_one_account_lacks_a_tag(azure: Cloud) -> None:
    wanted = {"owner", "workload", "cost-center", "environment"}
    assert wanted <= set((await azure.get(PROD)).body["tags"])
    assert wanted - set((await azure.get(TEST)).body["tags"]) == {"cost-center"}


async def test_synthetic_deployments_use_no_quota_and_outlive_idleness(azure: Cloud) -> None:
    usage = f"{PROD}/usages"
    before = await azure.get(
        f"{SUBSCRIPTION}/providers/Microsoft.CognitiveServices/locations/westeurope/usages"
    )
    assert (await azure.control("settings", {"extra_deployments": 120, "page_size": 500})).status == 200
    azure.clock.move(days=16)
    found = (await azure.get(f"{PROD}/deployments")).body["value"]
    assert sum(one["name"].startswith("synthetic-") for one in found) == 120
    after = await azure.get(
        f"{SUBSCRIPTION}/providers/Microsoft.CognitiveServices/locations/westeurope/usages"
    )
    assert after.body == before.body
    assert (await azure.get(usage)).status == 200
    await azure.control("settings", {"extra_deployments": 0})
    names = [one["name"] for one in (await azure.get(f"{PROD}/deployments")).body["value"]]
    assert not [name for name in names if name.startswith("synthetic-")]


async def test_a_provisioned_deployment_tells_its_utilisation(azure: Cloud) -> None:
    model = (await azure.get(f"{PROD}/deployments/support-triage-ft")).body["properties"]["model"]
    body = {"sku": {"name": "ProvisionedManaged", "capacity": 50}, "properties": {"model": model}}
    assert (await azure.write("PUT", f"{PROD}/deployments/triage-ptu", body)).status == 201
    azure.clock.move(minutes=10)
    series = await azure.metric(
        PROD,
        "AzureOpenAIProvisionedManagedUtilizationV2",
        filter="ModelDeploymentName eq 'triage-ptu'",
        timespan=span(azure.clock, minutes=10),
    )
    points = [point["average"] for one in series for point in one["data"] if "average" in point]
    assert points
    assert all(0 < point <= 100 for point in points)


async def token(session: aiohttp.ClientSession, url: str, client: str, **more: Any) -> tuple[int, Any]:
    """What the token endpoint answers to a client."""
    form = {
        "client_id": client,
        "client_secret": "x",
        "grant_type": "client_credentials",
        "scope": "a/.default",
    }
    async with session.post(f"{url}/{TENANT_ID}/oauth2/v2.0/token", data=form, **more) as reply:
        return reply.status, await reply.json()


async def test_each_client_gets_its_own_token_and_strangers_none(azure: Cloud) -> None:
    for name, client in PRINCIPALS.items():
        status, body = await token(azure.session, azure.url, client)
        assert (status, body["access_token"]) == (200, name)
        listed = await azure.get("/subscriptions", token=name, api_version="2022-12-01")
        assert [one["tenantId"] for one in listed.body["value"]] == [TENANT_ID]
    assert (await token(azure.session, azure.url, "00000000-0000-0000-0000-00000000beef"))[0] == 401
    assert (await azure.get("/subscriptions", token=None, api_version="2022-12-01")).status == 401


async def test_the_cloud_tells_its_addresses_without_a_token(azure: Cloud) -> None:
    cloud = await azure.get("/metadata/endpoints", token=None, api_version="2022-09-01")
    assert cloud.body["resourceManager"] == cloud.body["authentication"]["loginEndpoint"] == azure.url
    how = await azure.get(
        f"/{TENANT_ID}/v2.0/.well-known/openid-configuration", token=None, api_version="none"
    )
    assert how.body["token_endpoint"] == f"{azure.url}/{TENANT_ID}/oauth2/v2.0/token"


async def test_a_double_encoded_timespan_is_understood(azure: Cloud) -> None:
    asked = span(azure.clock, hours=1).replace(":", "%3A").replace("/", "%2F")
    reply = await azure.get(
        f"{PROD}/providers/Microsoft.Insights/metrics",
        api_version="2018-01-01",
        metricnames="TokenTransaction",
        timespan=asked,
    )
    assert reply.status == 200
    assert len(reply.body["value"][0]["timeseries"][0]["data"]) == 60


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate for this computer, made for the test, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    made, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    line = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "1",
        "-subj",
        "/CN=localhost",
    ]
    line += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(made)]
    subprocess.run(line, check=True, capture_output=True)
    return made, key


async def test_the_same_simulation_can_be_served_by_tls(certificate: tuple[Path, Path]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    trust = ssl.create_default_context(cafile=str(certificate[0]))
    async with (
        serving(azure_app(MovableClock()), ssl_context=context) as url,
        aiohttp.ClientSession() as session,
    ):
        assert url.startswith("https://")
        status, body = await token(session, url, PRINCIPALS["sandbox-reader"], ssl=trust)
    assert (status, body["access_token"]) == (200, "sandbox-reader")
