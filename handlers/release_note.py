"""`change release-note CHG-n`: the note for the asker, and as a file in their messages or in the channel."""

from bot.domain.change import Change, change_number
from bot.domain.command_line import parse
from bot.domain.errors import InvalidInputError
from bot.domain.request_events import EvidenceRead
from bot.ports.slack import File, Message
from bot.render.after_messages import render_note
from bot.render.release_note import render_release_note
from handlers.dependencies import Dependencies
from handlers.loading import load_view
from handlers.shapes import Asked


async def answer_note(typed: tuple[str, ...], asked: Asked, deps: Dependencies) -> Message | None:
    """Show the note to the asker, and have it sent as a file: to them, or with `--share` to the channel."""
    words = parse(typed, flags=("share",))
    if len(words.arguments) != 1:
        raise InvalidInputError("Which change?", advice="Write its id, such as CHG-12; see `change list`.")
    view = await load_view(change_number(words.arguments[0]), deps)
    where = asked.channel if words.flag("share") else asked.caller.user
    await _told(view.change, where, asked, deps)
    return render_note(view.change, render_release_note(view), shared=words.flag("share"), ref=asked.ref)


async def _told(change: Change, where: str, asked: Asked, deps: Dependencies) -> None:
    event = EvidenceRead(
        resource=change.arm_id,
        command="release-note",
        alias=change.request.target,
    )
    async with deps.desk.archive.transaction() as tx:
        await tx.record(event, by=asked.caller.actor, cause=asked.caller.cause)
        await tx.enqueue("deliver", f"deliver:{change.id}:note:{where}")


async def send_note(number: int, where: str, deps: Dependencies) -> None:
    """Upload the note as it reads now, to a person or a channel."""
    view = await load_view(number, deps)
    change = view.change
    name = f"release-note-{change.id}.md"
    title = f"Release note of {change.id}"
    await deps.messenger.upload(where, [File(name, title, render_release_note(view).encode())], comment=title)
