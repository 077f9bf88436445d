"""Anchor the trail: publish its newest checkpoint outside the database, and write down how that went."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.anchor_events import AnchorFailed, CheckpointAnchored
from bot.domain.anchoring import AnchorState, is_due
from bot.domain.errors import AnchorContradictsError, CountersignError, RunAgain
from bot.domain.people import system
from bot.ports.anchors import Anchor, Anchored, Cosigner, Head, OurLog
from bot.ports.archive import Archive, Cause, Look, Transaction
from bot.usecases.desk import Desk

ANCHORER = system("anchor")


@dataclass(frozen=True)
class AnchorOutcome:
    """How it went: `size` is anchored, or `error` says why not. `is_new`: it was written down just now.

    `cosigned`: who signed what was anchored besides. `unsigned`: the second keys that did not, and why; the anchor
    stands without them.
    """

    kind: str
    size: int
    ref: str = ""
    error: CountersignError | None = None
    is_new: bool = True
    cosigned: tuple[str, ...] = ()
    unsigned: tuple[tuple[str, CountersignError], ...] = ()


async def anchors_due(look: Look, desk: Desk) -> tuple[str, ...]:
    """Return the kinds of anchors whose time has come."""
    policy = desk.configuration.anchors
    if not policy.places:
        return ()
    states = await look.anchor_states(policy.kinds)
    return tuple(each.kind for each in states if is_due(each, policy, desk.clock.now()))


async def enqueue_anchors(kinds: Sequence[str], tx: Transaction) -> None:
    """Have these anchors made."""
    for kind in kinds:
        await tx.enqueue("anchor", f"anchor:{kind}")


async def anchor_trail(
    anchor: Anchor, *, desk: Desk, cause: Cause, cosigners: Sequence[Cosigner] = ()
) -> AnchorOutcome:
    """Publish the newest checkpoint where it is not yet, and keep the anchor or the failure as an entry.

    What is published is signed by the second keys, too; one that does not is a failure of its own.
    """
    head, state = await _now(anchor.kind, desk)
    now = desk.clock.now()
    if head is None or state.waiting_since is None:
        return AnchorOutcome(anchor.kind, state.size, state.ref, is_new=False)
    try:
        published = await anchor.publish(our_log(head, state, desk.archive, now))
    except CountersignError as error:
        if await _was_overtaken(error, head, desk):
            raise RunAgain(now, "the trail was anchored by another process meanwhile") from None
        return await _failed(anchor.kind, head, state, error, desk=desk, cause=cause)
    lines, unsigned = await _cosigned(head, cosigners, now)
    made = Anchored(head.shard, head.size, anchor.kind, published.ref, now, (*published.cosignatures, *lines))
    async with desk.archive.transaction() as tx:
        is_new = await tx.add_anchor(made)
        if is_new:
            await tx.record(_event(made, head), by=ANCHORER, cause=cause)
        for kind, why in unsigned:
            failed = AnchorFailed(anchor=kind, size=head.size, why=f"{why}")
            await tx.record(failed, by=ANCHORER, cause=cause)
    names = tuple(name for name, _ in made.cosignatures)
    return AnchorOutcome(
        anchor.kind, head.size, published.ref, is_new=is_new, cosigned=names, unsigned=tuple(unsigned)
    )


def _event(made: Anchored, head: Head) -> CheckpointAnchored:
    return CheckpointAnchored(
        anchor=made.kind,
        size=made.size,
        root=b64encode(head.root).decode(),
        place=made.ref,
        cosigned=tuple(name for name, _ in made.cosignatures),
    )


async def _cosigned(
    head: Head, cosigners: Sequence[Cosigner], now: datetime
) -> tuple[list[tuple[str, str]], list[tuple[str, CountersignError]]]:
    """Return the lines of those second keys that signed, by name, and why the others did not, by kind."""
    lines, unsigned = [], []
    for each in cosigners:
        try:
            lines.append(await each.cosign(head.note, now))
        except CountersignError as error:
            unsigned.append((each.kind, error))
    return lines, unsigned


async def _now(kind: str, desk: Desk) -> tuple[Head | None, AnchorState]:
    async with desk.archive.reading() as look:
        head = await look.trail_head()
        states = await look.anchor_states((kind,))
    return head, states[0] if states else AnchorState(kind, 0)


async def _was_overtaken(error: CountersignError, before: Head, desk: Desk) -> bool:
    """Return whether what an anchor holds more than we submitted is in the trail by now."""
    if not isinstance(error, AnchorContradictsError) or error.size <= before.size:
        return False
    async with desk.archive.reading() as look:
        head = await look.trail_head()
    return head is not None and head.shard == before.shard and head.size >= error.size


def our_log(head: Head, state: AnchorState, archive: Archive, now: datetime) -> OurLog:
    """Return the log as an anchor is shown it."""

    async def prove(old: int) -> Sequence[bytes]:
        async with archive.reading() as look:
            return await look.trail_consistency(head.shard, old, head.size)

    return OurLog(head.origin, head.size, head.note, now, prove, state.size, state.ref)


async def _failed(
    kind: str, head: Head, state: AnchorState, error: CountersignError, *, desk: Desk, cause: Cause
) -> AnchorOutcome:
    """Write down a failure; the same proof against the trail is told of as new only once."""
    finding = error.code if isinstance(error, AnchorContradictsError) else ""
    async with desk.archive.transaction() as tx:
        event = AnchorFailed(anchor=kind, size=head.size, why=f"{error}", finding=finding)
        await tx.record(event, by=ANCHORER, cause=cause)
    return AnchorOutcome(kind, head.size, error=error, is_new=state.finding != finding)
