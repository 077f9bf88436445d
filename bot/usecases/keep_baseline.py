"""Keep a baseline: a deployment as it is now, with its evidence, for ever, in the transaction that made it matter."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.baseline import FORMAT, Baseline, Kept, Then
from bot.domain.deployment import Target
from bot.domain.drift import masked
from bot.domain.drift_events import BaselineRecorded
from bot.domain.json import Json, canonical
from bot.domain.people import Actor
from bot.ports.archive import Cause, Transaction

HISTORY = 50


@dataclass(frozen=True)
class State:
    """What is kept: a target's projection and figures, when and why; the evidence's digest and the change, if any."""

    target: Target
    projection: Mapping[str, Json]
    kind: Kept
    at: datetime
    evidence: str = ""
    change: str = ""
    figures: Mapping[str, Json] = field(default_factory=dict)

    @property
    def body(self) -> bytes:
        """Return the canonical snapshot, as it is stored."""
        snapshot: dict[str, Json] = {
            "format": FORMAT,
            "arm_id": self.target.ref.key,
            "alias": self.target.alias,
            "taken_at": self.at.isoformat(),
            "projection": masked(self.projection),
            "evidence": self.evidence,
        }
        return canonical({**snapshot, "figures": self.figures} if self.figures else snapshot)


async def keep_baseline(state: State, *, by: Actor, cause: Cause, tx: Transaction) -> Baseline:
    """Store the snapshot and the baseline that names it, and say so in the trail."""
    sha256 = await tx.keep_evidence(state.body, kind="baseline", now=state.at)
    kept = await tx.add_baseline(
        Baseline(
            number=0,
            arm_id=state.target.ref.key,
            target=state.target.alias,
            at=state.at,
            kind=state.kind,
            by=by.id,
            sha256=sha256,
            change=state.change,
        )
    )
    event = BaselineRecorded(
        change=state.change,
        resource=kept.arm_id,
        baseline=kept.id,
        alias=kept.target,
        kind=kept.kind.value,
        evidence=sha256,
    )
    await tx.record(event, by=by, cause=cause)
    return kept


async def baseline_history(arm_id: str, tx: Transaction) -> tuple[Sequence[Baseline], tuple[Then, ...]]:
    """Return the last baselines of a deployment, newest first, and what each one holds."""
    baselines = await tx.baselines(arm_id, HISTORY)
    bodies = [await tx.evidence(each.sha256) for each in baselines]
    held = [
        Then(each.at, projection_of(body))
        for each, body in zip(baselines, bodies, strict=True)
        if body is not None
    ]
    return baselines, tuple(held)


def projection_of(body: bytes) -> Mapping[str, Json]:
    """Return the projection that a stored baseline holds."""
    found = json.loads(body).get("projection")
    return found if isinstance(found, dict) else {}
