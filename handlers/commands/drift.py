"""`drift`: what is live against what was declared; `drift except` and `drift lift` open forms and decide nothing."""

import re

from bot.domain.command_line import Words, did_you_mean, parse
from bot.domain.drift import Source
from bot.domain.errors import InvalidInputError
from bot.domain.field_names import field_path
from bot.ports.slack import Message
from bot.render.notice import render_open_button
from handlers.asking import ask_for
from handlers.dependencies import Dependencies
from handlers.excepting import Named, Wish, open_except, open_lift
from handlers.shapes import SHARED, Asked, Command

USAGE = (
    "drift [target] [--against iac|runbook|policy|app|snapshot] · "
    "drift except <target> <field> [--owner @user] [--until 2026-12-31] [--reason …] · "
    "drift lift <target> <field>"
)
_USER = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>|@?([UW][A-Z0-9]+)")


async def _drift(typed: tuple[str, ...], asked: Asked, deps: Dependencies) -> Message | None:
    if typed and typed[0].lower() == "except":
        return await _except(typed[1:], asked, deps)
    if typed and typed[0].lower() == "lift":
        return await _lift(typed[1:], asked, deps)
    words = parse(typed, flags=("share",), options=("against",))
    if len(words.arguments) > 1:
        raise InvalidInputError("That is more than one target.", advice="Write `drift [target]`.")
    against = words.options.get("against", "").lower()
    if against and against not in set(Source):
        advice = did_you_mean(against, list(Source))
        raise InvalidInputError(f"Nothing is declared by {against!r}.", advice=advice)
    alias = deps.desk.configuration.target(words.arguments[0]).alias if words.arguments else ""
    about = f"of {alias or 'every target'}"
    return await ask_for("drift", (alias, against), asked, deps, share=words.flag("share"), about=about)


async def _except(typed: tuple[str, ...], asked: Asked, deps: Dependencies) -> Message | None:
    words = parse(typed, options=("owner", "until", "reason"))
    if len(words.arguments) < 2 or (len(words.arguments) > 2 and not words.flag("reason")):
        raise InvalidInputError(
            "Except which field of which target?",
            advice="Write `drift except extract-prod upgrade_option --until 2026-12-31`.",
        )
    wish = _wish(words, deps)
    if asked.trigger_id:
        return await open_except(wish, asked, deps)
    return render_open_button(
        "A mention cannot open a form by itself; this button can.",
        label="Open the form",
        action_id="drift.open",
        value=wish.as_value(),
        ref=asked.ref,
    )


async def _lift(typed: tuple[str, ...], asked: Asked, deps: Dependencies) -> Message | None:
    words = parse(typed)
    if len(words.arguments) != 2:
        raise InvalidInputError(
            "Lift the exception of which field of which target?",
            advice="Write `drift lift extract-prod upgrade_option`.",
        )
    alias, field = words.arguments
    named = Named(deps.desk.configuration.target(alias).alias, field_path(field))
    if asked.trigger_id:
        return await open_lift(named, asked, deps)
    return render_open_button(
        "A mention cannot open a form by itself; this button can.",
        label="Open the form",
        action_id="drift.lift",
        value=named.as_value(),
        ref=asked.ref,
    )


def _wish(words: Words, deps: Dependencies) -> Wish:
    alias, field, *more = words.arguments
    target = deps.desk.configuration.target(alias)
    given = words.options.get("owner", "")
    owner = _USER.fullmatch(given)
    if given and owner is None:
        raise InvalidInputError(f"{given!r} is nobody.", advice="Mention the owner: `--owner @olivia`.")
    return Wish(
        target.alias,
        field_path(field),
        owner=(owner[1] or owner[2]) if owner else target.owner,
        until=words.options.get("until", ""),
        reason=" ".join([words.options.get("reason", ""), *more]).strip(),
    )


DRIFT = Command(
    "drift",
    USAGE,
    "What differs from what was declared, since when and by whom; except it, or lift an exception.",
    _drift,
    (SHARED,),
)
