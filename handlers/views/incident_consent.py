"""`incident.consent.confirm`: the lead of an incident consents to the revision and plan that the modal showed."""

from bot.domain.policy import Refused
from bot.render.answer import out_of_date_words
from bot.render.change_view import read_button_value
from bot.render.notice import render_notice_view
from bot.usecases.consent_change import consent_to_change, parties
from bot.usecases.decide_change import is_current
from bot.usecases.find_people import FOR_A_DECISION, find_people
from handlers.dependencies import Dependencies
from handlers.loading import load_view
from handlers.shapes import Replace, Submission, View, ViewAnswer


async def _run(submission: Submission, deps: Dependencies) -> ViewAnswer:
    ref, caller, desk = submission.asked.ref, submission.asked.caller, deps.desk
    value = read_button_value(submission.metadata)
    seen = await load_view(value.number, deps)
    users = {caller.user, *parties(seen.mode, seen.change)}
    people = await find_people(users, desk=desk, max_age=FOR_A_DECISION)
    async with desk.archive.transaction() as tx:
        change = await tx.change(value.number)
        if not is_current(change, value.revision, value.digest):
            return Replace(render_notice_view("Out of date", out_of_date_words(change.id), ref))
        answer = await consent_to_change(value.number, caller=caller, people=people, tx=tx, desk=desk)
    if isinstance(answer, Refused):
        return Replace(render_notice_view("Not done", answer.words, ref))
    return None


CONSENT = View("incident.consent.confirm", _run)
