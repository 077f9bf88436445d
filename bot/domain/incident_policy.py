"""`[incidents]` of countersign.toml: how often an open incident is looked at, and who hears of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from bot.domain.incident import Severity

_MINUTES = {
    Severity.SEV1: (5, 15),
    Severity.SEV2: (10, 30),
    Severity.SEV3: (30, 60),
    Severity.SEV4: (120, 240),
}


def _default(which: int) -> Mapping[Severity, timedelta]:
    return {severity: timedelta(minutes=both[which]) for severity, both in _MINUTES.items()}


@dataclass(frozen=True)
class IncidentPolicy:
    """How incidents are run.

    `snapshot_every`, `update_every`: by severity, how long between snapshots, and until a status update is due.
    `nudges`: the most reminders before an update. `duplicate_within`: a second incident on a target that soon is
    asked about. `declare_on`: rules of the watch that declare by themselves. `invite`: groups whose people are
    invited. `private`: channels are private. `severity`: what an incident has until somebody says.
    `bookmarks`: links by title, such as the runbook, beside those of the deployments.
    """

    snapshot_every: Mapping[Severity, timedelta] = field(default_factory=lambda: _default(0))
    update_every: Mapping[Severity, timedelta] = field(default_factory=lambda: _default(1))
    nudges: int = 3
    duplicate_within: timedelta = timedelta(minutes=30)
    watch_every: timedelta = timedelta(minutes=1)
    declare_on: tuple[str, ...] = ()
    invite: tuple[str, ...] = ()
    private: bool = False
    severity: Severity = Severity.SEV3
    bookmarks: Mapping[str, str] = field(default_factory=dict)
