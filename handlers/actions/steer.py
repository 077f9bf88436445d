"""`change.apply`, `.rollback`, `.withdraw`, `.waive`: open their confirmation; `.revise` and `.open`: their modal."""

from collections.abc import Awaitable, Callable

from bot.ports.slack import Message
from bot.render.change_view import read_button_value
from handlers.dependencies import Dependencies
from handlers.dialogs import open_revision
from handlers.dialogs_decide import Seen, open_confirm, open_verb
from handlers.repairing import open_repair
from handlers.shapes import Action, Click
from handlers.talking import open_comment

Run = Callable[[Click, Dependencies], Awaitable[Message | None]]


def _confirming(verb: str) -> Run:
    async def run(click: Click, deps: Dependencies) -> Message | None:
        value = read_button_value(click.value)
        return await open_confirm(Seen(value.number, value.revision, value.digest), verb, click.asked, deps)

    return run


async def _revise(click: Click, deps: Dependencies) -> Message | None:
    return await open_revision(read_button_value(click.value).number, click.asked, deps)


async def _open(click: Click, deps: Dependencies) -> Message | None:
    verb, _, what = click.value.partition("|")
    if verb == "comment":
        number, _, typed = what.partition(":")
        await open_comment(int(number), typed, click.asked, deps)
        return None
    if verb == "repair":
        number, kind, target = what.split(":", 2)
        return await open_repair(int(number), kind, target, click.asked, deps)
    return await open_verb(verb, what, click.asked, deps)


APPLY = Action("change.apply", _confirming("apply"))
ROLLBACK = Action("change.rollback", _confirming("rollback"))
WITHDRAW = Action("change.withdraw", _confirming("withdraw"))
WAIVE = Action("change.waive", _confirming("waive"))
REVISE = Action("change.revise", _revise)
OPEN = Action("change.open", _open)
