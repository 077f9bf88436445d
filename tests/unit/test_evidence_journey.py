"""Evidence of the simulated company, read over HTTP as from Azure."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import aiohttp

from bot.azure.connection import AzureConnection
from bot.domain.deployment import DeploymentRef
from bot.domain.evidence import Evidence, Window
from bot.evidence.traffic import traffic_between
from bot.usecases.look import gather
from sandbox.azure.logs import WORKSPACE_ID
from sandbox.azure.server import azure_app, serving
from tests.fakes.azure_inventory import READER, TENANT
from tests.fakes.azure_server import ACCOUNT, REF, WallClock, reading

CLOCK = WallClock()
LOGGED = DeploymentRef(replace(ACCOUNT, log_workspace=WORKSPACE_ID), REF.deployment)


async def _evidence(azure: AzureConnection) -> Evidence:
    return await gather(LOGGED, "triage-prod", readers=azure.readers, now=CLOCK.now())


def _words(evidence: Evidence, section: str) -> dict[str, str]:
    (found,) = (each for each in evidence.sections if each.key == section)
    assert found.gap == ""
    return {fact.name: fact.words for fact in found.facts}


async def test_every_section_sees_the_simulated_deployment() -> None:
    async with serving(azure_app(CLOCK)) as url, reading(url) as azure:
        evidence = await _evidence(azure)
    assert [f"{gap.key}: {gap.gap}" for gap in evidence.gaps] == []
    assert int(_words(evidence, "logs")["Logged requests"].replace(",", "")) > 0
    scope = _words(evidence, "scope")
    assert (scope["Tenant"], scope["Operator"]) == (TENANT, f"application {READER}")
    assert scope["Credential"] == "sandbox: reads only"
    assert _words(evidence, "configuration")["Capacity"] == "120 thousand tokens per minute"
    assert _words(evidence, "model")["Base model"] == "gpt-4.1-mini 2025-04-14"
    assert _words(evidence, "content_filter")["Policy"] == "strict-support-v3"
    assert _words(evidence, "quota")["Left"] == "90 units"
    assert "41 days ago" in _words(evidence, "age")["Created"]
    traffic = _words(evidence, "traffic")
    assert "(mean of the same hour on 7 days)" in traffic["Tokens, usual"]
    assert traffic["HTTP 429"].endswith("%")
    assert "@" not in evidence.body.decode()


async def test_a_read_that_is_forbidden_is_a_gap_that_names_the_code() -> None:
    async with serving(azure_app(CLOCK)) as url, reading(url) as azure:
        await _control(url, "faults", {"path": "/usages", "kind": "403", "times": None})
        evidence = await _evidence(azure)
    said = {gap.key: gap.gap for gap in evidence.gaps}
    assert "AuthorizationFailed" in said["quota"]


async def test_a_slow_section_is_a_gap_and_does_not_hold_up_the_others() -> None:
    async with serving(azure_app(CLOCK)) as url, reading(url) as azure:
        fault = {"path": "/raiPolicies/", "kind": "429", "times": None, "retry_after": 30}
        await _control(url, "faults", fault)
        began = CLOCK.now()
        evidence = await _evidence(azure)
    assert {gap.key for gap in evidence.gaps} == {"content_filter"}
    assert CLOCK.now() - began < timedelta(seconds=4)


async def test_throttling_that_begins_now_is_seen_in_the_window_after() -> None:
    async with serving(azure_app(CLOCK)) as url, reading(url) as azure:
        now = CLOCK.now()
        since = (now - timedelta(minutes=10)).isoformat()
        demand = {"deployment": REF.deployment, "share_5xx": 0.5, "from": since}
        await _control(url, "traffic", demand)
        windows = [Window(now - timedelta(minutes=m + 8), now - timedelta(minutes=m)) for m in (30, 1)]
        before, after = [await traffic_between(azure.readers.metrics, REF, each) for each in windows]
    assert before.requests > 0
    assert before.failed / before.requests < 0.1 < after.failed / after.requests
    assert after.latency_ms is not None


async def _control(url: str, what: str, body: Mapping[str, object]) -> None:
    async with aiohttp.ClientSession() as session, session.post(f"{url}/control/{what}", json=body) as answer:
        assert answer.status == 200, await answer.text()
