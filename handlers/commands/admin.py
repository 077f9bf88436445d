"""`admin …`: questions about the policy itself, and about how it is used."""

from collections.abc import Awaitable, Callable, Mapping

from bot.domain.command_line import did_you_mean
from bot.domain.errors import InvalidInputError
from bot.ports.slack import Message
from handlers.dependencies import Dependencies
from handlers.explaining import answer_why
from handlers.pairing import answer_pairs
from handlers.shapes import Asked, Command

SUBS: Mapping[str, Callable[[tuple[str, ...], Asked, Dependencies], Awaitable[Message | None]]] = {
    "policy": answer_why,
    "pairs": answer_pairs,
}


async def _admin(typed: tuple[str, ...], asked: Asked, deps: Dependencies) -> Message | None:
    name = typed[0].lower() if typed else ""
    if not name:
        raise InvalidInputError("What of the policy?", advice=f"Write `{ADMIN.usage}`.")
    if name not in SUBS:
        raise InvalidInputError(f"There is no `admin {name}`.", advice=did_you_mean(name, SUBS))
    return await SUBS[name](typed[1:], asked, deps)


ADMIN = Command(
    "admin",
    "admin policy CHG-n · pairs",
    "Why a change needs whom, and why you can or cannot. Who often approves whose changes.",
    _admin,
)
