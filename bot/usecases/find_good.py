"""Find how a target was when it was last known good: a kept baseline, else the last change that was closed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.baseline import Baseline, Kept
from bot.domain.change import ChangeState, change_number
from bot.domain.deployment import Target
from bot.domain.json import Json
from bot.ports.archive import ChangeQuery, Look
from bot.usecases.keep_baseline import HISTORY, projection_of


@dataclass(frozen=True)
class Good:
    """A state that was good: which one, its digest, the configuration (None: not kept) and the evidence of then."""

    what: str
    sha256: str
    projection: Mapping[str, Json] | None
    evidence: Mapping[str, Json] = field(default_factory=dict)


async def find_good(target: Target, before: datetime, look: Look) -> Good | None:
    """Return the last state known good at a time, None when none is kept.

    A baseline of an apply counts once its change is closed: until then nobody has said that it was good.
    """
    for each in await look.baselines(target.ref.key, HISTORY):
        body = await look.evidence(each.sha256)
        if each.at <= before and body is not None and await _is_good(each, look):
            named = json.loads(body).get("evidence")
            return Good(each.words, each.sha256, projection_of(body), await _document(named, look))
    return await _closed(target, before, look)


async def _is_good(baseline: Baseline, look: Look) -> bool:
    if baseline.kind is not Kept.APPLY:
        return True
    change = await look.change(change_number(baseline.change))
    return change.state is ChangeState.CLOSED


async def _closed(target: Target, before: datetime, look: Look) -> Good | None:
    """Return what the last closed change left behind."""
    query = ChangeQuery(states=frozenset({ChangeState.CLOSED}), target=target.alias)
    for change in await look.changes(query):
        is_earlier = change.executed_at is not None and change.executed_at <= before
        if change.plan is not None and is_earlier:
            evidence = await _document(change.evidence, look)
            return Good(f"what {change.id} left", change.evidence, change.plan.after, evidence)
    return None


async def _document(sha256: object, look: Look) -> Mapping[str, Json]:
    body = await look.evidence(sha256) if isinstance(sha256, str) and sha256 else None
    found = json.loads(body) if body is not None else {}
    return found if isinstance(found, dict) else {}
