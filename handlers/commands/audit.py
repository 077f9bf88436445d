"""`audit verify`: prove the whole trail, here and now."""

from bot.domain.command_line import did_you_mean, parse
from bot.domain.errors import InvalidInputError
from bot.ports.slack import Message
from bot.render.answer import render_verify
from handlers.dependencies import Dependencies
from handlers.shapes import Asked, Command


async def _audit(typed: tuple[str, ...], asked: Asked, deps: Dependencies) -> Message | None:
    words = parse(typed)
    if not words.arguments:
        raise InvalidInputError("What of the audit trail?", advice="Write `audit verify`.")
    if words.arguments != ("verify",):
        name = " ".join(words.arguments)
        raise InvalidInputError(f"There is no `audit {name}`.", advice=did_you_mean(name, ["verify"]))
    check = await deps.check_trail()
    return render_verify(
        ok=check.ok,
        size=check.size,
        root=check.root,
        vkey=check.vkey,
        findings=check.findings,
        ref=asked.ref,
    )


AUDIT = Command("audit", "audit verify", "Prove that the audit trail is whole.", _audit)
