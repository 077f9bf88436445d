"""Examples of an incident's snapshots, for the golden files."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from bot.domain.incident_snapshot import CALLS, TIME, Compared, Course, RecentWrite, SnapshotSeen, TargetSeen
from bot.domain.signs import Finding, Level, Sign
from bot.ports.slack import Message
from bot.render.incident_snapshot import SnapshotView, render_incident_snapshot
from tests.golden.values import NOW, REF, TARGET

MINUTE = timedelta(minutes=1)
SHA = "41c0" * 16
_BEGAN = NOW - 31 * MINUTE
FINDINGS = (
    Finding(
        Sign.CAPACITY_PRESSURE,
        Level.CRITICAL,
        "45.0 % of 1,203 calls were refused with HTTP 429.",
        _BEGAN,
        {"HTTP 429": "45.0 %"},
    ),
    Finding(Sign.ABNORMAL_LATENCY, Level.WATCH, "An answer takes 1,910 ms, 1.6 times the usual 1,200 ms."),
    Finding(Sign.QUOTA_EXHAUSTION, Level.UNKNOWN, "Cannot be said: no answer within 5 s."),
    Finding(Sign.DEPLOYMENT_FAILURES, Level.HEALTHY, "The deployment is Succeeded."),
    Finding(Sign.QUERY_ERRORS, Level.HEALTHY, "0.0 % of 1,203 calls failed with HTTP 5xx."),
)
WRITES = (
    RecentWrite(_BEGAN, "deployments <write>", "U0DAN", "Succeeded", "", "c-1"),
    RecentWrite(
        NOW - 300 * MINUTE, "scale: sku.capacity (120 → 150)", "U0ANNA", "not in the log yet", "CHG-12", "c-2"
    ),
    RecentWrite(NOW - 400 * MINUTE, "Capacity 150 → 120", "", "seen, not in the log yet"),
    RecentWrite(NOW - 500 * MINUTE, "deployments delete", "0b0b0b0b-0000-4000-8000-00000000000b", "Failed"),
)
_COURSE = Course(
    _BEGAN.replace(minute=0, second=0) - 60 * MINUTE,
    5 * MINUTE,
    {
        CALLS[0]: tuple(float(900 + each) for each in range(18)),
        CALLS[1]: tuple([2.0] * 12 + [38.0, 71.0, 66.0, 72.0, 63.0, 60.0]),
        CALLS[2]: tuple([0.0] * 18),
        TIME: (None, *[1200.0] * 17),
    },
)
SEEN = TargetSeen(
    TARGET.alias,
    TARGET.ref.key,
    {"sections": [{"key": "quota", "title": "Quota", "facts": [], "gap": "no answer within 5 s"}]},
    {"sku": {"capacity": 120}},
    FINDINGS,
    WRITES,
    _COURSE,
    ("Configuration: Azure did not answer.",),
    Compared(
        "snapshot 1", SHA, ("Capacity pressure: healthy → critical", "Capacity: 150 → 120", *["a <b>"] * 12)
    ),
    Compared("BL-3, kept by hand", SHA),
)
SNAPSHOT = SnapshotSeen(
    "INC-311", 2, "change:CHG-12:rolled_back", _BEGAN, NOW, (SEEN,), "snapshot 1", NOW - 10 * MINUTE
)
_FIRST = replace(
    SNAPSHOT,
    n=1,
    occasion="declare",
    last="",
    last_at=None,
    targets=(
        replace(
            SEEN,
            findings=FINDINGS[3:],
            writes=(),
            course=None,
            gaps=(),
            evidence={},
            since_last=Compared(),
            since_good=Compared(gap="no baseline of triage-prod is kept, and no change of it was closed"),
        ),
    ),
)
_CALM = replace(
    SNAPSHOT, n=3, targets=(replace(SEEN, since_last=Compared("snapshot 2", SHA)),), last="snapshot 2"
)
_MANY = replace(SNAPSHOT, targets=tuple(replace(SEEN, alias=f"target-{n}") for n in range(6)))
_NOBODY = replace(_FIRST, targets=())


def _view(seen: SnapshotSeen, *, drill: bool = False) -> Callable[[], Message]:
    return partial(render_incident_snapshot, SnapshotView(seen, SHA, (TARGET,), drill), REF)


INCIDENT_EXAMPLES: Mapping[str, Callable[[], Message | dict[str, Any]]] = {
    "incident_snapshot": _view(SNAPSHOT),
    "incident_snapshot_first": _view(_FIRST, drill=True),
    "incident_snapshot_unchanged": _view(_CALM),
    "incident_snapshot_many": _view(_MANY),
    "incident_snapshot_no_target": _view(_NOBODY),
}
