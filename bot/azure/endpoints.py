"""Where Azure is and as whom we speak to it, checked before anything is sent."""

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from bot.domain.errors import InvalidInputError

ARM_URL = "https://management.azure.com"
LOGS_URL = "https://api.loganalytics.io"
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
DATA_PLANE_HOST = re.compile(
    r"[a-z0-9][a-z0-9-]{0,62}\.(?:openai\.azure\.com|cognitiveservices\.azure\.com|services\.ai\.azure\.com)"
)
BLOB_HOST = re.compile(r"[a-z0-9]{3,24}\.blob\.core\.(?:windows\.net|usgovcloudapi\.net|chinacloudapi\.cn)")
_BLOB_PATH = re.compile(r"(?:/[A-Za-z0-9._-]+){2,8}")
VAULT_HOST = re.compile(
    r"[a-z0-9][a-z0-9-]{1,22}[a-z0-9]"
    r"\.(?:vault\.azure\.net|vault\.usgovcloudapi\.net|vault\.azure\.cn|managedhsm\.azure\.net)"
)
_VAULT_PATH = re.compile(r"/keys/[A-Za-z0-9-]{1,127}/[0-9a-f]{32}")
IdentityKind = Literal["managed", "workload", "cli", "sandbox"]
Role = Literal["reader", "executor"]


@dataclass(frozen=True)
class Endpoints:
    """The services we may speak to. Each is an origin: https, or http on this machine."""

    arm_url: str = ARM_URL
    openai_url: str = ""
    logs_url: str = ""

    def __post_init__(self) -> None:
        """Refuse an address that is no origin, or would carry a token in the clear."""
        for url in self.all:
            _check_origin(url)
        host = urlsplit(self.openai_url).hostname or ""
        if self.openai_url and not is_loopback(self.openai_url) and not DATA_PLANE_HOST.fullmatch(host):
            raise InvalidInputError(
                f"{self.openai_url!r} is no Azure OpenAI endpoint, and the token does not go there.",
                advice="Leave COUNTERSIGN_OPENAI_URL empty, or write https://<account>.openai.azure.com.",
            )

    @property
    def all(self) -> tuple[str, ...]:
        """Return the endpoints that are set."""
        return tuple(url for url in (self.arm_url, self.openai_url, self.logs_url) if url)

    @property
    def are_loopback(self) -> bool:
        """Return whether every endpoint is on this machine."""
        return bool(self.all) and all(is_loopback(url) for url in self.all)

    @property
    def data_url(self) -> str:
        """Return the one origin of the data plane, empty where each account has its own."""
        return self.openai_url or (self.arm_url if self.are_loopback else "")

    @property
    def query_url(self) -> str:
        """Return the origin of Log Analytics; beside an Azure on this machine nothing else is asked."""
        return self.logs_url or (self.arm_url if self.are_loopback else LOGS_URL)


@dataclass(frozen=True)
class Identity:
    """As whom we speak: how the token is had, which managed identity, and to read or to execute."""

    kind: IdentityKind
    client_id: str = ""
    role: Role = "reader"


def is_loopback(url: str) -> bool:
    """Return whether the URL's host is this machine, by its literal name."""
    return (urlsplit(url).hostname or "") in LOOPBACK


def is_within(url: str, origin: str) -> bool:
    """Return whether the URL is below the origin, strictly: same scheme, no user part, no backslash."""
    parts = urlsplit(origin)
    default = {"https": 443, "http": 80}[parts.scheme]
    host = re.escape(f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or "")
    port = f":{parts.port}" if parts.port not in (None, default) else f"(?::{default})?"
    return re.fullmatch(rf"{parts.scheme}://{host}{port}/[!-\[\]-~]*", url, re.IGNORECASE) is not None


def _check_origin(url: str) -> None:
    parts = urlsplit(url)
    fine = (
        parts.hostname and parts.path in ("", "/") and not (parts.query or parts.fragment or parts.username)
    )
    if not fine or parts.scheme not in ("https", "http"):
        raise InvalidInputError(
            f"{url!r} is not the address of an Azure service.", advice=f"Write an origin such as {ARM_URL}."
        )
    if parts.scheme == "http" and not is_loopback(url):
        raise InvalidInputError(
            f"{url!r} would carry the Azure token in the clear.", advice="Use https, except on this machine."
        )


def demand_blob_address(url: str) -> None:
    """Refuse an address that is no blob in Azure Storage, or would carry a token elsewhere.

    Raises:
        InvalidInputError: it is none.
    """
    parts = urlsplit(url)
    fine = parts.scheme == "https" and BLOB_HOST.fullmatch(parts.netloc) is not None
    local = parts.scheme in ("http", "https") and is_loopback(url)
    if not (fine or local) or not _BLOB_PATH.fullmatch(parts.path) or parts.query or parts.fragment:
        raise InvalidInputError(
            f"{url!r} is no address of a blob.",
            advice="Write https://<account>.blob.core.windows.net/<container>/<name>, without a signature.",
        )


def demand_vault_key_address(url: str) -> None:
    """Refuse an address that is no version of a key in a Key Vault, or would carry a token elsewhere.

    Raises:
        InvalidInputError: it is none.
    """
    parts = urlsplit(url)
    fine = parts.scheme == "https" and VAULT_HOST.fullmatch(parts.netloc) is not None
    local = parts.scheme in ("http", "https") and is_loopback(url)
    if not (fine or local) or not _VAULT_PATH.fullmatch(parts.path) or parts.query or parts.fragment:
        raise InvalidInputError(
            f"{url!r} is no address of a version of a key.",
            advice="Write https://<vault>.vault.azure.net/keys/<name>/<version>: `kid` in `az keyvault key show`.",
        )
