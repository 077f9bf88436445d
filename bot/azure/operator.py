"""Who the reader is, from the claims of its own token. The token is read here and goes no further."""

import asyncio
import base64
import binascii
import json
import re
from collections.abc import Mapping

from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import AzureError

from bot.azure.credentials import scope
from bot.azure.endpoints import Endpoints, IdentityKind
from bot.domain.inventory import Operator
from bot.domain.json import Json
from bot.ports.clock import Clock

_GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_KINDS = {"app": "application", "user": "user"}


class TokenOperator:
    """The reader's own identity; implements `bot.ports.inventory.OperatorReader`. It keeps claims, never a token."""

    def __init__(
        self, credential: AsyncTokenCredential, endpoints: Endpoints, kind: IdentityKind, clock: Clock
    ) -> None:
        self._credential = credential
        self._scope = scope(endpoints)
        self._kind = kind
        self._clock = clock
        self._known = (Operator(kind), 0.0)
        self._turn = asyncio.Lock()

    async def operator(self) -> Operator:
        """Return who looks, asked again when the token it was read from is over."""
        async with self._turn:
            known, until = self._known
            if self._clock.now().timestamp() < until:
                return known
            try:
                token = await self._credential.get_token(self._scope)
            except AzureError:
                return Operator(self._kind)
            self._known = (operator_of(token.token, self._kind), float(token.expires_on))
            return self._known[0]


def operator_of(token: str, credential: str) -> Operator:
    """Return whom a token names: Entra object id, kind and tenant, each empty where it does not say.

    The signature is Azure's to check: what is read here is shown, and nothing is decided by it.
    """
    claims = _claims(token)
    kind = _KINDS.get(str(claims.get("idtyp")), "")
    if kind == "application" and claims.get("xms_mirid"):
        kind = "managed identity"
    return Operator(credential, _guid(claims, "oid"), kind, _guid(claims, "tid"))


def _guid(claims: Mapping[str, Json], name: str) -> str:
    value = claims.get(name)
    return value.lower() if isinstance(value, str) and _GUID.fullmatch(value) else ""


def _claims(token: str) -> Mapping[str, Json]:
    """Return the payload of a JSON Web Token, empty when it is none (RFC 7519)."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        found = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
