"""Showing a snapshot in the thread of its incident's card, once it was taken."""

from bot.domain.incident import Incident, IncidentSnapshot
from bot.domain.kept_snapshot import read_snapshot
from bot.ports.slack import Message
from bot.render.incident_snapshot import SnapshotView, render_incident_snapshot
from handlers.dependencies import Dependencies
from handlers.incident_room import say_in_thread


async def tell_of_snapshot(number: int, n: int, deps: Dependencies) -> None:
    """Post a snapshot in the thread of the card, once; while there is no card, the card's own job comes back."""
    async with deps.desk.archive.reading() as look:
        incident = await look.incident(number)
        mine = [each for each in await look.snapshots(number) if each.n == n]
        body = await look.evidence(mine[0].sha256) if mine and mine[0].is_taken else None
    if body is None or mine[0].ts:
        return
    message = _message(incident, mine[0], body, deps)
    ts = await say_in_thread(incident, message, deps)
    if not ts:  # there is no card yet, or no channel any more: the next card's job shows it
        return
    async with deps.desk.archive.transaction() as tx:
        await tx.show_snapshot(mine[0], ts)
        await tx.enqueue("deliver", f"deliver:{incident.id}:card")


def _message(incident: Incident, snapshot: IncidentSnapshot, body: bytes, deps: Dependencies) -> Message:
    targets = [each for each in deps.desk.configuration.targets if each.alias in incident.targets]
    view = SnapshotView(read_snapshot(body), snapshot.sha256, targets, incident.drill)
    return render_incident_snapshot(view, deps.cause("deliver").ref)
