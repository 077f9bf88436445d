"""`change.decide`: one vote, on what the modal showed."""

from bot.domain.change import Choice
from bot.domain.errors import ConflictError
from bot.domain.policy import Refused
from bot.domain.redaction import clean
from bot.render.answer import out_of_date_words
from bot.render.change_view import read_button_value
from bot.render.notice import render_notice_view
from bot.usecases.decide_change import (
    AlreadyDecided,
    Decided,
    Decision,
    Outcome,
    OutOfDate,
    Recorded,
    decide_change,
)
from bot.usecases.find_people import FOR_A_DECISION, find_people
from handlers.dependencies import Dependencies
from handlers.dialogs import refresh_card
from handlers.dialogs_decide import decided_words
from handlers.loading import load_view
from handlers.shapes import FieldErrors, Replace, Submission, View, ViewAnswer


async def _run(submission: Submission, deps: Dependencies) -> ViewAnswer:
    choice = submission.values.get("decision", "")
    reason = clean(submission.values.get("reason", ""))
    if choice not in set(Choice):
        return FieldErrors({"decision": "Choose one."})
    if choice != Choice.APPROVE and not reason:
        return FieldErrors({"reason": "Say why: the requester reads this."})
    value = read_button_value(submission.metadata)
    decision = Decision(value.number, value.revision, value.digest, Choice(choice), reason)
    try:
        outcome = await _decide(decision, submission, deps)
    except ConflictError:
        outcome = AlreadyDecided((await load_view(value.number, deps)).change)
    return await _answer(outcome, submission, deps)


async def _decide(decision: Decision, submission: Submission, deps: Dependencies) -> Outcome:
    caller, desk = submission.asked.caller, deps.desk
    async with desk.archive.reading() as look:
        change = await look.change(decision.number)
        voters = {vote.person for vote in await look.votes(change)}
    people = await find_people(
        {caller.user, change.request.requester, *voters}, desk=desk, max_age=FOR_A_DECISION
    )
    deps.refuse_wrong_clock()
    async with desk.archive.transaction() as tx:
        return await decide_change(
            decision,
            caller=caller,
            tx=tx,
            configuration=desk.configuration,
            directory=people,
            now=desk.clock.now(),
        )


async def _answer(outcome: Outcome, submission: Submission, deps: Dependencies) -> ViewAnswer:
    ref = submission.asked.ref
    match outcome:
        case Recorded() | Decided():
            return None
        case Refused() as refused:
            return Replace(render_notice_view("Not allowed", refused.words, ref))
        case AlreadyDecided(change):
            await refresh_card(change, deps)
            words = decided_words(await load_view(change.number, deps))
            return Replace(render_notice_view("Already decided", words, ref))
        case OutOfDate(change):
            await refresh_card(change, deps)
            return Replace(render_notice_view("Out of date", out_of_date_words(change.id), ref))


CHANGE_DECIDE = View("change.decide", _run)
