"""Who looks, from the claims of the reader's token: no token is kept, and what it does not say is empty."""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError

from bot.azure.endpoints import Endpoints
from bot.azure.operator import TokenOperator, operator_of
from bot.domain.errors import CountersignError
from bot.domain.inventory import Operator
from tests.fakes.azure_inventory import READER, TENANT
from tests.fakes.azure_server import ACCOUNT, Reply, WallClock, reading, scripted

CLOCK = WallClock()


def _token(**claims: object) -> str:
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"e30.{body}.c2lnbmVk"


class _Hands:
    """A credential whose tokens a test writes; an exception is raised instead."""

    def __init__(self, *said: str | Exception, lasts: timedelta = timedelta(hours=1)) -> None:
        self.said, self.lasts, self.asked = list(said), lasts, 0

    async def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        self.asked += 1
        said = self.said.pop(0)
        if isinstance(said, Exception):
            raise said
        return AccessToken(said, int((CLOCK.now() + self.lasts).timestamp()))

    async def close(self) -> None: ...

    async def __aenter__(self) -> "_Hands":
        return self

    async def __aexit__(self, *_error: object) -> None: ...


def _operator(hands: _Hands) -> TokenOperator:
    return TokenOperator(hands, Endpoints(), "managed", CLOCK)


@pytest.mark.parametrize(
    ("claims", "kind"),
    [
        ({"idtyp": "app"}, "application"),
        ({"idtyp": "app", "xms_mirid": "/subscriptions/x"}, "managed identity"),
        ({"idtyp": "user"}, "user"),
        ({"idtyp": "<b>"}, ""),
        ({}, ""),
    ],
)
def test_a_token_says_whom_it_names_and_of_which_kind(claims: dict[str, object], kind: str) -> None:
    token = _token(oid=READER.upper(), tid=TENANT, upn="jane@contoso.example", **claims)
    assert operator_of(token, "managed") == Operator("managed", READER, kind, TENANT)


@pytest.mark.parametrize(
    "token", ["sandbox-reader", "", "a.b", "a.!.c", "a.W10.c", _token(oid="jane@contoso.example", tid=7)]
)
def test_a_token_that_names_nobody_is_said_to_name_nobody(token: str) -> None:
    assert operator_of(token, "cli") == Operator("cli")


async def test_the_token_is_asked_for_once_while_it_holds_and_is_not_kept() -> None:
    hands = _Hands(_token(oid=READER, tid=TENANT, idtyp="app"))
    operator = _operator(hands)
    assert await operator.operator() == await operator.operator()
    assert hands.asked == 1
    assert "c2lnbmVk" not in repr(vars(operator))


async def test_a_token_that_is_over_is_asked_for_again_and_another_person_is_seen() -> None:
    hands = _Hands(_token(oid=READER), _token(oid=TENANT), lasts=-timedelta(seconds=1))
    operator = _operator(hands)
    assert [(await operator.operator()).object_id for _ in range(2)] == [READER, TENANT]


async def test_without_a_token_the_operator_is_unknown_and_asked_for_again() -> None:
    hands = _Hands(ClientAuthenticationError("no managed identity here"), _token(oid=READER))
    operator = _operator(hands)
    assert await operator.operator() == Operator("managed")
    assert (await operator.operator()).object_id == READER


@pytest.mark.parametrize("tenant", [None, "Contoso", f"{TENANT}/x"])
async def test_a_subscription_without_a_tenants_id_is_unreadable(tenant: str | None) -> None:
    async with scripted(lambda _: Reply(body={"tenantId": tenant})) as server, reading(server.url) as azure:
        with pytest.raises(CountersignError, match="cannot be read"):
            await azure.readers.inventory.tenant(ACCOUNT)
