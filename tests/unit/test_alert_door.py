"""The door of alerts: who is let in, what is refused with which words, and that a kept alert is kept once."""

import json
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast

import aiohttp
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

from bot.azure.parse_alert import read_alert
from bot.domain.errors import ConflictError, InvalidInputError
from handlers.house import House
from handlers.settings import ACTION_GROUPS, Settings
from handlers.web.door import MOST_BYTES
from handlers.web.metrics import new_metrics
from handlers.web.server import web_app
from sandbox.azure.server import serving
from storage.open import OpenArchive
from tests.fakes.azure_reads import PLACE, THING
from tests.fakes.clock import FakeClock
from tests.fakes.house import House as Company
from tests.fakes.house import company

TENANT, AUDIENCE = "00000000-0000-0000-0000-0000000000c0", "api://countersign-alerts"
KEY, OTHER = (generate_private_key(65537, 2048) for _ in range(2))
SHORT = generate_private_key(65537, 1024)
CLOCK = FakeClock()


def body(**essentials: Any) -> dict[str, Any]:
    """Return a notification in the common alert schema."""
    usual = {
        "alertId": f"/subscriptions/{PLACE.subscription}/providers/Microsoft.AlertsManagement/alerts/a-1",
        "alertRule": "http-429",
        "severity": "Sev2",
        "signalType": "Metric",
        "monitorCondition": "Fired",
        "alertTargetIDs": [PLACE.arm_id.lower()],
        "firedDateTime": "2026-11-24T11:58:00.000Z",
        "description": "mail the owner at someone@contoso.example",
    }
    met = {
        "metricName": "AzureOpenAIRequests",
        "operator": "GreaterThan",
        "threshold": "300",
        "dimensions": [
            {"name": "ModelDeploymentName", "value": THING.deployment},
            {"name": "StatusCode", "value": "429"},
        ],
        "metricValue": 1200.5,
    }
    context = {"condition": {"windowSize": "PT5M", "allOf": [met]}}
    data = {"essentials": usual | essentials, "alertContext": context}
    return {"schemaId": "azureMonitorCommonAlertSchema", "data": data}


def claims(**more: Any) -> dict[str, Any]:
    """Return what a token of Azure Monitor's says."""
    now = CLOCK.now().timestamp()
    usual = {
        "iss": f"https://sts.windows.net/{TENANT}/",
        "tid": TENANT,
        "aud": AUDIENCE,
        "appid": ACTION_GROUPS,
        "nbf": now - 60,
        "exp": now + 3600,
    }
    return usual | more


def token(said: Mapping[str, Any], key: RSAPrivateKey = KEY, **head: Any) -> str:
    """Return a signed token."""
    parts = [_encoded(json.dumps(each).encode()) for each in ({"alg": "RS256", "kid": "k1"} | head, said)]
    signed = ".".join(parts)
    return f"{signed}.{_encoded(key.sign(signed.encode(), PKCS1v15(), SHA256()))}"


def _encoded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _jwk(kid: str, key: RSAPrivateKey) -> dict[str, str]:
    numbers = key.public_key().public_numbers()
    n, e = (_encoded(each.to_bytes(256)) for each in (numbers.n, numbers.e))
    return {"kty": "RSA", "use": "sig", "kid": kid, "n": n, "e": e}


@dataclass
class Entra:
    """The tenant's page of keys; it counts who asks, and can be away."""

    asked: int = 0
    keys: list[dict[str, str]] = field(default_factory=lambda: [_jwk("k1", KEY), _jwk("short", SHORT)])
    status: int = 200

    async def answer(self, request: web.Request) -> web.Response:
        """Return the keys."""
        self.asked += 1
        return web.json_response({"keys": self.keys}, status=self.status)


@dataclass
class Port:
    """The open door, what is behind it, and a client."""

    url: str
    company: Company
    entra: Entra
    authority: str
    behind: "_Archive"
    session: aiohttp.ClientSession

    async def send(self, said: Any = None, **headers: str) -> tuple[int, Any]:
        """Post a notification; return the status and the answer."""
        raw = said if isinstance(said, bytes) else json.dumps(said or body()).encode()
        async with self.session.post(f"{self.url}/alerts", data=raw, headers=headers) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if text.startswith("{") else text

    async def counted(self) -> dict[str, float]:
        """Return the counter by outcome."""
        async with self.session.get(f"{self.url}/metrics") as answer:
            lines = (await answer.text()).splitlines()
        found = [line.split() for line in lines if line.startswith("countersign_alerts_total{")]
        return {name.split('"')[1]: float(value) for name, value in found}


@dataclass
class _Archive:
    """The archive in memory with the queue that the health pages look at."""

    archive: Any

    @property
    def runner(self) -> "_Archive":
        return self

    async def counts(self) -> Mapping[str, int]:
        return {}


class _Locked:
    """An archive that somebody else holds."""

    def transaction(self) -> Any:
        raise ConflictError("The database is held by another.")


@asynccontextmanager
async def opened(**values: str) -> AsyncIterator[Port]:
    """Open a door with these settings."""
    entra, behind = Entra(), Company(company(), clock=CLOCK)
    pages = web.Application()
    pages.router.add_get("/{tenant}/discovery/v2.0/keys", entra.answer)
    async with serving(pages) as authority:
        given = {
            "COUNTERSIGN_ALERT_TENANT": TENANT,
            "COUNTERSIGN_ALERT_AUDIENCE": AUDIENCE,
            "COUNTERSIGN_ALERT_AUTHORITY": authority,
        }
        settings = Settings.model_validate(given | values)
        archive = _Archive(behind.archive)
        house = House(settings, behind.configuration, cast(Any, CLOCK), cast(OpenArchive, archive), None, ())
        async with serving(web_app(house, new_metrics("test"))) as url, aiohttp.ClientSession() as session:
            yield Port(url, behind, entra, authority, archive, session)


def bearer(said: Mapping[str, Any] | None = None, key: RSAPrivateKey = KEY, **head: Any) -> dict[str, str]:
    """Return the header with a token."""
    return {"Authorization": f"Bearer {token(said or claims(), key, **head)}"}


async def test_an_alert_with_a_token_of_the_tenant_is_kept_and_then_known() -> None:
    async with opened() as port:
        assert await port.send(**bearer()) == (202, {"outcome": "declared", "incident": "INC-1"})
        assert await port.send(**bearer()) == (200, {"outcome": "known"})
        second = claims(iss=f"{port.authority}/{TENANT}/v2.0", azp=ACTION_GROUPS, appid=None)
        assert (await port.send(**bearer(second)))[0] == 200
        assert await port.counted() == {"declared": 1, "known": 2}
        assert port.company.tags == ["incident.opened", "alert.received"]


WRONG: dict[str, dict[str, str]] = {
    "no header": {},
    "another scheme": {"Authorization": "Basic abc"},
    "not a token": {"Authorization": "Bearer abc.def"},
    "no JSON in it": {"Authorization": "Bearer !!.!!.!!"},
    "no algorithm": bearer(alg="none"),
    "a shared-key algorithm": bearer(alg="HS256"),
    "an unknown key": bearer(kid="k9"),
    "no key id": bearer(kid=7),
    "signed by another": bearer(key=OTHER),
    "a short key": bearer(key=SHORT, kid="short"),
    "another tenant": bearer(claims(tid="t-2")),
    "another issuer": bearer(claims(iss="https://sts.windows.net/t-2/")),
    "another audience": bearer(claims(aud="api://other")),
    "no audience": bearer(claims(aud=None)),
    "expired": bearer(claims(exp=CLOCK.now().timestamp() - 120)),
    "not yet valid": bearer(claims(nbf=CLOCK.now().timestamp() + 1800)),
    "another application": bearer(claims(appid="00000000-0000-0000-0000-00000000beef")),
    "the sandbox's secret": {"X-Countersign-Alert-Secret": "0123456789abcdef"},
}


@pytest.mark.parametrize("headers", WRONG.values(), ids=WRONG.keys())
async def test_who_is_not_azure_monitor_is_not_let_in_and_counted(headers: dict[str, str]) -> None:
    async with opened() as port:
        assert await port.send(**headers) == (401, "")
        assert await port.counted() == {"unauthenticated": 1}
        assert port.company.tags == []


async def test_unknown_keys_make_nobody_ask_entra_again_and_again() -> None:
    async with opened() as port:
        for number in range(5):
            await port.send(**bearer(kid=f"k{number + 5}"))
        assert port.entra.asked == 1
        port.entra.keys.append(_jwk("k2", OTHER))
        CLOCK.pass_by(timedelta(minutes=6))
        assert (await port.send(**bearer(claims(), OTHER, kid="k2")))[0] == 202
        assert port.entra.asked == 2


async def test_while_entra_is_away_azure_monitor_is_asked_to_come_again() -> None:
    async with opened() as port:
        port.entra.status = 503
        assert (await port.send(**bearer()))[0] == 503
        port.entra.status = 200
        assert (await port.send(**bearer()))[0] == 202


LOCAL = {
    "COUNTERSIGN_AZURE_IDENTITY": "sandbox",
    "COUNTERSIGN_SLACK_API_URL": "http://127.0.0.1:1/api/",
    "COUNTERSIGN_ARM_URL": "http://127.0.0.1:2",
    "COUNTERSIGN_LOGS_URL": "http://127.0.0.1:2",
    "COUNTERSIGN_ALERT_SECRET": "0123456789abcdef",
}


async def test_in_the_sandbox_a_shared_secret_lets_in() -> None:
    async with opened(**LOCAL) as port:
        assert (await port.send(**{"X-Countersign-Alert-Secret": "0123456789abcdef"}))[0] == 202
        assert (await port.send(**{"X-Countersign-Alert-Secret": "0123456789abcdeg"}))[0] == 401
        assert (await port.send())[0] == 401


async def test_without_a_tenant_or_a_secret_there_is_no_such_door() -> None:
    async with opened(COUNTERSIGN_ALERT_TENANT="", COUNTERSIGN_ALERT_AUDIENCE="") as port:
        assert (await port.send(**bearer()))[0] == 404


MALFORMED: dict[str, tuple[Any, str]] = {
    "no JSON": (b"{", "The body is no JSON."),
    "deep": (b"[" * 100_000, "The body is no JSON."),
    "a list": (b"[]", "The body is not in the schema azureMonitorCommonAlertSchema."),
    "another schema": ({"schemaId": "Microsoft.Insights/activityLogs"}, "The body is not in the schema"),
    "no condition": (body(monitorCondition="Burning"), "essentials.monitorCondition is neither"),
    "no id": (body(alertId="7"), "essentials.alertId is not the id of an alert."),
    "no time": (body(firedDateTime="soon"), "essentials.firedDateTime is not a time."),
    "no targets": (body(alertTargetIDs="all"), "essentials.alertTargetIDs is not a list"),
    "too many targets": (body(alertTargetIDs=["x"] * 101), "essentials.alertTargetIDs is not a list"),
}


@pytest.mark.parametrize(("said", "words"), MALFORMED.values(), ids=MALFORMED.keys())
async def test_what_is_no_alert_is_refused_in_words(said: Any, words: str) -> None:
    async with opened() as port:
        status, answer = await port.send(said, **bearer())
        assert (status, answer["next_step"]) == (
            400,
            "Turn on the common alert schema in the action group's webhook.",
        )
        assert answer["error"].startswith(words)
        assert await port.counted() == {"malformed": 1}


async def test_a_body_that_is_too_large_is_refused() -> None:
    async with opened() as port:
        assert (await port.send(b" " * (MOST_BYTES + 1), **bearer()))[0] == 413


async def test_an_alert_that_cannot_be_kept_is_asked_for_again() -> None:
    async with opened() as port:
        port.behind.archive = _Locked()
        assert (await port.send(**bearer()))[0] == 503
        port.behind.archive = port.company.archive
        assert (await port.send(**bearer()))[0] == 202
        assert await port.counted() == {"failed": 1, "declared": 1}


def test_an_alert_is_read_by_allow_list() -> None:
    alert = read_alert(json.dumps(body()).encode())
    assert alert.words == (
        "The alert http-429 (Sev2) fired: AzureOpenAIRequests of HTTP 429 is 1200.5, above 300."
    )
    assert "contoso.example" not in repr(alert)
    odd = body(alertRule="<@U1> https://x", alertTargetIDs=[7, "/subscriptions/../x", PLACE.arm_id])
    assert read_alert(json.dumps(odd).encode()).rule == ""
    assert read_alert(json.dumps(odd).encode()).resources == (PLACE.arm_id.lower(),)


def test_a_resolved_alert_has_the_time_of_its_end_where_it_is_said() -> None:
    ended = body(monitorCondition="Resolved", resolvedDateTime="2026-11-24T12:30:00Z")
    assert read_alert(json.dumps(ended).encode()).at.isoformat() == "2026-11-24T12:30:00+00:00"
    silent = body(monitorCondition="Resolved", resolvedDateTime="", firedDateTime="")
    with pytest.raises(InvalidInputError):
        read_alert(json.dumps(silent).encode())
