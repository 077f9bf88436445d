"""The searchable part of the archive in memory."""

from dataclasses import asdict
from hashlib import sha256
from typing import Any

from bot.domain.events import plain
from bot.domain.json import canonical
from bot.ports.trail import FoundEntry, TrailPage, TrailQuery
from tests.fakes.archive_state import Entry, State


class FakeTrail:
    """Finds entries by looking at every one."""

    _state: State

    async def search_trail(self, query: TrailQuery) -> TrailPage:
        """Return a page of the entries that fit, newest first."""
        below = int(query.after or 2**31)
        fitting = [
            _found(entry, seq)
            for seq, entry in reversed(list(enumerate(self._state.entries)))
            if seq < below and _fits(entry, query)
        ]
        page = fitting[: query.limit]
        return TrailPage(page, str(page[-1].seq) if len(fitting) > query.limit else "")


def _fits(entry: Entry, query: TrailQuery) -> bool:
    begins = entry.tag.startswith(query.type) if query.type.endswith(".") else entry.tag == query.type
    return all(
        (
            not query.actor or entry.by.id == query.actor,
            not query.type or begins,
            not query.change or entry.event.change == query.change,
            not query.resource or entry.event.resource.lower() == query.resource.lower(),
        )
    )


def _found(entry: Entry, seq: int) -> FoundEntry:
    body: dict[str, Any] = {
        "type": entry.tag,
        "ts": "2026-11-24T12:00:00.000000Z",
        "actor": {name: each for name, each in asdict(entry.by).items() if each},
        "subject": {"change": entry.event.change, "resource": entry.event.resource},
        "data": plain(entry.event.data()),
        "evidence": [],
        "seq": seq,
    }
    text = canonical(body).decode()
    return FoundEntry(0, seq, text, sha256(b"\x00" + text.encode()).hexdigest())
