"""`compare <target> <target>`: configuration and idle capacity side by side."""

from bot.domain.command_line import parse
from bot.domain.errors import InvalidInputError
from bot.ports.slack import Message
from handlers.asking import ask_for
from handlers.dependencies import Dependencies
from handlers.shapes import SHARED, Asked, Command


async def _compare(typed: tuple[str, ...], asked: Asked, deps: Dependencies) -> Message | None:
    words = parse(typed, flags=("share",))
    if len(words.arguments) != 2:
        raise InvalidInputError(
            "Compare which two?",
            advice="Write `compare <target> <target>`, such as `compare triage-prod triage-test`.",
        )
    one, other = words.arguments
    if deps.desk.configuration.find(one).key == deps.desk.configuration.find(other).key:
        raise InvalidInputError("These are one and the same.", advice="Name two different targets.")
    about = f"of {one} and {other}"
    return await ask_for("compare", words.arguments, asked, deps, share=words.flag("share"), about=about)


COMPARE = Command(
    "compare",
    "compare <target> <target>",
    "Two targets side by side, and what lies idle.",
    _compare,
    (SHARED,),
)
