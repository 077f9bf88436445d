"""`ecdsa` in Azure Key Vault: a key that never leaves its hardware signs the checkpoints that are anchored."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from azure.core import AsyncPipelineClient
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import AzureError
from azure.core.pipeline import PipelineRequest
from azure.core.pipeline.policies import (
    AsyncBearerTokenCredentialPolicy,
    SansIOHTTPPolicy,
    UserAgentPolicy,
)
from azure.core.pipeline.transport import AioHttpTransport
from azure.core.rest import HttpRequest

from bot.azure.endpoints import demand_vault_key_address, is_loopback
from bot.azure.errors import AzureRefusedError
from bot.azure.observing import ObserverPolicy
from bot.azure.pipeline import CONNECT_SECONDS, READ_SECONDS, LoopbackHttpPolicy
from bot.domain.errors import AnchorUnavailableError
from bot.domain.note import Verifier, parse_note
from bot.domain.note_text import Signature
from bot.ports.observer import AzureObserver, unobserved

API_VERSION = "7.4"
_PART = 32  # bytes of each half of a signature on P-256
_WORDS = {
    401: "it does not accept the identity; it needs the role Key Vault Crypto User on this key",
    403: "the identity may not sign, or the vault's firewall does not let this program in;"
    " it needs the role Key Vault Crypto User on this key",
    404: "there is no such key or version",
    429: "it asks to slow down",
}


class VaultCosigner:
    """One version of an EC P-256 key by its address, and the public key that it must have."""

    kind = "ecdsa"

    def __init__(
        self, url: str, vkey: str, credential: AsyncTokenCredential, observe: AzureObserver = unobserved
    ) -> None:
        demand_vault_key_address(url)
        self._sign_url = f"{url}/sign?api-version={API_VERSION}"
        self._verifier = Verifier.parse(vkey)
        policies = [
            _SignPinPolicy(self._sign_url),
            LoopbackHttpPolicy(),
            UserAgentPolicy("countersign"),
            AsyncBearerTokenCredentialPolicy(credential, _scope(url)),
            ObserverPolicy(observe),
        ]
        transport = AioHttpTransport(
            connection_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            use_env_settings=not is_loopback(url),
        )
        self._client: AsyncPipelineClient[Any, Any] = AsyncPipelineClient(
            url, policies=policies, transport=transport
        )

    async def close(self) -> None:
        """Close the connection."""
        await self._client.close()

    async def cosign(self, note: str, now: datetime) -> tuple[str, str]:
        """Return the key's name and its signature line over the note's text; it is verified before it is believed."""
        text = parse_note(note)[0].encode()
        digest = urlsafe_b64encode(sha256(text).digest()).rstrip(b"=").decode()
        made = _der(await self._signed(digest))
        if not self._verifier.verify(text, made):
            raise AnchorUnavailableError(
                "What the vault signed does not verify.",
                advice="Check [anchors.ecdsa] vkey: `countersign audit keygen --public FILE --origin NAME` prints it"
                " for the file that `az keyvault key download --encoding PEM` writes.",
            )
        name = self._verifier.name
        return name, Signature(name, self._verifier.key_id, made).line

    async def _signed(self, digest: str) -> bytes:
        """Return r and s, 32 bytes each."""
        request = HttpRequest("POST", self._sign_url, json={"alg": "ES256", "value": digest})
        try:
            answer = await self._client.send_request(request)
            if answer.status_code != 200:
                raise _refused(answer.status_code)
            value = answer.json()["value"]
            made = urlsafe_b64decode(value + "=" * (-len(value) % 4))
        except AzureRefusedError as error:
            raise AnchorUnavailableError(f"{error}", advice=error.advice) from None
        except AzureError as error:
            raise AnchorUnavailableError(
                f"Azure Key Vault did not answer ({type(error).__name__}).",
                advice="Check [anchors.ecdsa] vault_key, COUNTERSIGN_AZURE_IDENTITY and the network.",
            ) from error
        except (ValueError, KeyError, TypeError) as error:
            raise _odd() from error
        if len(made) != 2 * _PART:
            raise _odd()
        return made


class _SignPinPolicy(SansIOHTTPPolicy[HttpRequest, Any]):
    """Lets the one request through that signs, and nothing else."""

    def __init__(self, url: str) -> None:
        self._allowed = ("POST", url)

    def on_request(self, request: PipelineRequest[HttpRequest]) -> None:
        """Refuse any other request, before a token is even asked for."""
        sent = request.http_request
        if (sent.method, sent.url) != self._allowed:
            raise AzureRefusedError(
                "The second key only signs, at its own address.", advice="Report this: it is a bug."
            )


def _der(raw: bytes) -> bytes:
    """Return a signature as notes hold it: the two numbers as a DER sequence."""
    numbers = b"".join(_der_number(raw[at : at + _PART]) for at in (0, _PART))
    return bytes([0x30, len(numbers)]) + numbers


def _der_number(raw: bytes) -> bytes:
    number = int.from_bytes(raw, "big")
    written = number.to_bytes(number.bit_length() // 8 + 1, "big")  # a leading 0 where it would look negative
    return bytes([0x02, len(written)]) + written


def _scope(url: str) -> str:
    """Return the scope of the vault's tokens; it is the vault's domain, without its name."""
    host = urlsplit(url).hostname or ""
    return f"https://{'vault.azure.net' if is_loopback(url) else host.partition('.')[2]}/.default"


def _refused(status: int) -> AnchorUnavailableError:
    why = _WORDS.get(status, "it said no more than that")
    return AnchorUnavailableError(
        f"Azure Key Vault refused ({status}): {why}.", advice="docs/anchors.md says how the key is made."
    )


def _odd() -> AnchorUnavailableError:
    return AnchorUnavailableError("Azure Key Vault answered something that is no signature.")
