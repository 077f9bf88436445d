"""`change.comment`: a comment is kept, redacted, and shown in the thread of the change's card."""

from bot.domain.comment import LONGEST
from bot.domain.errors import ConflictError
from bot.domain.policy import Refused
from bot.domain.redaction import clean
from bot.render.answer import error_words
from bot.render.change_view import read_button_value
from bot.render.notice import render_notice_view
from bot.usecases.comment_change import comment_change
from handlers.dependencies import Dependencies
from handlers.shapes import FieldErrors, Replace, Submission, View, ViewAnswer


async def _run(submission: Submission, deps: Dependencies) -> ViewAnswer:
    caller, ref = submission.asked.caller, submission.asked.ref
    words = clean(submission.values.get("comment", ""))
    if not words:
        return FieldErrors({"comment": "Write something: an empty comment helps nobody."})
    if len(words) > LONGEST:
        return FieldErrors({"comment": f"Keep it under {LONGEST:,} characters."})
    number = read_button_value(submission.metadata).number
    try:
        async with deps.desk.archive.transaction() as tx:
            answer = await comment_change(number, words, caller=caller, desk=deps.desk, tx=tx)
    except ConflictError as error:
        return Replace(render_notice_view("Not now", error_words(error), ref))
    if isinstance(answer, Refused):
        return Replace(render_notice_view("Not done", answer.words, ref))
    return None


CHANGE_COMMENT = View("change.comment", _run)
