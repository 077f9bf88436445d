"""Where a token may go, and which identity may be asked for it."""

import pytest

from bot.azure.connection import connect_executor, connect_reader
from bot.azure.credentials import async_credential, credential, scope
from bot.azure.endpoints import Endpoints, Identity, IdentityKind, is_within
from bot.domain.errors import InvalidInputError
from sandbox.azure.identity import identity_of
from tests.fakes.azure_server import WallClock

ARM = "https://management.azure.com"


@pytest.mark.parametrize(
    "url",
    [
        "https://management.azure.com/subscriptions/x?a=b",
        "https://management.azure.com:443/subscriptions/x",
        "https://MANAGEMENT.azure.com/",
    ],
)
def test_an_address_below_the_origin_is_within(url: str) -> None:
    assert is_within(url, ARM)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/subscriptions/x",
        "http://management.azure.com/x",
        "https://management.azure.com.evil.example/x",
        "https://management.azure.com@evil.example/x",
        "https://management.azure.com\\@evil.example/x",
        "https://management.azure.com:444/x",
        "https://evil.example/https://management.azure.com/",
        "https://management.azure.com/x\nHost: evil.example",
        "//management.azure.com/x",
        "https://managementXazure.com/x",
    ],
)
def test_any_other_address_is_not_within(url: str) -> None:
    assert not is_within(url, ARM)


def test_a_loopback_origin_pins_its_port_and_its_scheme() -> None:
    assert is_within("http://127.0.0.1:8080/x", "http://127.0.0.1:8080")
    assert is_within("http://[::1]:8080/x", "http://[::1]:8080/")
    assert not is_within("http://127.0.0.1:8081/x", "http://127.0.0.1:8080")
    assert not is_within("http://localhost:8080/x", "http://127.0.0.1:8080")


@pytest.mark.parametrize(
    "url",
    [
        "http://management.azure.com",
        "ftp://127.0.0.1",
        "127.0.0.1:80",
        f"{ARM}/subscriptions",
        f"{ARM}?x=y",
        "https://user@management.azure.com",
        "http://127.0.0.1.evil.example",
    ],
)
def test_an_endpoint_that_is_no_origin_or_sends_in_the_clear_is_refused(url: str) -> None:
    with pytest.raises(InvalidInputError):
        Endpoints(url)


@pytest.mark.parametrize("make", [credential, async_credential])
@pytest.mark.parametrize(
    "endpoints",
    [Endpoints(), Endpoints("http://127.0.0.1:1", logs_url="https://api.loganalytics.io")],
)
def test_the_sandbox_identity_is_refused_beside_a_real_azure(make: object, endpoints: Endpoints) -> None:
    assert callable(make)
    with pytest.raises(InvalidInputError, match="sandbox"):
        make(Identity("sandbox"), endpoints)


async def test_the_sandbox_token_is_unsigned_and_says_which_identity_it_is() -> None:
    endpoints = Endpoints("http://127.0.0.1:1")
    executor = credential(Identity("sandbox", role="executor"), endpoints).get_token("s").token
    reader = (await async_credential(Identity("sandbox"), endpoints).get_token("s")).token
    assert [identity_of(each) for each in (executor, reader)] == ["sandbox-executor", "sandbox-reader"]
    assert [each.rpartition(".")[2] for each in (executor, reader)] == ["", ""]
    assert identity_of(f"{reader}c2lnbmVk") == "", "what is signed is a real token, whatever it claims"


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("managed", "ManagedIdentityCredential"),
        ("workload", "WorkloadIdentityCredential"),
        ("cli", "AzureCliCredential"),
    ],
)
async def test_each_kind_is_exactly_one_credential(
    kind: IdentityKind, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_TENANT_ID", "00000000-0000-0000-0000-0000000000c0")
    monkeypatch.setenv("AZURE_FEDERATED_TOKEN_FILE", "token")
    for made in (credential, async_credential):
        identity = Identity(kind, "00000000-0000-0000-0000-0000000000aa")
        assert type(made(identity, Endpoints())).__name__ == name


def test_the_scope_follows_the_cloud() -> None:
    assert scope(Endpoints()) == f"{ARM}/.default"
    assert scope(Endpoints("https://management.usgovcloudapi.net/")).startswith("https://management.usgov")


def test_a_connection_takes_only_the_identity_of_its_role() -> None:
    endpoints = Endpoints("http://127.0.0.1:1")
    with pytest.raises(InvalidInputError):
        connect_reader(endpoints, Identity("sandbox", role="executor"), WallClock())
    with pytest.raises(InvalidInputError):
        connect_executor(endpoints, Identity("sandbox"), WallClock())
