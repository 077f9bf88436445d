"""Tokens by an identity named on purpose; there is no chain that tries whatever it finds."""

import base64
import json
from collections.abc import Mapping
from typing import Any, assert_never

from azure.core.credentials import AccessToken, TokenCredential
from azure.core.credentials_async import AsyncTokenCredential
from azure.identity import AzureCliCredential, ManagedIdentityCredential, WorkloadIdentityCredential
from azure.identity.aio import AzureCliCredential as AsyncAzureCliCredential
from azure.identity.aio import ManagedIdentityCredential as AsyncManagedIdentityCredential
from azure.identity.aio import WorkloadIdentityCredential as AsyncWorkloadIdentityCredential

from bot.azure.endpoints import Endpoints, Identity
from bot.domain.errors import InvalidInputError

_NEVER = 4_102_444_800  # the year 2100, in seconds: what is no secret does not expire


# The two identities of the simulated Azure, by what each is for; and its tenant.
_SANDBOX_OIDS = {
    "reader": "00000000-0000-0000-0000-00000000ead0",
    "executor": "00000000-0000-0000-0000-00000000e0ec",
}
_SANDBOX_TENANT = "00000000-0000-0000-0000-0000000000c0"


class SandboxCredential:
    """The token of the simulated Azure: claims as Entra writes them, unsigned, and no secret."""

    def __init__(self, role: str) -> None:
        claims = {"oid": _SANDBOX_OIDS[role], "tid": _SANDBOX_TENANT, "idtyp": "app", "role": role}
        self._token = f"{_encoded({'alg': 'none', 'typ': 'JWT'})}.{_encoded(claims)}."

    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        """Return the claims."""
        return AccessToken(self._token, _NEVER)

    def close(self) -> None:
        """Have nothing to close."""


class AsyncSandboxCredential:
    """The token of the simulated Azure, for the asynchronous clients."""

    def __init__(self, role: str) -> None:
        self._inner = SandboxCredential(role)

    async def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        """Return the claims."""
        return self._inner.get_token(*scopes, **options)

    async def close(self) -> None:
        """Have nothing to close."""

    async def __aenter__(self) -> "AsyncSandboxCredential":
        """Return itself."""
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Have nothing to close."""


def credential(identity: Identity, endpoints: Endpoints) -> TokenCredential:
    """Return the credential of the synchronous clients.

    Raises:
        InvalidInputError: the sandbox identity is asked for beside a real Azure.
    """
    match identity.kind:
        case "managed":
            return ManagedIdentityCredential(client_id=identity.client_id or None)
        case "workload":
            return WorkloadIdentityCredential(client_id=identity.client_id or None)
        case "cli":
            return AzureCliCredential()
        case "sandbox":
            _refuse_sandbox_outside(endpoints)
            return SandboxCredential(identity.role)
        case _:
            assert_never(identity.kind)


def async_credential(identity: Identity, endpoints: Endpoints) -> AsyncTokenCredential:
    """Return the credential of the asynchronous clients.

    Raises:
        InvalidInputError: the sandbox identity is asked for beside a real Azure.
    """
    match identity.kind:
        case "managed":
            return AsyncManagedIdentityCredential(client_id=identity.client_id or None)
        case "workload":
            return AsyncWorkloadIdentityCredential(client_id=identity.client_id or None)
        case "cli":
            return AsyncAzureCliCredential()
        case "sandbox":
            _refuse_sandbox_outside(endpoints)
            return AsyncSandboxCredential(identity.role)
        case _:
            assert_never(identity.kind)


def scope(endpoints: Endpoints) -> str:
    """Return the scope of the control plane's tokens."""
    return f"{endpoints.arm_url.rstrip('/')}/.default"


def _encoded(part: Mapping[str, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def _refuse_sandbox_outside(endpoints: Endpoints) -> None:
    if not endpoints.are_loopback:
        raise InvalidInputError(
            "The identity `sandbox` is only for the simulated Azure on this machine.",
            advice="Set COUNTERSIGN_AZURE_IDENTITY to managed, workload or cli, "
            "or point every Azure address at 127.0.0.1.",
        )
