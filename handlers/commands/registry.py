"""Every verb of `/cs`, and `help`, which is printed from this list."""

from bot.domain.command_line import did_you_mean, split
from bot.domain.errors import InvalidInputError
from bot.ports.slack import Message
from bot.render.answer import render_help
from handlers.commands.admin import ADMIN
from handlers.commands.approvals import APPROVALS
from handlers.commands.audit import AUDIT
from handlers.commands.baseline import BASELINE
from handlers.commands.change import CHANGE
from handlers.commands.compare import COMPARE
from handlers.commands.drift import DRIFT
from handlers.commands.evidence import COST, METRICS, PACK, QUOTA, SHOW, STATUS
from handlers.commands.freeze import FREEZE
from handlers.commands.incident import INCIDENT
from handlers.commands.lineage import LINEAGE
from handlers.commands.whoami import WHOAMI
from handlers.dependencies import Dependencies
from handlers.shapes import Asked, Command


async def _help(typed: tuple[str, ...], asked: Asked, deps: Dependencies) -> Message | None:
    topic = typed[0].lower() if typed else ""
    found = [command for command in COMMANDS if topic in ("", command.name)]
    if not found:
        raise InvalidInputError(f"There is no help on {typed[0]!r}.", advice=did_you_mean(topic, _names()))
    more = found[0].more if topic else ()
    return render_help([(each.usage, each.help) for each in found], topic, asked.ref, more=more)


COMMANDS: tuple[Command, ...] = (
    STATUS,
    SHOW,
    METRICS,
    QUOTA,
    DRIFT,
    COMPARE,
    LINEAGE,
    BASELINE,
    PACK,
    COST,
    CHANGE,
    FREEZE,
    INCIDENT,
    APPROVALS,
    AUDIT,
    WHOAMI,
    ADMIN,
    Command("help", "help [topic]", "This list, or one verb of it.", _help),
)


async def run_command(text: str, asked: Asked, deps: Dependencies) -> Message | None:
    """Run what was typed after `/cs` or the mention; empty text is help, and so is `help` after a verb.

    Raises:
        InvalidInputError: there is no such verb; the advice names the closest.
    """
    words = split(text) or ("help",)
    name = words[0].lower()
    command = next((found for found in COMMANDS if found.name == name), None)
    if command is None:
        raise InvalidInputError(f"There is no command {words[0]!r}.", advice=did_you_mean(name, _names()))
    if [word.lower() for word in words[1:]] == ["help"]:
        return await _help((command.name,), asked, deps)
    return await command.run(words[1:], asked, deps)


def _names() -> list[str]:
    return [command.name for command in COMMANDS]
