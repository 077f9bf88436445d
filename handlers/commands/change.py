"""`change …`: list and show changes; everything that decides opens a modal and never decides by itself."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from bot.changes.kinds import KINDS, kind_named
from bot.domain.change import ChangeState, change_number
from bot.domain.command_line import did_you_mean, parse
from bot.domain.comment import LONGEST
from bot.domain.errors import InvalidInputError
from bot.domain.incident_mode import named_number
from bot.ports.archive import ChangeQuery
from bot.ports.slack import Message
from bot.render.change_card import render_change
from bot.render.listing import drafts_words, render_changes
from bot.render.notice import render_open_button
from handlers.dependencies import Dependencies
from handlers.dialogs_decide import open_verb
from handlers.explaining import answer_why
from handlers.incident_loading import incident_here
from handlers.loading import load_view, views_of
from handlers.release_note import answer_note
from handlers.repairing import open_repair
from handlers.shapes import Asked, Command
from handlers.talking import nudge, open_comment

CHANGE_ID = re.compile(r"(?i:chg-)[0-9]{1,9}")
Sub = Callable[[tuple[str, ...], Asked, Dependencies], Awaitable[Message | None]]


_DRAFTS = frozenset({ChangeState.DRAFT})
_SENT = frozenset(ChangeState) - _DRAFTS


async def _request(typed: tuple[str, ...], asked: Asked, deps: Dependencies) -> Message | None:
    words = parse(typed, options=("from",))
    origin = words.options.get("from", "")
    if origin and not named_number(origin):
        return await _or_button(asked, "undo", str(change_number(origin)), deps)
    kinds = {kind.name for kind in KINDS}
    kind = next((word for word in words.arguments if word.lower() in kinds), "")
    targets = [word for word in words.arguments if word != kind]
    if len(targets) > 1 or (targets and not kind and len(words.arguments) > 1):
        kind_named(words.arguments[0])
    target = deps.desk.configuration.target(targets[0]).alias if targets else ""
    if origin:
        return await _repair(named_number(origin), kind, target, asked, deps)
    return await _or_button(asked, "request", ":".join((kind or KINDS[0].name, target)), deps)


async def _repair(number: int, kind: str, target: str, asked: Asked, deps: Dependencies) -> Message | None:
    """Open the form of an emergency that belongs to an incident, or offer a button that does."""
    if asked.trigger_id:
        return await open_repair(number, kind, target, asked, deps)
    return await _or_button(asked, "repair", f"{number}:{kind}:{target}", deps)


async def _list(typed: tuple[str, ...], asked: Asked, deps: Dependencies) -> Message | None:
    words = parse(typed, flags=("mine",), options=("state", "target"))
    states = frozenset({_state(words.options["state"])}) if words.flag("state") else frozenset()
    target = words.options.get("target", "")
    query = ChangeQuery(
        states=states or _SENT,
        target=deps.desk.configuration.target(target).alias if target else "",
        requester=asked.caller.user if words.flag("mine") else "",
    )
    async with deps.desk.archive.reading() as look:
        found = await look.changes(query)
        drafts = await look.changes(replace(query, states=_DRAFTS, requester=asked.caller.user))
    if states == _DRAFTS:
        note = "A draft is listed for its requester only."
        return render_changes(await views_of(drafts, deps), "Changes", asked.ref, note)
    note = drafts_words(len(drafts)) if drafts and not states else ""
    return render_changes(await views_of(found, deps), "Changes", asked.ref, note)


async def _show(typed: tuple[str, ...], asked: Asked, deps: Dependencies) -> Message | None:
    view = await load_view(_number(typed), deps)
    here = await incident_here(asked.channel, deps)
    return render_change(
        view, now=deps.desk.clock.now(), ref=asked.ref, in_full=True, read_only=here is not None
    )


def _opening(verb: str) -> Sub:
    async def run(typed: tuple[str, ...], asked: Asked, deps: Dependencies) -> Message | None:
        if len(typed) > 1 and CHANGE_ID.fullmatch(typed[0]):
            raise InvalidInputError(
                "No words after the id: the form asks for the reason.",
                advice=f"Write `change {verb} {typed[0].upper()}` alone.",
            )
        return await _or_button(asked, verb, str(_number(typed)), deps)

    return run


async def _or_button(asked: Asked, verb: str, what: str, deps: Dependencies) -> Message | None:
    if asked.trigger_id:
        return await open_verb(verb, what, asked, deps)
    return render_open_button(
        "A mention cannot open a form by itself; this button can.",
        label=f"Open the {verb} form",
        action_id="change.open",
        value=f"{verb}|{what}",
        ref=asked.ref,
    )


async def _comment(typed: tuple[str, ...], asked: Asked, deps: Dependencies) -> Message | None:
    number, words = _number(typed[:1]), " ".join(typed[1:])
    if asked.trigger_id:
        await open_comment(number, words, asked, deps)
        return None
    return await _or_button(asked, "comment", f"{number}:{words[:LONGEST]}", deps)


async def _nudge(typed: tuple[str, ...], asked: Asked, deps: Dependencies) -> Message | None:
    return await nudge(_number(typed), asked, deps)


def _number(typed: tuple[str, ...]) -> int:
    words = parse(typed)
    if len(words.arguments) != 1:
        raise InvalidInputError("Which change?", advice="Write its id, such as CHG-12; see `change list`.")
    return change_number(words.arguments[0])


def _state(text: str) -> ChangeState:
    name = text.lower().replace("-", "_").replace(" ", "_")
    if name not in set(ChangeState):
        raise InvalidInputError(f"{text!r} is not a state.", advice=did_you_mean(name, list(ChangeState)))
    return ChangeState(name)


SUBS: Mapping[str, Sub] = {
    "request": _request,
    "list": _list,
    "show": _show,
    "comment": _comment,
    "nudge": _nudge,
    "why": answer_why,
    "approve": _opening("approve"),
    "reject": _opening("reject"),
    "unapprove": _opening("unapprove"),
    "break-glass": _opening("break-glass"),
    "review": _opening("review"),
    "consent": _opening("consent"),
    "withdraw": _opening("withdraw"),
    "apply": _opening("apply"),
    "rollback": _opening("rollback"),
    "close": _opening("close"),
    "waive": _opening("waive"),
    "release-note": answer_note,
}


async def _change(typed: tuple[str, ...], asked: Asked, deps: Dependencies) -> Message | None:
    name = typed[0].lower() if typed else "list"
    if name not in SUBS:
        raise InvalidInputError(f"There is no `change {typed[0]}`.", advice=did_you_mean(name, SUBS))
    return await SUBS[name](typed[1:], asked, deps)


CHANGE = Command(
    "change",
    "change request [kind] [target] | --from CHG-n|INC-n · list [--mine|--state s|--target t] · "
    "show|why|approve|reject|unapprove|consent|withdraw|apply|rollback|close|waive|comment|nudge CHG-n · "
    "release-note CHG-n [--share] · break-glass|review CHG-n",
    f"Ask for a change, decide one, follow it to its end. Kinds: {', '.join(kind.name for kind in KINDS)}.",
    _change,
)
