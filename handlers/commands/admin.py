"""`admin …`: questions about the policy itself."""

from bot.domain.command_line import did_you_mean
from bot.domain.errors import InvalidInputError
from bot.ports.slack import Message
from handlers.dependencies import Dependencies
from handlers.explaining import answer_why
from handlers.shapes import Asked, Command


async def _admin(typed: tuple[str, ...], asked: Asked, deps: Dependencies) -> Message | None:
    name = typed[0].lower() if typed else ""
    if name != "policy":
        raise InvalidInputError(f"There is no `admin {name}`.", advice=did_you_mean(name, ["policy"]))
    return await answer_why(typed[1:], asked, deps)


ADMIN = Command("admin", "admin policy CHG-n", "Why a change needs whom, and why you can or cannot.", _admin)
