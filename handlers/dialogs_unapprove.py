"""Opening the modal that takes an approval back: for who has voted, whatever they pressed."""

from bot.domain.ballots import is_same_person
from bot.domain.policy import Refused
from bot.domain.rounds import approval_of
from bot.ports.slack import Message
from bot.render.answer import render_refused
from bot.render.change_view import ChangeView
from bot.render.confirm_forms import Confirmation, render_confirm
from bot.render.texts import utc
from bot.usecases.decide_change import remember_refusal
from bot.usecases.find_people import FOR_A_DECISION, find_people
from bot.usecases.withdraw_approval import ATTEMPT, why_not_taken_back
from handlers.dependencies import Dependencies
from handlers.loading import load_view
from handlers.shapes import Asked

_WORDS = (
    "You approved this revision at {at}. To reject it, or to ask for changes, take your approval back first: then "
    "decide again. Until it runs that is always possible; what is approved already then waits for approval again."
)


async def open_unapprove(number: int, asked: Asked, deps: Dependencies) -> Message | None:
    """Open the modal `change.unapprove.confirm`, or say why there is nothing to take back."""
    view = await load_view(number, deps)
    change, user = view.change, asked.caller.user
    people = await find_people({user, *voters(view)}, desk=deps.desk, max_age=FOR_A_DECISION)
    vote = approval_of(view.votes, user, people)
    refused = why_not_taken_back(change, vote)
    if refused is not None or vote is None:
        refused = refused or Refused("There is nothing to take back.")
        async with deps.desk.archive.transaction() as tx:
            await remember_refusal(tx, change, asked.caller, ATTEMPT, refused.reason)
        return render_refused(refused, asked.ref)
    confirmation = Confirmation(
        "change.unapprove.confirm",
        "Take your approval back",
        "Take it back",
        _WORDS.format(at=utc(vote.at)),
        with_reason=True,
    )
    await deps.messenger.open_view(asked.trigger_id, render_confirm(view, confirmation, asked.ref))
    return None


def voters(view: ChangeView) -> frozenset[str]:
    """Return who has voted on the revision of now."""
    return frozenset(vote.person for vote in view.votes)


async def has_voted(view: ChangeView, user: str, deps: Dependencies) -> bool:
    """Return whether this person has voted on the revision of now, under whichever account."""
    people = await find_people({user, *voters(view)}, desk=deps.desk, max_age=FOR_A_DECISION)
    return any(is_same_person(people[other], people[user]) for other in voters(view))
