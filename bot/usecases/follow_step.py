"""Follow a step that has left: poll the operation Azure gave, and read Azure back when nobody knows."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from bot.domain.deployment import Deployment
from bot.domain.effect import Effect, Phase
from bot.domain.errors import RunAgain
from bot.domain.operation import differences
from bot.ports.archive import Cause
from bot.ports.azure import Executor
from bot.usecases.desk import Desk
from bot.usecases.execute_change import NOT_SENT, send_step
from bot.usecases.plan_change import projection_in
from bot.usecases.recheck_change import moved_since
from bot.usecases.settle_step import fail_step, refuse_step, settle_read_back
from bot.usecases.step import Step, step_of

LOOK_AGAIN_SECONDS = 2
LOOK_ELSEWHERE_SECONDS = 20
ELSEWHERE = timedelta(hours=4)


async def poll_step(number: int, *, executor: Executor, desk: Desk, cause: Cause) -> None:
    """Poll an accepted operation; when it is over, read back and end the step.

    Raises:
        RunAgain: it is still running.
    """
    found = await _at(number, desk, cause)
    if found is None or found[1].phase is not Phase.ACCEPTED:
        return
    step, effect = found
    if effect.poll:
        progress = await executor.writer.poll(effect.poll)
        if progress.running:
            raise RunAgain(
                desk.clock.now() + timedelta(seconds=progress.retry_after_seconds), "still running"
            )
        if progress.failed_code:
            await _failed(step, effect, progress.failed_code, executor=executor, desk=desk)
            return
    deployments = await executor.reader.deployments(step.target.ref.account)
    _until_quiet(step, deployments, desk)
    if step.operation is None and await _still_waits(step, effect, deployments, desk):
        return
    await settle_read_back(step, effect, deployments, desk)


async def read_back_step(number: int, *, executor: Executor, desk: Desk, cause: Cause) -> None:
    """Find out what became of a step that left without an answer: read Azure after the grace, then decide.

    Raises:
        RunAgain: the grace is not over, or Azure is still at it.
    """
    found = await _at(number, desk, cause)
    if found is None or found[1].phase not in (Phase.INTENDED, Phase.UNKNOWN):
        return
    step, effect = found
    quiet_at = effect.at + desk.configuration.timing.doubt_grace
    if effect.why != NOT_SENT and desk.clock.now() < quiet_at:
        raise RunAgain(quiet_at, "waits until a late call cannot arrive any more")
    deployments = await executor.reader.deployments(step.target.ref.account)
    _until_quiet(step, deployments, desk)
    live = projection_in(deployments, step.plan.arm_id)
    if not differences(step.goal, live):
        await settle_read_back(step, effect, deployments, desk)
        return
    moved = moved_since(step, live)
    if effect.phase is Phase.UNKNOWN:
        await _not_seen(step, effect, moved, desk)
    elif moved:
        await refuse_step(step, effect, "MovedSince", moved, desk)
    else:
        await _send_again(step, effect, executor=executor, desk=desk)


def _until_quiet(step: Step, deployments: Sequence[Deployment], desk: Desk) -> None:
    """Raise RunAgain while Azure is still at the deployment."""
    live = next((item for item in deployments if item.ref.key == step.plan.arm_id), None)
    if live is not None and live.provisioning_state not in ("Succeeded", "Failed", "Canceled"):
        raise RunAgain(desk.clock.now() + timedelta(seconds=LOOK_AGAIN_SECONDS), live.provisioning_state)


async def _still_waits(step: Step, effect: Effect, deployments: Sequence[Deployment], desk: Desk) -> bool:
    """Return whether another program, which applies this plan, has not touched the deployment in all its time.

    Raises:
        RunAgain: its time is not over.
    """
    now = desk.clock.now()
    if differences(step.start, projection_in(deployments, step.plan.arm_id)):
        return False
    if now < effect.at + ELSEWHERE:
        raise RunAgain(now + timedelta(seconds=LOOK_ELSEWHERE_SECONDS), "waits for the pipeline")
    hours = ELSEWHERE.total_seconds() / 3600
    await refuse_step(step, effect, "NotApplied", f"nobody applied it within {hours:.0f} hours", desk)
    return True


async def _at(number: int, desk: Desk, cause: Cause) -> tuple[Step, Effect] | None:
    async with desk.archive.transaction() as tx:
        change = await tx.change(number)
        step = step_of(change, desk, cause)
        effect = await tx.effect(change, step.name) if step else None
    return (step, effect) if step is not None and effect is not None else None


async def _failed(step: Step, effect: Effect, code: str, *, executor: Executor, desk: Desk) -> None:
    deployments = await executor.reader.deployments(step.target.ref.account)
    moved = differences(step.start, projection_in(deployments, step.plan.arm_id))
    end = fail_step if moved else refuse_step
    await end(step, effect, code, f"Azure says the operation failed ({code})", desk)


async def _not_seen(step: Step, effect: Effect, moved: str, desk: Desk) -> None:
    """End a step whose answer was lost and whose goal Azure does not show."""
    if moved:
        why = f"no answer came, and Azure shows neither what was approved nor what was before: {moved}"
        await fail_step(step, effect, "ReadBackDiffers", why, desk)
    else:
        why = "no answer came, and Azure shows that it was not applied"
        await refuse_step(step, effect, "NotApplied", why, desk)


async def _send_again(step: Step, effect: Effect, *, executor: Executor, desk: Desk) -> None:
    """Send what was intended and, as Azure shows, never arrived; the fence keeps an older runner from sending too."""
    fenced = replace(effect, fence=effect.fence + 1, at=desk.clock.now(), why="")
    async with desk.archive.transaction() as tx:
        mine = await tx.journal(fenced, expected=effect.phase.value)
    if mine:
        await send_step(step, fenced, executor=executor, desk=desk)
