"""What happens when the identity, the name or the network of this host is not as it should be."""

from dataclasses import replace

import pytest

from bot.azure.connection import connect_executor, connect_reader
from bot.azure.endpoints import Endpoints, Identity
from bot.domain.errors import AzureUnavailableError, InvalidInputError, NotAppliedError
from bot.domain.operation import Operation
from tests.fakes.azure_server import (
    ACCOUNT,
    REF,
    Reply,
    WallClock,
    executing,
    raw_deployment,
    reading,
    scripted,
)

SCALE = Operation("PATCH", REF.arm_id, {"sku": {"name": "Standard", "capacity": 130}, "tags": {}})


async def test_a_host_without_the_identity_cannot_read_and_is_told_which_setting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "")
    async with scripted(lambda _: Reply(body={})) as server:
        azure = connect_reader(Endpoints(server.url), Identity("cli"), WallClock())
        with pytest.raises(AzureUnavailableError, match="sign in") as caught:
            await azure.readers.azure.deployment(REF)
        await azure.close()
    assert "COUNTERSIGN_AZURE_IDENTITY" in caught.value.advice
    assert server.seen == []


async def test_a_host_without_the_executor_identity_sends_nothing_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "")
    async with scripted(lambda _: Reply(body={})) as server:
        identity = Identity("cli", role="executor")
        executor, close = connect_executor(Endpoints(server.url), identity, WallClock())
        with pytest.raises(NotAppliedError, match="Nothing was changed") as caught:
            await executor.writer.send(SCALE, change="CHG-7", correlation="ref-7")
        await close()
    assert caught.value.code == "AuthenticationFailed"
    assert server.seen == []


async def test_on_loopback_no_proxy_of_the_environment_sees_the_token(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with scripted(lambda _: Reply(502)) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        async with scripted(lambda _: Reply(200, raw_deployment())) as server:
            async with reading(server.url) as azure, executing(server.url) as executor:
                await azure.readers.azure.deployment(REF)
                await executor.writer.send(SCALE, change="CHG-7", correlation="ref-7")
    assert proxy.seen == []
    assert len(server.seen) == 2


@pytest.mark.threat(14)
@pytest.mark.asvs("1.2.2")
async def test_a_name_that_could_change_the_path_is_refused_before_it_is_sent() -> None:
    async with scripted(lambda _: Reply(body={"value": []})) as server, reading(server.url) as azure:
        for account in (
            replace(ACCOUNT, location="west/../europe"),
            replace(ACCOUNT, resource_group="rg/../x"),
            replace(ACCOUNT, subscription="x?y"),
        ):
            with pytest.raises(InvalidInputError):
                await azure.readers.azure.quota(account)
        for name in ("../keys", "a/b", "a?b", ""):
            with pytest.raises(InvalidInputError):
                await azure.readers.azure.content_filter(ACCOUNT, name)
    assert server.seen == []


async def test_a_correlation_id_that_is_no_header_is_refused_before_it_is_sent() -> None:
    async with scripted(lambda _: Reply(200, raw_deployment())) as server, executing(server.url) as executor:
        with pytest.raises(InvalidInputError):
            await executor.writer.send(SCALE, change="CHG-7", correlation="x\r\nAuthorization: y")
    assert server.seen == []
