"""Whose token this is: the word of an identity, or claims that name it, unsigned; a real token is refused."""

from __future__ import annotations

import base64
import json

from sandbox.azure.names import PRINCIPALS, TENANT_ID, Json

_BY_OBJECT = {guid: name for name, guid in PRINCIPALS.items()}


def identity_of(token: str) -> str:
    """Return which of the sandbox's identities a token is, empty when it is none of theirs.

    A token that carries a signature is somebody's real one, whatever it claims.
    """
    if token in PRINCIPALS:
        return token
    parts = token.split(".")
    if len(parts) != 3 or parts[2] or _part(parts[0]).get("alg") != "none":
        return ""
    found = _part(parts[1])
    return _BY_OBJECT.get(str(found.get("oid")), "") if found.get("tid") == TENANT_ID else ""


def _part(text: str) -> Json:
    try:
        found = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
