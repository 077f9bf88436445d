"""`baseline <target>`: keep how a target is now, for ever. Azure is only read."""

from bot.domain.command_line import parse
from bot.domain.errors import InvalidInputError
from bot.ports.slack import Message
from handlers.asking import ask_for
from handlers.dependencies import Dependencies
from handlers.shapes import SHARED, Asked, Command


async def _baseline(typed: tuple[str, ...], asked: Asked, deps: Dependencies) -> Message | None:
    words = parse(typed, flags=("share",))
    if len(words.arguments) != 1:
        raise InvalidInputError(
            "A baseline of which target?", advice="Write `baseline <target>`, such as `baseline triage-prod`."
        )
    alias = deps.desk.configuration.target(words.arguments[0]).alias
    return await ask_for("baseline", (alias,), asked, deps, share=words.flag("share"), about=f"of {alias}")


BASELINE = Command(
    "baseline",
    "baseline <target>",
    "Keep how it is now, beside those kept at submit and apply.",
    _baseline,
    (SHARED,),
)
