"""`change.review`: what somebody else finds of a broken glass."""

from bot.domain.break_glass import GlassVerdict
from bot.domain.errors import ConflictError
from bot.domain.policy import Refused
from bot.domain.redaction import clean
from bot.render.answer import error_words
from bot.render.change_view import read_button_value
from bot.render.notice import render_notice_view
from bot.usecases.break_glass import Review, parties, review_glass
from bot.usecases.find_people import FOR_A_DECISION, find_people
from handlers.dependencies import Dependencies
from handlers.loading import load_view
from handlers.shapes import FieldErrors, Replace, Submission, View, ViewAnswer


async def _run(submission: Submission, deps: Dependencies) -> ViewAnswer:
    verdict, note = submission.values.get("verdict", ""), clean(submission.values.get("note", ""))
    if verdict not in set(GlassVerdict):
        return FieldErrors({"verdict": "Choose one."})
    if not note:
        return FieldErrors({"note": "Say what you looked at."})
    number, caller = read_button_value(submission.metadata).number, submission.asked.caller
    seen = (await load_view(number, deps)).change
    people = await find_people({caller.user, *parties(seen)}, desk=deps.desk, max_age=FOR_A_DECISION)
    review = Review(GlassVerdict(verdict), note)
    try:
        async with deps.desk.archive.transaction() as tx:
            answer = await review_glass(number, review, caller=caller, people=people, tx=tx, desk=deps.desk)
    except ConflictError as error:
        return Replace(render_notice_view("Not now", error_words(error), submission.asked.ref))
    if isinstance(answer, Refused):
        return Replace(render_notice_view("Not done", answer.words, submission.asked.ref))
    return None


GLASS_REVIEW = View("change.review", _run)
