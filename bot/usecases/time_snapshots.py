"""Snapshots by the timer: each open incident's is wanted once when it is due, whichever replica sees it first."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.domain.incident import Incident, IncidentState
from bot.ports.archive import Look, Transaction
from bot.ports.incidents import IncidentQuery
from bot.usecases.desk import Desk


async def snapshots_due(look: Look, *, desk: Desk) -> Sequence[Incident]:
    """Return the open incidents whose next snapshot is due, or so far ahead that the clock must have gone back."""
    now, state = desk.clock.now(), IncidentState.OPEN
    longest = max(desk.configuration.incidents.snapshot_every.values())
    due = await look.incidents(IncidentQuery(state=state, snapshot_before=now))
    return [*due, *await look.incidents(IncidentQuery(state=state, snapshot_after=now + longest))]


async def want_snapshots(due: Sequence[Incident], *, tx: Transaction, desk: Desk) -> None:
    """Write down that they are wanted; after a pause one snapshot stands for all that were missed.

    One that was wanted before and could not be taken, however often its job tried, is tried again.
    """
    now = desk.clock.now()
    for each in due:
        at = each.next_snapshot_at
        if at is None:
            continue
        following = _following(at, desk.configuration.incidents.snapshot_every[each.severity], now)
        if await tx.change_incident(each, next_snapshot_at=following) is not None:
            for left in [snapshot for snapshot in await tx.snapshots(each.number) if not snapshot.is_taken]:
                await tx.enqueue("snapshot", f"snapshot:{each.id}:{left.n}")
            await tx.want_snapshot(each.number, f"timer:{at.isoformat()}", now)


def _following(due: datetime, every: timedelta, now: datetime) -> datetime:
    """Return the first time after now that keeps the rhythm."""
    return due + ((now - due) // every + 1) * every
