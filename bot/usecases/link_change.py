"""Link a change back: the card of the one it follows names it."""

from bot.domain.change import Change, change_number
from bot.ports.archive import Transaction


async def link_back(change: Change, tx: Transaction) -> None:
    """Have the change that this one follows say so on its card."""
    if not change.request.origin:
        return
    origin = await tx.change(change_number(change.request.origin))
    said = origin.outcome.get("followed_by")
    known = [str(each) for each in said] if isinstance(said, list | tuple) else []
    if change.id not in known:
        await tx.mark(origin, outcome={**origin.outcome, "followed_by": [*known, change.id]})
        await tx.enqueue("deliver", f"deliver:{origin.id}:card")
