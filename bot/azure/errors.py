"""What Azure refuses, told apart from what it could not answer; Azure's code is passed on, never its text."""

import re
from collections.abc import Mapping
from typing import ClassVar

from bot.domain.errors import AzureUnavailableError
from bot.domain.json import Json

_ACTION = re.compile(r"\bMicrosoft\.[A-Za-z]{1,40}(?:/[A-Za-z-]{1,40}){1,6}/(?:read|write|delete|action)\b")
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,79}")


class AzureRefusedError(AzureUnavailableError):
    """Azure will not answer this, or its answer cannot be trusted: asking again does not help."""

    retryable: ClassVar[bool] = False


def error_code(body: Json) -> str:
    """Return the machine code of ARM's error envelope, empty when there is none that is safe to show."""
    error = body.get("error") if isinstance(body, Mapping) else None
    code = error.get("code") if isinstance(error, Mapping) else None
    return code if isinstance(code, str) and _CODE.fullmatch(code) else ""


def denied_action(body: Json) -> str:
    """Return the action that a refusal says is missing, empty when it names none."""
    error = body.get("error") if isinstance(body, Mapping) else None
    message = error.get("message") if isinstance(error, Mapping) else None
    found = _ACTION.search(message) if isinstance(message, str) else None
    return found[0] if found else ""


def signed_out() -> AzureUnavailableError:
    """Return what to raise when there is no token."""
    return AzureUnavailableError(
        "The app could not sign in to Azure.",
        advice="Check COUNTERSIGN_AZURE_IDENTITY, its client id, and that this host has it.",
    )
