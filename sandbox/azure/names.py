"""Names, ids and small conversions that every part of the simulated Azure shares."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

Json = dict[str, Any]

SUBSCRIPTION_ID = "00000000-0000-0000-0000-000000000001"
TENANT_ID = "00000000-0000-0000-0000-0000000000c0"
READER_TOKEN = "sandbox-reader"
EXECUTOR_TOKEN = "sandbox-executor"
PRINCIPALS: Mapping[str, str] = {
    READER_TOKEN: "00000000-0000-0000-0000-00000000ead0",
    EXECUTOR_TOKEN: "00000000-0000-0000-0000-00000000e0ec",
}
COGNITIVE = "Microsoft.CognitiveServices"
DEPLOYMENT_TYPE = f"{COGNITIVE}/accounts/deployments"


class SimulatedClock(Protocol):
    """The clock the simulators share: wall time plus an offset that only grows."""

    @property
    def offset_seconds(self) -> float:
        """Return how far the clock was moved forward."""
        ...

    def now(self) -> datetime:
        """Return the simulated time, aware, in UTC."""
        ...


class ArmError(Exception):
    """An answer with ARM's error envelope."""

    def __init__(
        self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})

    def body(self) -> Json:
        """Return the error envelope of Azure Resource Manager."""
        return {"error": {"code": self.code, "message": self.message}}


def iso(moment: datetime) -> str:
    """Return the moment as Azure writes it, to the microsecond and with a Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def iso_seconds(moment: datetime) -> str:
    """Return the moment to the second and with a Z, as metrics answer it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_time(text: str) -> datetime:
    """Return the aware moment of an ISO 8601 text; a text without zone is UTC.

    Raises:
        ValueError: the text is not a time.
    """
    cleaned = text.strip().replace(" ", "+").replace("Z", "+00:00").replace("z", "+00:00")
    moment = datetime.fromisoformat(cleaned)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def stable_hex(*parts: object, length: int = 32) -> str:
    """Return a hexadecimal name that is the same for the same parts."""
    text = "/".join(str(part) for part in parts)
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def stable_guid(*parts: object) -> str:
    """Return a GUID that is the same for the same parts."""
    return str(uuid.UUID(hex=stable_hex(*parts)))


def account_id(group: str, account: str) -> str:
    """Return the ARM id of an account."""
    return f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/{group}/providers/{COGNITIVE}/accounts/{account}"
