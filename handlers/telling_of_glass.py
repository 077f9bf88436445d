"""Telling people of a broken glass: one message each, folded when it was reviewed, and one for the audit channel."""

from collections.abc import Mapping

from bot.domain.change import Change
from bot.domain.notice import SAID, Notice, kind_of
from bot.domain.policy import Allowed
from bot.render.change_view import ChangeView
from bot.render.glass_forms import render_glass_notice
from bot.usecases.break_glass import parties, why_not_reviewed
from bot.usecases.find_people import FOR_AN_APPLY, find_people
from handlers.dependencies import Dependencies
from handlers.loading import load_view

TOLD = ("glass", "lapsed", "reviewed")


async def tell_of_glass(number: int, what: str, user: str, deps: Dependencies) -> None:
    """Tell one person, or the audit channel where no person is named."""
    view = await load_view(number, deps)
    if user:
        await _tell(view, what, user, deps)
        return
    channel = deps.desk.configuration.audit_channel
    if channel:
        await deps.messenger.post(channel, render_glass_notice(view, what, deps.cause("deliver").ref))


async def _tell(view: ChangeView, what: str, user: str, deps: Dependencies) -> None:
    """Tell a person once, and write down where, so that the message is edited when somebody has reviewed it."""
    change, desk = view.change, deps.desk
    kind = kind_of(what, change.revision, _times(change) if what == "lapsed" else "")
    async with desk.archive.reading() as look:
        if any((each.person, each.kind) == (user, kind) for each in await look.notices(change.id)):
            return
    people = await find_people({user, *parties(change)}, desk=desk, max_age=FOR_AN_APPLY)
    may_review = isinstance(why_not_reviewed(change, user=user, people=people, desk=desk), Allowed)
    message = render_glass_notice(view, what, deps.cause("deliver").ref, may_review=may_review)
    channel = await deps.messenger.conversation(user)
    ts = await deps.messenger.post(channel, message)
    notice = Notice(change.id, user, kind, 0, desk.clock.now())
    async with desk.archive.transaction() as tx:
        await tx.notify(notice)
        await tx.said(notice, times=SAID, channel=channel, ts=ts)
        await tx.enqueue("deliver", f"deliver:{change.id}:people")


def _times(change: Change) -> str:
    said = change.outcome.get("lapse")
    return str(said.get("times")) if isinstance(said, Mapping) else ""
