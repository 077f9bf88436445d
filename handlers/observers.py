"""What the house tells whoever counts: callables, so that no room knows a metrics library."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from bot.ports.observer import AzureObserver, unobserved

_ENVELOPES = {"slash_commands": "command", "events_api": "event"}


def _unheard(*_told: object) -> None:
    return None


@dataclass(frozen=True)
class Observers:
    """Who hears of calls to Azure, of evidence (kind, seconds) and of requests (kind, outcome, seconds)."""

    azure: AzureObserver = unobserved
    evidence: Callable[[str, float], None] = _unheard
    slack: Callable[[str, str, float], None] = _unheard


NOBODY = Observers()


def observed_socket(
    handle: Callable[[Any, Any], Awaitable[None]], observe: Callable[[str, str, float], None]
) -> Callable[[Any, Any], Awaitable[None]]:
    """Return a Socket Mode listener that also tells how long each request took until it was acknowledged."""

    async def listen(client: Any, request: Any) -> None:
        started, outcome = perf_counter(), "bug"
        try:
            await handle(client, request)
            outcome = "ok"
        finally:
            observe(_kind(request), outcome, perf_counter() - started)

    return listen


def _kind(request: Any) -> str:
    if request.type == "interactive":
        return "submission" if request.payload.get("type") == "view_submission" else "click"
    return _ENVELOPES.get(request.type, "unknown")
