"""Tokens of Microsoft Entra ID: whether the tenant's own keys signed one, for us, for somebody we let in."""

import asyncio
import json
from base64 import urlsafe_b64decode
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import aiohttp
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256

from bot.domain.errors import CountersignError
from bot.ports.clock import Clock
from handlers.web.door import UNSIGNED, Refuse

LEEWAY = timedelta(seconds=60)
KEPT = timedelta(hours=24)
AGAIN = timedelta(minutes=5)  # an unknown key makes nobody ask Entra more often
LEAST_BITS = 2048
_TIMEOUT = aiohttp.ClientTimeout(total=2)
Keys = Callable[[str], Awaitable[RSAPublicKey | None]]


class KeysUnavailableError(CountersignError):
    """Entra does not say its keys: nobody can be let in, and nobody need be turned away for good."""

    retryable = True


@dataclass(frozen=True)
class Expected:
    """What a token must say: the tenant that issued it, whom it is for, and which applications may hold it."""

    authority: str
    tenant: str
    audience: str
    apps: frozenset[str]

    @property
    def issuers(self) -> frozenset[str]:
        """Return how the tenant calls itself in tokens of both versions."""
        return frozenset({f"{self.authority}/{self.tenant}/v2.0", f"https://sts.windows.net/{self.tenant}/"})


async def examine_token(header: str, *, expected: Expected, keys: Keys, now: datetime) -> Refuse | None:
    """Return None when an Authorization header holds a token that lets its sender in, else why not.

    Raises:
        KeysUnavailableError: the tenant's keys are not known and cannot be read now.
    Source: learn.microsoft.com, access tokens; RFC 7515 and 7519
    """
    kind, _, token = header.partition(" ")
    if kind.lower() != "bearer" or not token:
        return Refuse(UNSIGNED, "no token")
    parts = token.strip().split(".")
    if len(parts) != 3:
        return Refuse(UNSIGNED, "not a token")
    try:
        head, claims, signature = _object(parts[0]), _object(parts[1]), _decoded(parts[2])
    except (ValueError, RecursionError):
        return Refuse(UNSIGNED, "not a token")
    if head.get("alg") != "RS256" or not isinstance(head.get("kid"), str):
        return Refuse(UNSIGNED, "another algorithm")
    key = await keys(str(head["kid"]))
    if key is None or not _signed(key, signature, f"{parts[0]}.{parts[1]}".encode()):
        return Refuse(UNSIGNED, "not signed by the tenant")
    why = _wrong(claims, expected, now.timestamp())
    return Refuse(UNSIGNED, why) if why else None


def _wrong(claims: Mapping[str, Any], expected: Expected, now: float) -> str:
    """Return what is wrong with the claims of a signed token, empty when nothing is."""
    leeway = LEEWAY.total_seconds()
    checks = (
        ("another issuer", claims.get("iss") in expected.issuers and claims.get("tid") == expected.tenant),
        ("another audience", claims.get("aud") == expected.audience),
        ("expired", _number(claims.get("exp")) > now - leeway),
        ("not valid yet", _number(claims.get("nbf")) <= now + leeway),
        ("another application", claims.get("azp", claims.get("appid")) in expected.apps),
    )
    return next((why for why, holds in checks if not holds), "")


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0


def _signed(key: RSAPublicKey, signature: bytes, signed: bytes) -> bool:
    try:
        key.verify(signature, signed, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


def _object(part: str) -> Mapping[str, Any]:
    found = json.loads(_decoded(part))
    if not isinstance(found, dict):
        raise ValueError("not an object")
    return found


def _decoded(part: str) -> bytes:
    return urlsafe_b64decode(part.encode("ascii") + b"=" * (-len(part) % 4))


class EntraKeys:
    """The public keys of a tenant, kept for a day; an unknown one is looked for again, but not by every stranger."""

    def __init__(self, authority: str, tenant: str, clock: Clock) -> None:
        self._url = f"{authority}/{tenant}/discovery/v2.0/keys"
        self._clock = clock
        self._keys: Mapping[str, RSAPublicKey] = {}
        self._read_at: datetime | None = None
        self._reading = asyncio.Lock()

    async def key(self, kid: str) -> RSAPublicKey | None:
        """Return the key of this id, None when the tenant has none.

        Raises:
            KeysUnavailableError: no key is known and Entra does not answer.
        """
        async with self._reading:
            age = None if self._read_at is None else self._clock.now() - self._read_at
            if age is None or age > KEPT or (kid not in self._keys and age > AGAIN):
                await self._read()
        return self._keys.get(kid)

    async def _read(self) -> None:
        try:
            async with aiohttp.ClientSession(timeout=_TIMEOUT) as session, session.get(self._url) as answer:
                answer.raise_for_status()
                found = await answer.json(content_type=None)
            self._keys = read_keys(found)
            self._read_at = self._clock.now()
        except (aiohttp.ClientError, TimeoutError, ValueError, TypeError) as error:
            if not self._keys:
                raise KeysUnavailableError(
                    "Entra does not say its keys.", advice="Azure Monitor tries again by itself."
                ) from error


def read_keys(document: Any) -> dict[str, RSAPublicKey]:
    """Return the RSA keys of a JWK set (RFC 7517) by their id; short ones are left out.

    Raises:
        ValueError, TypeError: it is no such set.
    """
    listed = document["keys"] if isinstance(document, dict) and "keys" in document else None
    if not isinstance(listed, list):
        raise TypeError("keys")
    found: dict[str, RSAPublicKey] = {}
    for each in listed:
        if isinstance(each, dict) and each.get("kty") == "RSA" and isinstance(each.get("kid"), str):
            n, e = (int.from_bytes(_decoded(str(each.get(name, "")))) for name in ("n", "e"))
            if n.bit_length() >= LEAST_BITS:
                found[each["kid"]] = RSAPublicNumbers(e, n).public_key()
    return found
