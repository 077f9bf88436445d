"""Secrets that are none: one per class of thing that must never leave Azure's answers, made per process."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from functools import lru_cache

CLASSES = (
    "key",
    "token",
    "SAS",
    "connection_string",
    "email",
    "UPN",
    "IP",
    "path",
    "endpoint",
    "file_name",
    "prompt",
    "completion",
)


@lru_cache(maxsize=1)
def canaries() -> Mapping[str, str]:
    """Return for each class a value of its look that holds `CANARY<class>`; the same all through a process.

    Host names are compared without regard to case, so a search for a canary must be too.
    """
    salt = secrets.token_hex(3)
    marks = {name: f"CANARY{name}{salt}" for name in CLASSES}
    blob = secrets.token_urlsafe(33).replace("-", "A").replace("_", "B")
    value = {
        "key": f"{blob[:24]}{marks['key']}{blob[24:]}JQQJ99BKAC5RqLJXJ3w3AAABACOG",
        "token": f"eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJ{marks['token']}{blob[:20]}.{blob[20:]}",
        "SAS": f"?sv=2025-11-05&sr=b&sp=rl&se=2026-12-31T00%3A00%3A00Z&sig={marks['SAS']}{blob[:24]}%3D",
        "connection_string": (
            f"DefaultEndpointsProtocol=https;AccountName={marks['connection_string']};"
            f"AccountKey={blob[:32]}==;EndpointSuffix=core.windows.net"
        ),
        "email": f"anna.keller.{marks['email']}@contoso.example",
        "UPN": f"dan.okafor.{marks['UPN']}@contoso.example",
        "IP": f"fe80::7c2f:9aff:fe51:{salt[:4]}%{marks['IP']}",
        "path": f"/mnt/finetune/{marks['path']}/corpus",
        "endpoint": f"https://{marks['endpoint']}.openai.azure.com/",
        "file_name": f"{marks['file_name']}-tickets-2026.jsonl",
        "prompt": f"Customer {marks['prompt']} writes: my card was charged twice, please refund me.",
        "completion": f"Dear {marks['completion']}, we have refunded the second charge to your card.",
    }
    return value


def mark(name: str) -> str:
    """Return the word by which the canary of a class is found, for fields that take only a name."""
    value = canaries()[name]
    begin = value.index("CANARY")
    return value[begin : begin + len(f"CANARY{name}") + 6]
