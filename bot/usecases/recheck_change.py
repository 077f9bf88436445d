"""Check an approved change again, at the moment it would run: live state, approvals, policy, freezes, quota."""

from collections.abc import Mapping

from bot.domain.break_glass import glass_lost
from bot.domain.change import Change, ChangeState
from bot.domain.errors import CountersignError, RunAgain
from bot.domain.event import AuditEvent
from bot.domain.freeze import freeze_words
from bot.domain.json import Json
from bot.domain.operation import differences, moved_words
from bot.domain.policy import Refused, approved_today
from bot.domain.request_events import ChangeExpired, ChangeRefused, ChangeSuperseded
from bot.domain.tiers import is_higher
from bot.ports.azure import Executor
from bot.usecases.check_history import check_history
from bot.usecases.desk import Desk
from bot.usecases.find_people import FOR_AN_APPLY, find_people
from bot.usecases.freeze_targets import freezes_at, is_overridden
from bot.usecases.hold_for_incident import held_by_incident
from bot.usecases.judge_change import tier_today
from bot.usecases.observe_permissions import lacks_now
from bot.usecases.plan_change import Checked, Sight, plan_change, projection_in
from bot.usecases.require_anchors import why_not_anchored
from bot.usecases.step import EXECUTOR, FORWARD, Step


async def still_good(step: Step, *, executor: Executor, desk: Desk) -> bool:
    """Return whether the change may run now; if not, what stopped it is written down and shown on its card.

    Raises:
        RunAgain: the directory must be read afresh first, or the trail anchored.
    """
    change = step.change
    if not change.apply_asked_by:
        return False
    start = change.request.start_at
    if start is not None and desk.clock.now() < start:
        raise RunAgain(start, "it starts later")
    if change.expires_at is not None and desk.clock.now() >= change.expires_at:
        event = ChangeExpired(**step.about, expired_at=change.expires_at.isoformat())
        await _end(step, ChangeState.EXPIRED, event, "its approval expired before it ran", desk)
        return False
    if await _moved_away(step, executor=executor, desk=desk):
        return False
    lost = await _approvals_lost(change, desk)
    if lost:
        await _supersede(step, ("approvals",), lost, desk)
        return False
    moved, problem = await _problem(step, executor, desk)
    problem = problem or await why_not_anchored(step, desk=desk)
    if moved:
        await _supersede(step, (moved,), problem, desk)
    elif problem:
        await _hold(step, problem, desk)
    return not problem


async def rollback_fits(step: Step, *, executor: Executor) -> str:
    """Return why the rollback must not be sent, empty when only what this change touched differs from before."""
    live = projection_in(await executor.reader.deployments(step.ref.account), step.plan.arm_id)
    if not live and step.plan.after:
        return "the deployment is gone, so there is nothing to roll back"
    return moved_since(step, live)


def moved_since(step: Step, live: Mapping[str, Json]) -> str:
    """Return why the step must not be sent on this live state, empty when it may.

    Forward, nothing may differ from before; back, only what the change itself touched, and once it was read back
    as applied, only as the change left it.
    """
    forward = step.name == FORWARD
    touched = set() if forward else set(differences(step.plan.before, step.plan.after))
    if step.change.executed_at is not None:
        touched -= set(differences(step.plan.after, live))
    moved = [name for name in differences(step.plan.before, live) if name not in touched]
    if not moved:
        return ""
    if not live:
        return "the deployment is gone"
    verb = "applying" if forward else "rolling back"
    return f"{', '.join(moved)} moved since; {verb} would overwrite somebody else's change"


async def _moved_away(step: Step, *, executor: Executor, desk: Desk) -> bool:
    """Supersede a change whose deployment is no longer as it was planned on, or is gone."""
    live = projection_in(await executor.reader.deployments(step.ref.account), step.plan.arm_id)
    moved = differences(step.plan.before, live)
    if not moved:
        return False
    if bool(live) is not bool(step.plan.before):
        words = "is gone" if step.plan.before else "is there already"
        await _supersede(step, ("the deployment itself",), f"the deployment {words}", desk)
        return True
    why = f"{moved_words(step.plan.before, live)} moved after the request was planned"
    await _supersede(step, moved, why, desk)
    return True


async def _approvals_lost(change: Change, desk: Desk) -> str:
    async with desk.archive.transaction() as tx:
        votes = await tx.votes(change)
    voters = {vote.person for vote in votes} | {change.request.requester, change.broke_glass_by} - {""}
    people = await find_people(voters, desk=desk, max_age=FOR_AN_APPLY)
    rule = desk.configuration.rule_for(change)
    if change.broke_glass_by:
        return glass_lost(change, people[change.broke_glass_by], rule)
    today = approved_today(change, votes, people, rule, desk.clock.now())
    return today.words if isinstance(today, Refused) else ""


async def _problem(step: Step, executor: Executor, desk: Desk) -> tuple[str, str]:
    """Return what moved away from what was approved (empty: nothing) and why the change cannot run now."""
    async with desk.archive.reading() as look:
        freezes = await freezes_at(
            step.target.alias, desk.clock.now(), look=look, configuration=desk.configuration
        )
    if freezes and not await is_overridden(step.change, freezes, desk=desk):
        return "", freeze_words(freezes)
    if held := await held_by_incident(step.change, desk=desk):
        return "", held
    try:
        sight, now = Sight(executor.reader, executor.metrics), desk.clock.now()
        checked = await plan_change(
            step.change, step.target, sight=sight, configuration=desk.configuration, now=now
        )
    except CountersignError as error:
        if error.retryable:
            raise
        return "", f"{error} {error.advice}".strip()
    if checked.plan.digest != step.change.plan_digest:
        return "the plan", "The plan made from the live state is no longer the one that was approved."
    requester = step.change.request.requester
    people = await find_people({requester}, desk=desk, max_age=FOR_AN_APPLY)
    today = tier_today(step.change, checked, desk.configuration, people[requester]).tier
    if is_higher(today, step.change.tier):
        return "the risk tier", f"It was approved as {step.change.tier}; what it does is {today} today."
    return "", await _stopped(step, checked, executor, desk)


async def _stopped(step: Step, checked: Checked, executor: Executor, desk: Desk) -> str:
    """Return what the live state, earlier changes or the executor's own rights say against it; the first of them."""
    async with desk.archive.reading() as look:
        past = await check_history(step.change, checked, look=look, desk=desk)
    if checked.problems or past.problems:
        return (*checked.problems, *past.problems)[0]
    return await lacks_now(checked.plan, step.target.ref.account, executor.permissions)


async def _supersede(step: Step, moved: tuple[str, ...], why: str, desk: Desk) -> None:
    event = ChangeSuperseded(**step.about, moved=moved, why=why)
    await _end(step, ChangeState.SUPERSEDED, event, why, desk)


async def _end(step: Step, state: ChangeState, event: AuditEvent, why: str, desk: Desk) -> None:
    async with desk.archive.transaction() as tx:
        if await tx.move(step.change, state, note=why) is None:
            return
        await tx.record(event, by=EXECUTOR, cause=step.cause)
        await tx.enqueue("deliver", f"deliver:{step.change.id}:card")


async def _hold(step: Step, why: str, desk: Desk) -> None:
    """Leave the change approved, say why it did not run, and let people ask again."""
    async with desk.archive.transaction() as tx:
        if await tx.mark(step.change, apply_asked_by="", note=f"Not applied: {why}") is None:
            return
        event = ChangeRefused(**step.about, attempt="apply", why=why)
        await tx.record(event, by=EXECUTOR, cause=step.cause)
        await tx.enqueue("deliver", f"deliver:{step.change.id}:card")
