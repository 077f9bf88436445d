"""`deliver`: render the current state into the one message it owns, or tell one person."""

from bot.domain.change import Change, change_number
from bot.domain.errors import SlackRefusedError
from bot.ports.slack import Message
from bot.render.answer import render_text
from bot.render.change_card import render_change
from bot.usecases.step import STARTING
from bot.usecases.tell_people import tell_people
from handlers.after_messages import AFTER, tell_after
from handlers.dependencies import Dependencies
from handlers.incident_channels import look_at_room
from handlers.loading import load_view
from handlers.shapes import Job
from handlers.telling import GONE, tell_one
from handlers.telling_of_alert import tell_of_alert
from handlers.telling_of_freeze import tell_of_freeze
from handlers.telling_of_glass import TOLD, tell_of_glass
from handlers.telling_of_incidents import tell_of_incident
from handlers.telling_of_trail import tell_of_entry
from handlers.unapproved import tell_of_unexplained
from handlers.watching import tell_of_episode


async def _run(key: str, deps: Dependencies) -> None:
    match key.split(":", 2)[1:]:
        case ["dead", name]:
            await _tell_of_dead(name, deps)
        case ["unexplained", number]:
            await tell_of_unexplained(int(number), deps)
        case ["alert", number]:
            await tell_of_alert(int(number), deps)
        case ["episode", number]:
            await tell_of_episode(int(number), deps)
        case ["freeze", freeze]:
            await tell_of_freeze(freeze, deps)
        case ["room", room]:
            await look_at_room(room, deps)
        case [name, *_] if name.startswith("INC-"):
            await tell_of_incident(key, deps)
        case _:
            await _tell_of_change(key, deps)


async def _tell_of_change(key: str, deps: Dependencies) -> None:
    if key.startswith("deliver:trail:"):
        await tell_of_entry(key.rsplit(":", 1)[1], deps)
        return
    match key.split(":", 4):
        case [_, change_id, "card"]:
            await _card(change_number(change_id), deps)
        case [_, change_id, "dm", person, kind]:
            await tell_one(change_number(change_id), person, kind, deps)
        case [_, change_id, what, *where] if what in AFTER:
            await tell_after(change_number(change_id), what, "".join(where), deps)
        case [_, change_id, about, *users] if about in TOLD:
            await tell_of_glass(change_number(change_id), about, "".join(users), deps)
        case [_, change_id, *_]:
            await tell_people(change_number(change_id), desk=deps.desk)


async def _card(number: int, deps: Dependencies) -> None:
    await _show_card(number, deps)
    async with deps.desk.archive.transaction() as tx:
        await tx.enqueue("deliver", f"deliver:CHG-{number}:people")


async def _show_card(number: int, deps: Dependencies) -> None:
    view = await load_view(number, deps)
    message = render_change(view, now=deps.desk.clock.now(), ref=deps.cause("deliver").ref)
    change = view.change
    if change.card_ts:
        try:
            await deps.messenger.update(change.channel, change.card_ts, message)
        except SlackRefusedError as error:
            if error.code not in GONE:
                raise
        else:
            return
    await _post(change, message, deps)


async def _post(change: Change, message: Message, deps: Dependencies) -> None:
    """Post a new card and remember where it is, whatever became of the change meanwhile."""
    ts = await deps.messenger.post(change.channel, message)
    async with deps.desk.archive.transaction() as tx:
        now = await tx.change(change.number)
        await tx.mark(now, card_ts=ts)
        if (now.state, now.revision, now.note) != (change.state, change.revision, change.note):
            await tx.enqueue("deliver", f"deliver:{change.id}:card")


async def _tell_of_dead(name: str, deps: Dependencies) -> None:
    """Tell the audit channel of a job that was given up; an apply that never began may be asked for again."""
    kind, _, key = name.partition(":")
    if kind == "apply":
        await _let_ask_again(change_number(key.split(":")[1]), deps)
    channel = deps.desk.configuration.audit_channel
    if channel:
        words = f"A job was given up: {kind} ({key}). The log says why; `docs/runbook.md` says what to do."
        await deps.messenger.post(channel, render_text(words, deps.cause("deliver").ref))


async def _let_ask_again(number: int, deps: Dependencies) -> None:
    async with deps.desk.archive.transaction() as tx:
        change = await tx.change(number)
        if change.state not in STARTING or not change.apply_asked_by:
            return
        note = "Not applied: it could not be checked. Press Apply again."
        if await tx.mark(change, apply_asked_by="", note=note) is not None:
            await tx.enqueue("deliver", f"deliver:{change.id}:card")


DELIVER = Job("deliver", _run)
