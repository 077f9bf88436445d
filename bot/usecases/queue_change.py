"""Stand in line for an account: Azure takes one change at a time, the others wait where people can see it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.domain.change import OPEN_ON_ACCOUNT, Change, ChangeState, holds_up, is_emergency
from bot.domain.errors import RunAgain
from bot.ports.archive import ChangeQuery, Look, Transaction
from bot.usecases.desk import Desk
from bot.usecases.step import STARTING, Step

BUSY_SECONDS = 5
QUEUED = "queued_at"
BESIDE, RAN_BESIDE = "beside", "ran_beside"


async def stand_in_line(step: Step, desk: Desk) -> None:
    """Return when it is this change's turn; else show its place on its card.

    Raises:
        RunAgain: another change is open on the account, or others have waited longer.
    """
    change, now = step.change, desk.clock.now()
    if not change.apply_asked_by:
        return
    async with desk.archive.reading() as look:
        holders = [each for each in await _others(change, look, running=True) if holds_up(each, change)]
        ahead = _ahead_of(change, await _others(change, look, running=False))
    if not holders and not ahead:
        return
    words = line_words(change, holders, ahead, desk.configuration.timing.validation_window)
    if change.note != words:
        queued = change.outcome.get(QUEUED) or now.isoformat()
        async with desk.archive.transaction() as tx:
            if await tx.mark(change, note=words, outcome={**change.outcome, QUEUED: queued}) is not None:
                await tx.enqueue("deliver", f"deliver:{change.id}:card")
    raise RunAgain(now + timedelta(seconds=BUSY_SECONDS), words)


async def pass_by(change: Change, now: datetime, tx: Transaction) -> tuple[str, ...]:
    """Return which validations of its account an emergency runs beside, each told on its own card.

    Raises:
        RunAgain: one of them moved in the same instant.
    """
    if not is_emergency(change):
        return ()
    watched = ChangeQuery(states=frozenset({ChangeState.VERIFYING}), account=change.account, limit=100)
    passed = [each for each in await tx.changes(watched) if not holds_up(each, change)]
    for each in passed:
        said = each.outcome.get(RAN_BESIDE)
        ran = [*(said if isinstance(said, list | tuple) else []), {"by": change.id, "at": now.isoformat()}]
        if await tx.mark(each, outcome={**each.outcome, RAN_BESIDE: ran}) is None:
            raise RunAgain(now, f"{each.id} moved in the same instant")
        await tx.enqueue("deliver", f"deliver:{each.id}:card")
    return tuple(each.id for each in passed)


def line_words(change: Change, holders: Sequence[Change], ahead: Sequence[Change], window: timedelta) -> str:
    """Return a place in line and until when, such as `1st in line: CHG-4 holds the account prod-weu until …`."""
    behind = f" behind {ahead[-1].id}" if ahead else ""
    held = _held_words(max(holders, key=_end), window) if holders else f"{ahead[0].id} is next."
    return f"{_ordinal(len(ahead) + 1)} in line{behind}: {held}"


def _held_words(holder: Change, window: timedelta) -> str:
    held, ends = f"{holder.id} holds the account {holder.account}", holder.window_ends_at
    if holder.state is ChangeState.VERIFYING and ends is not None:
        return f"{held} until {ends:%H:%M} UTC at the latest, unless it is rolled back: it is validated."
    minutes = window.total_seconds() / 60
    if holder.state is ChangeState.EXECUTING:
        return f"{held}: Azure is applying it; then it is validated for {minutes:.0f} min at the latest."
    return f"{held}: it is being rolled back."


def _end(change: Change) -> tuple[bool, str]:
    """Return an order: who still runs comes last, then whose validation ends last."""
    return change.state is not ChangeState.VERIFYING, str(change.window_ends_at)


async def _others(change: Change, look: Look, *, running: bool) -> list[Change]:
    states = OPEN_ON_ACCOUNT if running else STARTING
    found = await look.changes(ChangeQuery(states=states, account=change.account, limit=100))
    return [each for each in found if each.number != change.number and (running or each.apply_asked_by)]


def _ahead_of(change: Change, waiting: Sequence[Change]) -> list[Change]:
    """Return those whose turn comes first: emergencies, then who has waited longer."""
    queued = sorted((each for each in waiting if each.outcome.get(QUEUED)), key=_turn)
    return [each for each in queued if _turn(each) < _turn(change)]


def _turn(change: Change) -> tuple[bool, str, int]:
    """Return an order; who does not stand in line yet comes after those who do."""
    return not is_emergency(change), str(change.outcome.get(QUEUED) or "~"), change.number


def _ordinal(place: int) -> str:
    teen = place % 100 in (11, 12, 13)
    return f"{place}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(place % 10, 'th')}"
