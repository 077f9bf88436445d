"""Let nothing be applied while what was recorded is not anchored, or an anchor proves that the trail was changed."""

from datetime import timedelta

from bot.domain.anchor_events import AnchorOverridden
from bot.domain.anchoring import AnchorState, contradicted, contradicted_words, overdue, overdue_words
from bot.domain.errors import LedgerBrokenError, RunAgain
from bot.usecases.anchor_trail import enqueue_anchors
from bot.usecases.desk import Desk
from bot.usecases.step import EXECUTOR, FORWARD, Step

_TRIED = timedelta(seconds=30)  # a failure as fresh as this need not be seen again


async def why_not_anchored(step: Step, *, desk: Desk) -> str:
    """Return why the step must not be carried out, empty when it may.

    Overdue anchors are tried once more first; with a broken glass, and back, the step goes on all the same, and
    that is recorded.

    Raises:
        LedgerBrokenError: an anchor proves the trail wrong, and this is a rollback: everything stops.
        RunAgain: the anchors are being made now.
    """
    policy, now = desk.configuration.anchors, desk.clock.now()
    if not policy.places:
        return ""
    async with desk.archive.reading() as look:
        states = await look.anchor_states(policy.kinds)
    against = contradicted(states)
    if against:
        return _stopped(against, step)
    late = overdue(states, policy, now)
    if not late:
        return ""
    if step.change.broke_glass_by or step.name != FORWARD:
        await _overridden(late, step, desk)
        return ""
    untried = [each.kind for each in late if each.failed_at is None or now - each.failed_at > _TRIED]
    if untried:
        async with desk.archive.transaction() as tx:
            await enqueue_anchors(untried, tx)
        raise RunAgain(now + timedelta(seconds=1), f"waits for the anchor: {', '.join(untried)}")
    return overdue_words(late, policy, now)


def _stopped(against: tuple[AnchorState, ...], step: Step) -> str:
    words = contradicted_words(against)
    advice = "Change nothing; run `countersign audit verify --anchor all` and follow docs/anchors.md."
    if step.name != FORWARD:
        raise LedgerBrokenError(words, advice=advice)
    return f"{words} {advice}"


async def _overridden(late: tuple[AnchorState, ...], step: Step, desk: Desk) -> None:
    kinds = tuple(each.kind for each in late)
    minutes = int(max(each.age(desk.clock.now()) for each in late).total_seconds() // 60)
    event = AnchorOverridden(**step.about, anchors=kinds, minutes=minutes, step=step.name)
    async with desk.archive.transaction() as tx:
        await tx.record(event, by=EXECUTOR, cause=step.cause)
