"""`audit …`: questions to the audit trail."""

from collections.abc import Awaitable, Callable, Mapping

from bot.domain.command_line import did_you_mean
from bot.domain.errors import InvalidInputError
from bot.ports.slack import Message
from bot.render.answer import render_verify
from handlers.dependencies import Dependencies
from handlers.shapes import Asked, Command

Answer = Callable[[tuple[str, ...], Asked, Dependencies], Awaitable[Message | None]]


async def _verify(typed: tuple[str, ...], asked: Asked, deps: Dependencies) -> Message | None:
    if typed:
        raise InvalidInputError("`audit verify` takes nothing more.", advice="Write `audit verify`.")
    check = await deps.check_trail()
    return render_verify(
        ok=check.ok,
        size=check.size,
        root=check.root,
        vkey=check.vkey,
        findings=check.findings,
        ref=asked.ref,
    )


VERBS: Mapping[str, Answer] = {"verify": _verify}


async def _audit(typed: tuple[str, ...], asked: Asked, deps: Dependencies) -> Message | None:
    name = typed[0].lower() if typed else "verify"
    if name not in VERBS:
        raise InvalidInputError(f"There is no `audit {name}`.", advice=did_you_mean(name, list(VERBS)))
    return await VERBS[name](typed[1:], asked, deps)


AUDIT = Command("audit", "audit verify", "Prove that the audit trail is whole.", _audit)
