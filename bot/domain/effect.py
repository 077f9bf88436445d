"""The journal of effects outside, and the questions people are waiting on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.domain.json import Json


class Phase(StrEnum):
    """How far a call to Azure got. From `intended` on, whoever comes next reads Azure first."""

    INTENDED = "intended"
    ACCEPTED = "accepted"
    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Effect:
    """One step of a change on Azure: `forward` or `rollback`, and where it stands."""

    number: int
    revision: int
    step: str
    phase: Phase
    at: datetime
    fence: int
    correlation: str
    poll: Mapping[str, Json] = field(default_factory=dict)
    operation_id: str = ""
    why: str = ""


@dataclass(frozen=True)
class Question:
    """A read someone asked for and waits on. `response_url` is a capability: it goes when the answer has gone."""

    number: int
    verb: str
    words: tuple[str, ...]
    user: str
    team: str
    channel: str
    asked_at: datetime
    ref: str
    response_url: str = ""
    share: bool = False
