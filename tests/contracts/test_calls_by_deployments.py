"""How many calls a look makes does not grow with the deployments of an account, but for the pages of their list."""

from collections import Counter
from dataclasses import replace

import pytest

from bot.azure.connection import connect_reader
from bot.azure.endpoints import Endpoints, Identity
from bot.domain.deployment import DeploymentRef
from bot.usecases.look import gather
from sandbox.azure.logs import WORKSPACE_ID
from tests.fakes.azure_server import ACCOUNT
from tests.unit.sandbox_azure.cloud import PROD, Cloud, cloud

REF = DeploymentRef(replace(ACCOUNT, log_workspace=WORKSPACE_ID), "support-triage-ft")
LIST = ("GET", f"{PROD}/deployments", "", "")
SEEDED = 3


async def _calls(azure: Cloud, deployments: int, page: int) -> Counter[tuple[str, str, str, str]]:
    """Return what a first look asks with so many deployments on the account: method, path, metric and filter."""
    await azure.control("settings", {"extra_deployments": deployments - SEEDED, "page_size": page})
    before = len(azure.state.requests)
    connection = connect_reader(Endpoints(*[azure.url] * 3), Identity("sandbox"), azure.clock)
    try:
        seen = await gather(REF, "triage-prod", readers=connection.readers, now=azure.clock.now())
    finally:
        await connection.close()
    assert not [each.gap for each in seen.sections if each.key == "siblings" and each.gap]
    return Counter(
        (one["method"], one["path"], one["query"].get("metricnames", ""), one["query"].get("$filter", ""))
        for one in list(azure.state.requests)[before:]
    )


@pytest.mark.parametrize(("deployments", "page", "pages"), [(500, 50, 10), (120, 50, 3), (500, 500, 1)])
async def test_no_deployment_of_the_account_costs_a_call_of_its_own(
    deployments: int, page: int, pages: int
) -> None:
    async with cloud() as azure:
        few = await _calls(azure, SEEDED, 50)
        many = await _calls(azure, deployments, page)
    assert few[LIST] == 1
    assert many == few + Counter({LIST: pages - 1})
