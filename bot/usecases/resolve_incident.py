"""Resolve an incident: what is still open is shown first; then a last snapshot, the timeline and the review."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from bot.domain.change import OPEN_ON_ACCOUNT, Change, ChangeState
from bot.domain.incident import Incident, IncidentState
from bot.domain.incident_events import IncidentClosed
from bot.domain.incident_names import home_channels
from bot.domain.incident_people import may_resolve
from bot.domain.people import Standing
from bot.domain.policy import Refused
from bot.ports.archive import ChangeQuery, Look, Transaction
from bot.usecases.desk import Caller, Desk
from bot.usecases.keep_timeline import change_now, checked_words, entry_now, open_incident, write_down
from bot.usecases.link_incident import redraw_changes

_WORDS: Mapping[ChangeState, str] = {
    ChangeState.EXECUTING: "is running",
    ChangeState.VERIFYING: "is being validated",
    ChangeState.ROLLING_BACK: "is being rolled back",
    ChangeState.AWAITING_ATTESTATION: "waits for its owner's attestation",
    ChangeState.FAILED: "failed and was not rolled back",
}


async def open_checks(incident: Incident, look: Look) -> list[str]:
    """Return what is still open, each in words: changes that run or wait for their owner, no lead, no evidence."""
    found = []
    if not incident.lead:
        found.append("nobody was named as lead")
    if incident.severity_at is None:
        found.append(f"nobody confirmed the severity; {incident.severity} is assumed")
    changes = await _changes(incident, look)
    found += [f"{each.id} {_WORDS[each.state]}" for each in changes if each.state in _WORDS]
    found += [f"the broken glass of {each.id} is not reviewed" for each in changes if _is_unreviewed(each)]
    waiting = [each for each in await look.snapshots(incident.number) if not each.is_taken]
    if waiting:
        found.append(f"snapshot {', '.join(str(each.n) for each in waiting[:5])} is not taken yet")
    return found


async def _changes(incident: Incident, look: Look) -> Sequence[Change]:
    changes = {number: await look.change(number) for number in await look.changes_of(incident.number)}
    for alias in sorted(incident.targets):
        query = ChangeQuery(states=OPEN_ON_ACCOUNT, target=alias)
        changes |= {each.number: each for each in await look.changes(query)}
    return [each for _, each in sorted(changes.items())]


def _is_unreviewed(change: Change) -> bool:
    return bool(change.broke_glass_by) and not change.reviewed_by


async def resolve_incident(
    number: int,
    resolution: str,
    *,
    caller: Caller,
    people: Mapping[str, Standing],
    tx: Transaction,
    desk: Desk,
) -> Incident | Refused:
    """End an incident, want its last snapshot, and give its targets back to ordinary changes.

    Raises:
        InvalidInputError: nothing is said of how.
        CountersignError: it is resolved already.
    """
    now = desk.clock.now()
    before = await open_incident(number, tx)
    refused = resolvable(before, caller.user, people, desk)
    if refused is not None:
        return refused
    words = checked_words(resolution, "resolve")
    kept = await change_now(
        number,
        tx,
        state=IncidentState.RESOLVED,
        resolved_by=caller.user,
        resolved_at=now,
        resolution=words,
        next_snapshot_at=None,
        next_update_at=None,
        snoozed_until=None,
    )
    await tx.record(_event(kept, now - kept.declared_at), by=caller.actor, cause=caller.cause)
    await write_down(entry_now(kept, "resolved", words, by=caller.user, key="resolved", at=now), tx)
    await tx.want_snapshot(number, "resolve", now)
    await redraw_changes(kept, tx)
    homes = home_channels(kept, desk.configuration) if kept.card_ts else []  # without a card nobody was told
    for what in ("topic", "closing", *(f"ended:{channel}" for channel in homes)):
        await tx.enqueue("deliver", f"deliver:{kept.id}:{what}")
    return kept


def resolvable(incident: Incident, user: str, people: Mapping[str, Standing], desk: Desk) -> Refused | None:
    """Return why a person does not resolve an incident, None when they may."""
    verdict = may_resolve(incident, people[user], people, desk.configuration)
    return verdict if isinstance(verdict, Refused) else None


def _event(incident: Incident, lasted: timedelta) -> IncidentClosed:
    return IncidentClosed(
        incident=incident.id,
        severity=incident.severity,
        seconds=int(lasted.total_seconds()),
        drill=incident.drill,
        resolution=incident.resolution,
    )
