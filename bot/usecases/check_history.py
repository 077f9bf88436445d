"""Check a plan against what was done before: one variable at a time, its deployment left alone, a known way back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.change import WAITING, Change, ChangeState, ChangeType
from bot.domain.deployment import Target
from bot.planning.return_path import closed_ways, variables, way_notes
from bot.ports.archive import ChangeQuery, Look
from bot.usecases.desk import Desk
from bot.usecases.observe_permissions import permission_problem
from bot.usecases.plan_change import Checked
from bot.usecases.step import ROLLBACK

_MOST = 500


@dataclass(frozen=True)
class Findings:
    """What stands against a plan, each with its fix, and what people should know before they decide."""

    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


async def look_back(
    change: Change, checked: Checked, target: Target, desk: Desk
) -> tuple[tuple[Change, ...], Findings]:
    """Return the other open changes of the account, and what the archive says for and against the plan."""
    async with desk.archive.reading() as look:
        others = await others_open(look, change)
        past = await check_history(change, checked, look=look, desk=desk)
        lacking, unseen = await permission_problem(checked.plan, target.ref.account, look=look, desk=desk)
    same = [
        f"{other.id} is open on this deployment already. Decide or withdraw it first."
        for other in others
        if other.arm_id == change.arm_id
    ]
    problems = (*past.problems, *filter(None, [lacking]), *same)
    return others, Findings(problems, (*past.notes, *filter(None, [unseen])))


async def others_open(look: Look, change: Change) -> tuple[Change, ...]:
    """Return the other changes of the account that wait or run."""
    states = WAITING | {ChangeState.EXECUTING, ChangeState.VERIFYING, ChangeState.ROLLING_BACK}
    found = await look.changes(ChangeQuery(states=frozenset(states), account=change.account, limit=50))
    return tuple(other for other in found if other.number != change.number)


async def check_history(change: Change, checked: Checked, *, look: Look, desk: Desk) -> Findings:
    """Return what earlier changes, and the way back, say against a plan. An emergency passes, which is noted."""
    timing, now = desk.configuration.timing, desk.clock.now()
    past = await look.changes(ChangeQuery(target=change.request.target, limit=_MOST))
    earlier = [each for each in past if each.number != change.number]
    problems = (
        *_several(checked),
        *_observed(change, checked, earlier, now, timing.observation_window),
        *closed_ways(checked.plan, checked.facts, timing.validation_window),
    )
    notes = (
        *way_notes(checked.plan, checked.facts, timing.validation_window),
        *await _rehearsed(change, checked, earlier, look),
    )
    if change.request.type is ChangeType.EMERGENCY:
        return Findings((), (*(f"It passes as an emergency: {problem}" for problem in problems), *notes))
    return Findings(problems, notes)


def evidence_words(change: Change, now: datetime, most: timedelta) -> str:
    """Return on which evidence a change is applied: the snapshot of its submit, or the executor's look of now."""
    if change.evidence_at is None:
        return "the executor's own look at apply; there is no snapshot"
    minutes = (now - change.evidence_at).total_seconds() / 60
    if now - change.evidence_at <= most:
        return f"the snapshot of the submit, {minutes:.0f} min old, and the executor's own look at apply"
    return f"the executor's own look at apply; the snapshot of the submit is {minutes:.0f} min old"


def _several(checked: Checked) -> tuple[str, ...]:
    touched = variables(checked.plan)
    if len(touched) < 2:
        return ()
    return (
        f"It changes {' and '.join(touched)} at once, and nobody could tell which of them did what. "
        f"Split it into {len(touched)} changes.",
    )


def _observed(
    change: Change, checked: Checked, earlier: Sequence[Change], now: datetime, window: timedelta
) -> tuple[str, ...]:
    """Return which change is still being observed on the deployment; the one that follows it may go on."""
    found = []
    for each in earlier:
        same = each.plan is not None and each.plan.arm_id == checked.plan.arm_id
        if not same or each.executed_at is None or each.id == change.request.origin:
            continue
        ends = each.executed_at + window
        if now < ends:
            found.append(
                f"{each.id} was applied to this deployment at {each.executed_at:%H:%M} UTC and is observed until "
                f"{ends:%Y-%m-%d %H:%M} UTC. Ask again then, or roll {each.id} back."
            )
    return tuple(found)


async def _rehearsed(
    change: Change, checked: Checked, earlier: Sequence[Change], look: Look
) -> tuple[str, ...]:
    """Return when the way back of this kind was last walked on this target, or that it never was."""
    if not checked.plan.rollback:
        return ()
    kind, target = change.request.kind, change.request.target
    walked = [each for each in earlier if each.state is ChangeState.ROLLED_BACK and each.request.kind == kind]
    ends = [
        (effect.at, each.id) for each in walked if (effect := await look.effect(each, ROLLBACK)) is not None
    ]
    if not ends:
        return (f"The way back of {kind} was never rehearsed on {target}.",)
    at, which = max(ends)
    return (f"The way back of {kind} was last walked on {target} on {at:%Y-%m-%d}, with {which}.",)
