"""JSON as a type, and its one canonical form."""

from collections.abc import Mapping, Sequence
from hashlib import sha256

import rfc8785

Json = None | bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"]


def canonical(value: Json) -> bytes:
    """Return the RFC 8785 canonical bytes of `value`.

    Raises:
        ValueError: the value has no canonical form (NaN, integers beyond 2^53 - 1).
    """
    return rfc8785.dumps(value)


def digest(value: Json) -> str:
    """Return the SHA-256 of the canonical form, 64 lower-case hex digits."""
    return sha256(canonical(value)).hexdigest()
