"""Stand in line for an account: Azure takes one change at a time, the others wait where people can see it."""

from collections.abc import Sequence
from datetime import timedelta

from bot.domain.change import OPEN_ON_ACCOUNT, Change
from bot.domain.errors import RunAgain
from bot.ports.archive import ChangeQuery, Look
from bot.usecases.desk import Desk
from bot.usecases.step import STARTING, Step

BUSY_SECONDS = 5
QUEUED = "queued_at"


async def stand_in_line(step: Step, desk: Desk) -> None:
    """Return when it is this change's turn; else show its place on its card.

    Raises:
        RunAgain: another change is open on the account, or others have waited longer.
    """
    change, now = step.change, desk.clock.now()
    if not change.apply_asked_by:
        return
    async with desk.archive.reading() as look:
        holders = await _others(change, look, running=True)
        ahead = _ahead_of(change, await _others(change, look, running=False))
    if not holders and not ahead:
        return
    words = line_words(change, holders, ahead)
    if change.note != words:
        queued = change.outcome.get(QUEUED) or now.isoformat()
        async with desk.archive.transaction() as tx:
            if await tx.mark(change, note=words, outcome={**change.outcome, QUEUED: queued}) is not None:
                await tx.enqueue("deliver", f"deliver:{change.id}:card")
    raise RunAgain(now + timedelta(seconds=BUSY_SECONDS), words)


def line_words(change: Change, holders: Sequence[Change], ahead: Sequence[Change]) -> str:
    """Return a place in line, such as `2nd in line behind CHG-5: CHG-4 holds the account prod-weu`."""
    behind = f" behind {ahead[-1].id}" if ahead else ""
    held = f"{holders[0].id} holds the account {change.account}." if holders else f"{ahead[0].id} is next."
    return f"{_ordinal(len(ahead) + 1)} in line{behind}: {held}"


async def _others(change: Change, look: Look, *, running: bool) -> list[Change]:
    states = OPEN_ON_ACCOUNT if running else STARTING
    found = await look.changes(ChangeQuery(states=states, account=change.account, limit=100))
    return [each for each in found if each.number != change.number and (running or each.apply_asked_by)]


def _ahead_of(change: Change, waiting: Sequence[Change]) -> list[Change]:
    """Return those who have waited longer, the longest first."""
    queued = sorted((each for each in waiting if each.outcome.get(QUEUED)), key=_since)
    return [each for each in queued if not change.outcome.get(QUEUED) or _since(each) < _since(change)]


def _since(change: Change) -> tuple[str, int]:
    return str(change.outcome.get(QUEUED)), change.number


def _ordinal(place: int) -> str:
    teen = place % 100 in (11, 12, 13)
    return f"{place}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(place % 10, 'th')}"
