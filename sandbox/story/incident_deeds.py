"""What the people of the incident look at again and again: its card, its snapshots, its channel."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.story.stage import Stage

Json = Any
INCIDENT = "INC-1"


@dataclass(frozen=True)
class Room:
    """The incident's channel."""

    channel: str


def _payload(message: Json, event: str) -> Json:
    told = message.get("metadata") or {}
    return told.get("event_payload") or {} if told.get("event_type") == event else {}


def summary(message: Json) -> str:
    """The sentence of a snapshot that screen readers read."""
    return str(message["text"])


async def incident_card(stage: Stage, user: str, fits: Callable[[Json], bool] = bool) -> Json:
    """Wait until the incident's card is there, and says what is waited for."""

    def is_it(message: Json) -> bool:
        return _payload(message, "countersign.incident").get("id") == INCIDENT and fits(message)

    return await stage.message(user, f"the card of {INCIDENT}", is_it)


async def snapshot(stage: Stage, user: str, n: int) -> Json:
    """Wait for the n-th snapshot."""

    def is_it(message: Json) -> bool:
        told = _payload(message, "countersign.incident_snapshot")
        return (told.get("id"), told.get("n")) == (INCIDENT, n)

    return await stage.message(user, f"snapshot {n} of {INCIDENT}", is_it)
