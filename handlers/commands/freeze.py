"""`freeze list|add|lift`: what is frozen; adding and lifting open forms and decide nothing."""

from bot.domain.command_line import did_you_mean, parse
from bot.domain.errors import InvalidInputError
from bot.domain.freeze import freeze_number
from bot.ports.slack import Message
from bot.render.freeze_forms import render_freezes
from bot.render.notice import render_open_button
from handlers.dependencies import Dependencies
from handlers.freezing import FreezeWish, open_freeze
from handlers.shapes import Asked, Command

VERBS = ("list", "add", "lift")


async def _freeze(typed: tuple[str, ...], asked: Asked, deps: Dependencies) -> Message | None:
    verb = typed[0].lower() if typed else "list"
    match verb:
        case "list":
            parse(typed[1:])
            return await _list(asked, deps)
        case "add":
            return await _or_button(_added(typed[1:]), asked, deps)
        case "lift":
            return await _or_button(_lifted(typed[1:]), asked, deps)
        case _:
            raise InvalidInputError(f"There is no `freeze {typed[0]}`.", advice=did_you_mean(verb, VERBS))


async def _list(asked: Asked, deps: Dependencies) -> Message:
    now, configuration = deps.desk.clock.now(), deps.desk.configuration
    async with deps.desk.archive.reading() as look:
        of_chat = await look.freezes(now)
    of_file = [freeze for freeze in configuration.freezes if freeze.end > now]
    return render_freezes(of_file, of_chat, asked.ref)


def _added(typed: tuple[str, ...]) -> FreezeWish:
    words = parse(typed, options=("from", "to", "target"))
    options = words.options
    return FreezeWish(
        start=options.get("from", ""),
        end=options.get("to", ""),
        targets=options.get("target", ""),
        reason=" ".join(words.arguments),
    )


def _lifted(typed: tuple[str, ...]) -> FreezeWish:
    words = parse(typed, options=("reason",))
    if not words.arguments or (len(words.arguments) > 1 and not words.flag("reason")):
        raise InvalidInputError(
            "Lift which freeze?", advice='Write `freeze lift FRZ-1 --reason "all is calm"`.'
        )
    number, *more = words.arguments
    reason = " ".join([words.options.get("reason", ""), *more]).strip()
    return FreezeWish(freeze_number(number), reason=reason)


async def _or_button(wish: FreezeWish, asked: Asked, deps: Dependencies) -> Message | None:
    if asked.trigger_id:
        return await open_freeze(wish, asked, deps)
    return render_open_button(
        "A mention cannot open a form by itself; this button can.",
        label="Open the form",
        action_id="freeze.open",
        value=wish.as_value(),
        ref=asked.ref,
    )


FREEZE = Command(
    "freeze",
    "freeze list · freeze add <reason…> --from T --to T [--target t] · freeze lift FRZ-n --reason …",
    "When nothing may be applied; a freeze of the chat is added and lifted here.",
    _freeze,
)
