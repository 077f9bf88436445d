"""Incidents: what is known of one, how it is numbered, and what is written down while it is open."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.domain.errors import InvalidInputError

LONGEST_TITLE = 200


class Severity(StrEnum):
    """How bad it is; SEV1 is the worst."""

    SEV1 = "SEV1"
    SEV2 = "SEV2"
    SEV3 = "SEV3"
    SEV4 = "SEV4"


class IncidentState(StrEnum):
    """An incident is open, then resolved; it is never opened again: a new one is declared that follows it."""

    OPEN = "open"
    RESOLVED = "resolved"


class IncidentSource(StrEnum):
    """What declared it: a person, an alert of Azure Monitor, our own watch, a channel's name, an unapproved write."""

    CHAT = "chat"
    ALERT = "alert"
    WATCH = "watch"
    CHANNEL = "channel"
    UNAPPROVED = "unapproved"


class ChannelState(StrEnum):
    """How the incident's channel is: still to be made, open, archived, or closed to us."""

    PENDING = "pending"
    OPEN = "open"
    ARCHIVED = "archived"
    GONE = "gone"


@dataclass(frozen=True)
class Incident:
    """An incident as it stands.

    `targets` are aliases; `began_at` is when the trouble began, as far as it is known, and never after `declared_at`.
    `is_own_channel`: we made the channel; else it was adopted. `origin` is the incident this one follows.
    `nudges` counts the reminders since the last status update. `version` rises with every change of the row.
    """

    number: int
    title: str
    severity: Severity
    targets: frozenset[str]
    declared_by: str
    declared_at: datetime
    began_at: datetime
    source: IncidentSource = IncidentSource.CHAT
    state: IncidentState = IncidentState.OPEN
    lead: str = ""
    roles: Mapping[str, str] = field(default_factory=dict)
    drill: bool = False
    origin: str = ""
    channel: str = ""
    channel_name: str = ""
    channel_state: ChannelState = ChannelState.PENDING
    is_own_channel: bool = True
    card_ts: str = ""
    severity_at: datetime | None = None
    lead_at: datetime | None = None
    first_snapshot_at: datetime | None = None
    next_snapshot_at: datetime | None = None
    next_update_at: datetime | None = None
    snoozed_until: datetime | None = None
    nudges: int = 0
    resolved_by: str = ""
    resolved_at: datetime | None = None
    resolution: str = ""
    version: int = 1

    @property
    def id(self) -> str:
        """Return the id people see."""
        return f"INC-{self.number}"

    @property
    def is_open(self) -> bool:
        """Return whether it is not resolved."""
        return self.state is IncidentState.OPEN


@dataclass(frozen=True)
class IncidentSnapshot:
    """A snapshot that is wanted, or taken: `sha256` is the digest of what was kept, `summary` its one line.

    `occasion` is why, once per incident: `declare`, `timer:<due>`, `severity:<version>`, `target:<version>`,
    `change:CHG-3:applied`, `demand:<ref>` or `resolve`. `ts` is the message that shows it.
    """

    incident: int
    n: int
    occasion: str
    wanted_at: datetime
    sha256: str = ""
    taken_at: datetime | None = None
    summary: str = ""
    ts: str = ""

    @property
    def is_taken(self) -> bool:
        """Return whether it was taken."""
        return self.taken_at is not None


@dataclass(frozen=True)
class TimelineEntry:
    """Something that happened, in the words it was told in; `key` is why it is written down once.

    `kind` is a word: `declared`, `severity`, `lead`, `role`, `update`, `note`, `message`, `snapshot`, `change`,
    `alert`, `channel`, `resolved`. `source_channel` and `source_ts` are the message it was taken from, `sha256` the
    digest of its text and `files` the SHA-256 of each attachment by name (empty where it could not be read).
    `ts` is its echo.
    """

    incident: int
    at: datetime
    by: str
    kind: str
    words: str
    key: str
    n: int = 0
    source_channel: str = ""
    source_ts: str = ""
    sha256: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    ts: str = ""


@dataclass(frozen=True)
class Consent:
    """The lead's consent to one revision and plan of a change on a target of an open incident."""

    incident: int
    change: int
    revision: int
    plan_digest: str
    by: str
    at: datetime


def incident_number(text: str) -> int:
    """Return the number in `INC-3`, `inc-03` or `3`.

    Raises:
        InvalidInputError: the text names no incident.
    """
    match = re.fullmatch(r"(?:inc-)?0*([1-9][0-9]{0,8})", text.strip().lower())
    if match is None:
        raise InvalidInputError(
            f"{text!r} is not an incident.", advice="They are called INC-1, INC-2, …; see `incident list`."
        )
    return int(match[1])


def read_severity(text: str) -> Severity:
    """Return the severity in `1`, `sev1` or `SEV-1`.

    Raises:
        InvalidInputError: the text names none.
    """
    match = re.fullmatch(r"(?:sev)?-?\s?([1-4])", text.strip().lower())
    if match is None:
        raise InvalidInputError(
            f"{text!r} is not a severity.", advice="Write 1, 2, 3 or 4; SEV1 is the worst."
        )
    return Severity(f"SEV{match[1]}")
