"""`change.unapprove.confirm`: an approver takes their approval back, with a reason."""

from bot.domain.errors import ConflictError
from bot.domain.policy import Refused
from bot.domain.redaction import clean
from bot.render.answer import error_words, out_of_date_words
from bot.render.change_view import read_button_value
from bot.render.notice import render_notice_view
from bot.usecases.decide_change import is_current
from bot.usecases.find_people import FOR_A_DECISION, find_people
from bot.usecases.judge_steering import steerers
from bot.usecases.withdraw_approval import withdraw_approval
from handlers.dependencies import Dependencies
from handlers.dialogs_unapprove import voters
from handlers.loading import load_view
from handlers.shapes import Replace, Submission, View, ViewAnswer


async def _run(submission: Submission, deps: Dependencies) -> ViewAnswer:
    ref, caller, desk = submission.asked.ref, submission.asked.caller, deps.desk
    value = read_button_value(submission.metadata)
    seen = await load_view(value.number, deps)
    users = {caller.user, *steerers(seen.change), *voters(seen)}
    people = await find_people(users, desk=desk, max_age=FOR_A_DECISION)
    reason = clean(submission.values.get("reason", ""))
    try:
        async with desk.archive.transaction() as tx:
            change = await tx.change(value.number)
            if not is_current(change, value.revision, value.digest):
                return Replace(render_notice_view("Out of date", out_of_date_words(change.id), ref))
            answer = await withdraw_approval(
                value.number, reason, caller=caller, people=people, tx=tx, desk=desk
            )
    except ConflictError as error:
        return Replace(render_notice_view("Not now", error_words(error), ref))
    if isinstance(answer, Refused):
        return Replace(render_notice_view("Not done", answer.words, ref))
    return None


UNAPPROVE = View("change.unapprove.confirm", _run)
