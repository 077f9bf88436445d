"""`[incidents]` of `countersign.toml`: its shape, and what it says."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.domain.command_line import did_you_mean
from bot.domain.configuration import parse_duration
from bot.domain.errors import InvalidInputError
from bot.domain.incident import Severity
from bot.domain.incident_policy import IncidentPolicy
from bot.domain.signs import Sign

Duration = Annotated[str, Field(json_schema_extra={"pattern": "^[0-9]{1,6}[smhdw]$"})]
SeverityName = Literal["SEV1", "SEV2", "SEV3", "SEV4"]
Title = Annotated[str, Field(min_length=1, max_length=80)]
Link = Annotated[str, Field(pattern="^https://[^\\s<>|]{1,500}$")]
_SHORTEST = timedelta(seconds=30)


class IncidentsPart(BaseModel):
    """[incidents]: how open incidents are looked at, and who hears of them."""

    model_config = ConfigDict(extra="forbid")

    snapshot_every: dict[SeverityName, Duration] = {}
    update_every: dict[SeverityName, Duration] = {}
    nudges: Annotated[int, Field(strict=True, ge=0, le=20)] = 3
    duplicate_within: Duration = "30m"
    watch_every: Duration = "1m"
    declare_on: list[Sign] = []
    invite: list[str] = []
    private: Annotated[bool, Field(strict=True)] = False
    severity: SeverityName = "SEV3"
    bookmarks: dict[Title, Link] = {}


def incidents_of(part: IncidentsPart, groups: Collection[str]) -> IncidentPolicy:
    """Return how incidents are run.

    Raises:
        InvalidInputError: a group is not there, or snapshots would come faster than anybody reads.
    """
    for name in part.invite:
        if name not in groups:
            raise InvalidInputError(
                f"[incidents] invite names the group {name!r}.", advice=did_you_mean(name, groups)
            )
    usual = IncidentPolicy()
    return IncidentPolicy(
        snapshot_every=_by_severity(part.snapshot_every, usual.snapshot_every, "snapshot_every"),
        update_every=_by_severity(part.update_every, usual.update_every, "update_every"),
        nudges=part.nudges,
        duplicate_within=parse_duration(part.duplicate_within),
        watch_every=parse_duration(part.watch_every),
        declare_on=tuple(each.value for each in part.declare_on),
        invite=tuple(part.invite),
        private=part.private,
        severity=Severity(part.severity),
        bookmarks=dict(part.bookmarks),
    )


def _by_severity(
    said: Mapping[SeverityName, str], usual: Mapping[Severity, timedelta], name: str
) -> Mapping[Severity, timedelta]:
    found = {**usual, **{Severity(each): parse_duration(text) for each, text in said.items()}}
    for severity, every in found.items():
        if every < _SHORTEST:
            raise InvalidInputError(
                f"[incidents] {name}: {severity} is shorter than 30 s.",
                advice="Azure's metrics have a value a minute; write 1m or more.",
            )
    return found
