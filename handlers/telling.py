"""Telling one person (or one channel) one thing about a change, and editing it when it no longer holds."""

from bot.domain.errors import SlackRefusedError
from bot.domain.notice import HANDLED, REMIND, SAID, THREAD, Notice
from bot.ports.slack import Message
from bot.render.change_view import ChangeView
from bot.render.direct import render_direct
from bot.render.talk import render_comment
from bot.render.texts import is_channel
from bot.usecases.tell_people import Told, stage_of, told_of
from handlers.dependencies import Dependencies
from handlers.loading import load_view

GONE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})


async def tell_one(number: int, person: str, kind: str, deps: Dependencies) -> None:
    """Send or edit the message of one notice, as the change stands now; once, however often the job runs."""
    async with deps.desk.archive.reading() as look:
        told = await told_of(number, look)
    found = [each for each in told.notices if (each.person, each.kind) == (person, kind)]
    if not found:
        return
    notice = found[0]
    stage = HANDLED if _is_outrun(notice, told) else stage_of(notice, told)
    if notice.times >= stage:
        return
    view = await load_view(number, deps)
    if notice.word == THREAD:
        await _comment(notice, view, deps)
    elif notice.ts:
        await _edit(notice, view, stage, deps)
    elif stage == SAID:
        await _send(notice, view, deps)
    else:  # answered before it was asked: then nobody need be told
        await _write_down(notice, stage, "", "", deps)


def _is_outrun(notice: Notice, told: Told) -> bool:
    """Return whether a reminder waited so long to be sent that the next one is there already."""
    if notice.word != REMIND or notice.ts:
        return False
    mine = [each for each in told.notices if each.word == REMIND and each.person == notice.person]
    return any(each.last_at > notice.last_at for each in mine)


async def _send(notice: Notice, view: ChangeView, deps: Dependencies) -> None:
    messenger = deps.messenger
    channel = notice.person if is_channel(notice.person) else await messenger.conversation(notice.person)
    message = await _message(notice, view, SAID, deps)
    ts = await messenger.post(channel, message)
    await _write_down(notice, SAID, channel, ts, deps)


async def _edit(notice: Notice, view: ChangeView, stage: int, deps: Dependencies) -> None:
    message = await _message(notice, view, stage, deps)
    try:
        await deps.messenger.update(notice.channel, notice.ts, message)
    except SlackRefusedError as error:
        if error.code not in GONE:
            raise
    await _write_down(notice, stage, notice.channel, notice.ts, deps)


async def _comment(notice: Notice, view: ChangeView, deps: Dependencies) -> None:
    """Post a comment in the thread of its card; where there is no card yet, the card's own job comes back."""
    change = view.change
    comment = next((each for each in view.comments if str(each.n) == notice.detail), None)
    if comment is None or not change.card_ts:
        return
    message = render_comment(view, comment, deps.cause("deliver").ref)
    ts = await deps.messenger.reply(change.channel, change.card_ts, message)
    await _write_down(notice, SAID, change.channel, ts, deps)


async def _message(notice: Notice, view: ChangeView, stage: int, deps: Dependencies) -> Message:
    change = view.change
    link = ""
    if change.card_ts:
        try:
            link = await deps.messenger.link(change.channel, change.card_ts)
        except SlackRefusedError as error:
            if error.code not in GONE:
                raise
    now, ref = deps.desk.clock.now(), deps.cause("deliver").ref
    return render_direct(notice, view, stage, link=link, now=now, ref=ref)


async def _write_down(notice: Notice, stage: int, channel: str, ts: str, deps: Dependencies) -> None:
    async with deps.desk.archive.transaction() as tx:
        await tx.said(notice, times=stage, channel=channel, ts=ts)
