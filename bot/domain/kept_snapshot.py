"""A kept snapshot of an incident, read again as it was."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from bot.domain.incident_snapshot import Compared, Course, RecentWrite, SnapshotSeen, TargetSeen, maps_in
from bot.domain.json import Json
from bot.domain.signs import Finding, Level, Sign


def read_snapshot(body: bytes) -> SnapshotSeen:
    """Return a kept snapshot; the same bytes come out of it again."""
    kept = json.loads(body)
    return SnapshotSeen(
        kept["incident"],
        kept["n"],
        kept["occasion"],
        datetime.fromisoformat(kept["began_at"]),
        datetime.fromisoformat(kept["taken_at"]),
        tuple(_target(each) for each in kept["targets"]),
        kept["last"],
        datetime.fromisoformat(kept["last_at"]) if kept["last_at"] else None,
    )


def _target(kept: Mapping[str, Json]) -> TargetSeen:
    projection, course = kept["projection"], kept["course"]
    return TargetSeen(
        str(kept["alias"]),
        str(kept["arm_id"]),
        _map(kept["evidence"]),
        projection if isinstance(projection, Mapping) else None,
        tuple(_finding(each) for each in maps_in(kept["findings"])),
        tuple(_write(each) for each in maps_in(kept["writes"])),
        _course(course) if isinstance(course, Mapping) else None,
        _words(kept["gaps"]),
        _compared(_map(kept["since_last"])),
        _compared(_map(kept["since_good"])),
    )


def _finding(kept: Mapping[str, Json]) -> Finding:
    since = datetime.fromisoformat(str(kept["since"])) if kept["since"] else None
    figures = {name: str(value) for name, value in _map(kept["figures"]).items()}
    return Finding(Sign(str(kept["rule"])), Level(str(kept["level"])), str(kept["words"]), since, figures)


def _write(kept: Mapping[str, Json]) -> RecentWrite:
    words = {name: str(value) for name, value in kept.items() if name != "at"}
    return RecentWrite(at=datetime.fromisoformat(str(kept["at"])), **words)


def _course(kept: Mapping[str, Json]) -> Course:
    step = kept["step"]
    lines = {name: _figures(values) for name, values in _map(kept["lines"]).items()}
    seconds = step if isinstance(step, int) else 0
    return Course(datetime.fromisoformat(str(kept["start"])), timedelta(seconds=seconds), lines)


def _figures(values: Json) -> tuple[float | None, ...]:
    listed = values if isinstance(values, Sequence) and not isinstance(values, str) else ()
    return tuple(float(each) if isinstance(each, int | float) else None for each in listed)


def _compared(kept: Mapping[str, Json]) -> Compared:
    return Compared(str(kept["to"]), str(kept["sha256"]), _words(kept["differs"]), str(kept["gap"]))


def _words(listed: Json) -> tuple[str, ...]:
    return tuple(map(str, listed)) if isinstance(listed, Sequence) and not isinstance(listed, str) else ()


def _map(found: Json) -> Mapping[str, Json]:
    return found if isinstance(found, Mapping) else {}
