"""`change.break_glass` and `change.break_glass.confirm`: two steps, both judged on what the database says now."""

import json
from collections.abc import Mapping

from bot.domain.errors import ConflictError, InvalidInputError
from bot.domain.people import Standing
from bot.domain.policy import Refused
from bot.domain.redaction import clean
from bot.render.answer import error_words, out_of_date_words
from bot.render.change_view import read_button_value
from bot.render.glass_forms import render_break_confirm
from bot.render.notice import render_notice_view
from bot.usecases.break_glass import Glass, break_glass, parties, told_of
from bot.usecases.decide_change import is_current
from bot.usecases.find_people import FOR_A_DECISION, find_people
from handlers.dependencies import Dependencies
from handlers.loading import load_view
from handlers.shapes import FieldErrors, Replace, Submission, View, ViewAnswer


async def _first(submission: Submission, deps: Dependencies) -> ViewAnswer:
    value, ref = read_button_value(submission.metadata), submission.asked.ref
    view = await load_view(value.number, deps)
    change = view.change
    if not is_current(change, value.revision, value.digest):
        return Replace(render_notice_view("Out of date", out_of_date_words(change.id), ref))
    glass = _glass(submission.values)
    problems = {
        name: words
        for name, words, wrong in (
            ("reason", "Say why it cannot wait.", not glass.reason),
            ("incident", "Name the incident.", not glass.incident),
            ("deployment", f"Type {change.deployment}.", glass.deployment != change.deployment),
        )
        if wrong
    }
    if problems:
        return FieldErrors(problems)
    people = await _people(submission, parties(change), deps)
    told = told_of(change, people, deps.desk, besides=submission.asked.caller.user)
    said = {**json.loads(submission.metadata), **vars(glass)}
    return Replace(render_break_confirm(view, said, told, ref))


async def _second(submission: Submission, deps: Dependencies) -> ViewAnswer:
    value, ref, caller = read_button_value(submission.metadata), submission.asked.ref, submission.asked.caller
    glass = _glass(json.loads(submission.metadata))
    if not (glass.reason and glass.incident):
        raise InvalidInputError("This form is out of date.", advice="Write `change break-glass` again.")
    seen = (await load_view(value.number, deps)).change
    people = await _people(submission, parties(seen), deps)
    deps.refuse_wrong_clock()
    try:
        async with deps.desk.archive.transaction() as tx:
            change = await tx.change(value.number)
            if not is_current(change, value.revision, value.digest):
                return Replace(render_notice_view("Out of date", out_of_date_words(change.id), ref))
            answer = await break_glass(
                value.number, glass, caller=caller, people=people, tx=tx, desk=deps.desk
            )
    except ConflictError as error:
        return Replace(render_notice_view("Not now", error_words(error), ref))
    if isinstance(answer, Refused):
        return Replace(render_notice_view("Not done", answer.words, ref))
    return None


def _glass(values: Mapping[str, object]) -> Glass:
    said = {name: str(values.get(name) or "") for name in ("reason", "incident", "deployment")}
    return Glass(clean(said["reason"]), clean(said["incident"]), said["deployment"].strip())


async def _people(
    submission: Submission, others: frozenset[str], deps: Dependencies
) -> Mapping[str, Standing]:
    users = {submission.asked.caller.user, *others}
    return await find_people(users, desk=deps.desk, max_age=FOR_A_DECISION)


BREAK_GLASS = View("change.break_glass", _first)
BREAK_GLASS_CONFIRM = View("change.break_glass.confirm", _second)
