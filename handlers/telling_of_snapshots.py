"""Showing a snapshot in the thread of its incident's card, once it was taken."""

from datetime import timedelta

from bot.domain.incident import ChannelState, Incident, IncidentSnapshot
from bot.domain.kept_snapshot import read_snapshot
from bot.ports.slack import Message
from bot.render.incident_snapshot import SnapshotView, render_incident_snapshot
from handlers.dependencies import Dependencies
from handlers.incident_room import say_in_thread

_AGAIN = timedelta(seconds=1)


async def tell_of_snapshot(number: int, n: int, deps: Dependencies) -> None:
    """Post a snapshot in the thread of the card, once; while there is no card yet, come back."""
    async with deps.desk.archive.reading() as look:
        incident = await look.incident(number)
        mine = [each for each in await look.snapshots(number) if each.n == n]
        body = await look.evidence(mine[0].sha256) if mine and mine[0].is_taken else None
    if body is None or mine[0].ts:
        return
    if not incident.card_ts:
        await _come_back(incident, n, deps)
        return
    message = _message(incident, mine[0], body, deps)
    ts = await say_in_thread(incident, message, deps)
    if not ts:  # the channel is closed to us; the next card shows what was taken meanwhile
        return
    async with deps.desk.archive.transaction() as tx:
        await tx.show_snapshot(mine[0], ts)
        await tx.enqueue("deliver", f"deliver:{incident.id}:card")


def _message(incident: Incident, snapshot: IncidentSnapshot, body: bytes, deps: Dependencies) -> Message:
    targets = [each for each in deps.desk.configuration.targets if each.alias in incident.targets]
    view = SnapshotView(read_snapshot(body), snapshot.sha256, targets, incident.drill)
    return render_incident_snapshot(view, deps.cause("deliver").ref)


async def _come_back(incident: Incident, n: int, deps: Dependencies) -> None:
    """Try again in a moment; a channel that is closed to us has no card to wait for."""
    if incident.channel_state in (ChannelState.PENDING, ChannelState.OPEN):
        async with deps.desk.archive.transaction() as tx:
            at = deps.desk.clock.now() + _AGAIN
            await tx.enqueue("deliver", f"deliver:{incident.id}:snapshot:{n}", run_at=at)
