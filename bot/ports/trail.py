"""Searching the audit trail: what is asked, and a page of what was found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class TrailQuery:
    """Which entries to find, newest first; what is empty does not matter, everything else must fit.

    `type`: an entry's type, or the beginning of one up to a dot (`change.`). `resource`: an ARM id, in any case.
    `since` and `until` are part of the range. `after`: the `next` of the page before.
    """

    actor: str = ""
    type: str = ""
    resource: str = ""
    change: str = ""
    since: datetime | None = None
    until: datetime | None = None
    after: str = ""
    limit: int = 20


@dataclass(frozen=True)
class FoundEntry:
    """An entry as it is stored, not verified: its canonical body, and its personal texts that were not erased."""

    shard: int
    seq: int
    body: str
    leaf_hash: str
    texts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class TrailPage:
    """Some of the entries that fit, newest first; `next` is where to go on, empty at the end."""

    entries: Sequence[FoundEntry]
    next: str = ""


class TrailLook(Protocol):
    """What can be asked of the trail without proof. It changes nothing."""

    async def search_trail(self, query: TrailQuery) -> TrailPage:
        """Return a page of the entries that fit; raise InvalidInputError when the page asked for is none."""
        ...
