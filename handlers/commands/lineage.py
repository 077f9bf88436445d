"""`lineage <target>`: from the base model to every deployment that serves what was made of it."""

from bot.domain.command_line import parse
from bot.domain.errors import InvalidInputError
from bot.ports.slack import Message
from handlers.asking import ask_for
from handlers.dependencies import Dependencies
from handlers.shapes import SHARED, Asked, Command


async def _lineage(typed: tuple[str, ...], asked: Asked, deps: Dependencies) -> Message | None:
    words = parse(typed, flags=("share",))
    if len(words.arguments) != 1:
        raise InvalidInputError(
            "The lineage of which target?", advice="Write `lineage <target>`, such as `lineage triage-prod`."
        )
    deps.desk.configuration.find(words.arguments[0])
    about = f"of {words.arguments[0]}"
    return await ask_for("lineage", words.arguments, asked, deps, share=words.flag("share"), about=about)


LINEAGE = Command(
    "lineage",
    "lineage <target>",
    "Base model, training job, checkpoint, model, deployments.",
    _lineage,
    (SHARED,),
)
