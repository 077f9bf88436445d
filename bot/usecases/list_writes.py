"""List the writes of the last 24 hours on a target, approved or not: the activity log beside what changes did."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.domain.change import change_number
from bot.domain.configuration import Configuration
from bot.domain.deployment import Target
from bot.domain.drift import shown
from bot.domain.field_names import field_words
from bot.domain.incident_snapshot import RecentWrite
from bot.domain.inventory import ActivityEntry
from bot.domain.operation import moved_words
from bot.domain.own_write import OwnWrite, own_writes
from bot.domain.sighting import Known, Unexplained, adopted
from bot.ports.archive import Look
from bot.usecases.find_drift import person_behind
from bot.usecases.find_unapproved import known_steps
from bot.usecases.step import ROLLBACK

DAY = timedelta(hours=24)
_MOST = 40
_BEGUN = ("Started", "Accepted")


async def list_writes(
    target: Target, log: Sequence[ActivityEntry], now: datetime, *, look: Look, configuration: Configuration
) -> tuple[RecentWrite, ...]:
    """Return each write once, newest first; what the log does not show yet is known from our own journal."""
    mine = _settled(log, target, now - DAY)
    known = await known_steps(target, look)
    logged = [await _logged(each, known, look, configuration) for each in mine]
    told = {(each.change, each.what) for each in logged}
    ours = [each for each in own_writes(await look.effects_on(target.ref.key)) if each.ended >= now - DAY]
    late = [
        each
        for each in [await _unlogged(each, look) for each in ours]
        if (each.change, each.what) not in told
    ]
    rows = [each for each in await look.unexplained_on(target.ref.key, now - DAY) if not each.correlation]
    traces = [row for row in rows if not any(adopted(row, each) for each in mine)]
    found = [*logged, *late, *map(_traced, traces)]
    return tuple(sorted(found, key=lambda each: each.at, reverse=True)[:_MOST])


def _settled(log: Sequence[ActivityEntry], target: Target, since: datetime) -> list[ActivityEntry]:
    """Return the entries that end a write on the target or its account, one for each write."""
    mine = (target.ref.key, target.ref.account.arm_id.lower())
    ended = [
        each
        for each in sorted(log, key=lambda each: each.at)
        if each.resource.lower() in mine and each.at >= since and each.status not in _BEGUN
    ]
    return list({each.correlation or each.at.isoformat(): each for each in ended}.values())


async def _logged(
    entry: ActivityEntry, known: Sequence[Known], look: Look, configuration: Configuration
) -> RecentWrite:
    step = next((each for each in known if each.explains(entry)), None)
    if step is None:
        by = person_behind(entry.caller, configuration)
        what = " ".join(entry.operation.rsplit("/", 2)[-2:])
        return RecentWrite(entry.at, what, by, entry.status, "", entry.correlation)
    what, by = await _asked(step.change, look, is_way_back=step.is_way_back)
    return RecentWrite(entry.at, what, by, entry.status, step.change, entry.correlation)


async def _unlogged(write: OwnWrite, look: Look) -> RecentWrite:
    what, by = await _asked(write.change, look, is_way_back=write.step == ROLLBACK)
    return RecentWrite(write.ended, what, by, "not in the log yet", write.change)


async def _asked(change_id: str, look: Look, *, is_way_back: bool) -> tuple[str, str]:
    """Return what a step of a change did, and who had asked for the change."""
    change = await look.change(change_number(change_id))
    plan, kind = change.plan, change.request.kind
    moved = moved_words(plan.before, plan.after) if plan is not None and plan.before and plan.after else ""
    said = f"{kind}: {moved}" if moved else kind
    return f"{said}, rolled back" if is_way_back else said, change.request.requester


def _traced(row: Unexplained) -> RecentWrite:
    """Return a write of which only the traces were seen."""
    moved = ", ".join(
        f"{field_words(name)} {shown(before, name)} → {shown(after, name)}"
        for name, (before, after) in sorted(row.fields.items())
    )
    return RecentWrite(row.seen_at, moved or "something moved", "", "seen, not in the log yet")
