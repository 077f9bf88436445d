"""Follow a step that has left: poll the operation Azure gave, and read Azure back when nobody knows."""

from dataclasses import replace
from datetime import timedelta

from bot.domain.effect import Effect, Phase
from bot.domain.errors import RunAgain
from bot.domain.operation import differences
from bot.ports.archive import Cause
from bot.ports.azure import Executor
from bot.usecases.desk import Desk
from bot.usecases.execute_change import NOT_SENT, send_step
from bot.usecases.recheck_change import moved_since
from bot.usecases.settle_step import fail_step, refuse_step, settle_read_back
from bot.usecases.step import Step, step_of

LOOK_AGAIN_SECONDS = 2


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
    live = next((item for item in deployments if item.ref.key == step.change.arm_id), None)
    if live is not None and live.provisioning_state not in ("Succeeded", "Failed", "Canceled"):
        raise RunAgain(desk.clock.now() + timedelta(seconds=LOOK_AGAIN_SECONDS), live.provisioning_state)
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
    live = next((item for item in deployments if item.ref.key == step.change.arm_id), None)
    if live is not None and live.provisioning_state not in ("Succeeded", "Failed", "Canceled"):
        raise RunAgain(desk.clock.now() + timedelta(seconds=LOOK_AGAIN_SECONDS), live.provisioning_state)
    if live is not None and not differences(step.goal, live.projection):
        await settle_read_back(step, effect, deployments, desk)
        return
    moved = "the deployment is gone" if live is None else moved_since(step, live)
    if effect.phase is Phase.UNKNOWN:
        await _not_seen(step, effect, moved, desk)
    elif moved:
        await refuse_step(step, effect, "MovedSince", moved, desk)
    else:
        await _send_again(step, effect, executor=executor, desk=desk)


async def _at(number: int, desk: Desk, cause: Cause) -> tuple[Step, Effect] | None:
    async with desk.archive.transaction() as tx:
        change = await tx.change(number)
        step = step_of(change, desk, cause)
        effect = await tx.effect(change, step.name) if step else None
    return (step, effect) if step is not None and effect is not None else None


async def _failed(step: Step, effect: Effect, code: str, *, executor: Executor, desk: Desk) -> None:
    deployments = await executor.reader.deployments(step.target.ref.account)
    live = next((item for item in deployments if item.ref.key == step.change.arm_id), None)
    start = step.plan.before if step.goal is step.plan.after else step.plan.after
    end = refuse_step if live is not None and not differences(start, live.projection) else fail_step
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
