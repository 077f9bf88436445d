"""`change.request`: the form is read here; the pre-checks run in a job, before anyone is asked."""

import json
from collections.abc import Mapping

from bot.domain.change import Change
from bot.domain.policy import Refused
from bot.render.change_forms import render_checking
from bot.render.notice import render_notice_view
from bot.usecases.find_people import FOR_A_DECISION, find_people
from bot.usecases.request_change import FieldProblems, Form, request_change
from handlers.dependencies import Dependencies
from handlers.shapes import FieldErrors, Replace, Submission, View, ViewAnswer


async def _run(submission: Submission, deps: Dependencies) -> ViewAnswer:
    caller, ref = submission.asked.caller, submission.asked.ref
    people = await find_people({caller.user}, desk=deps.desk, max_age=FOR_A_DECISION)
    about = _about(submission.metadata)
    form = Form(
        values=submission.values,
        impact=submission.chosen.get("impact", frozenset()),
        number=number if isinstance(number := about.get("number"), int) else None,
        view_id=submission.view_id,
        origin=str(about.get("origin", "")),
    )
    answer = await request_change(form, caller=caller, standing=people[caller.user], desk=deps.desk)
    match answer:
        case FieldProblems(by_block):
            return FieldErrors(by_block)
        case Refused() as refused:
            return Replace(render_notice_view("Not allowed", refused.words, ref))
        case Change() as change:
            return Replace(render_checking(change.id, ref))


def _about(metadata: str) -> Mapping[str, object]:
    """Return what the form was opened for: the draft it belongs to, the change it follows."""
    try:
        found = json.loads(metadata or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


CHANGE_REQUEST = View("change.request", _run)
