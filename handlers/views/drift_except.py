"""`drift.except`: an exception is given; it silences a line of drift until its last day."""

import json
from collections.abc import Mapping

from bot.domain.errors import InvalidInputError
from bot.domain.field_names import field_name, field_path
from bot.domain.people import Standing
from bot.domain.policy import Refused
from bot.domain.redaction import clean
from bot.render.notice import render_notice_view
from bot.usecases.except_drift import Excepting, except_drift, last_moment, may_except
from bot.usecases.find_people import FOR_A_DECISION, find_people
from handlers.dependencies import Dependencies
from handlers.shapes import FieldErrors, Replace, Submission, View, ViewAnswer


async def _run(submission: Submission, deps: Dependencies) -> ViewAnswer:
    asked, configuration = submission.asked, deps.desk.configuration
    wanted = _metadata(submission.metadata)
    target, field = configuration.target(wanted["target"]), field_path(wanted["field"])
    owner, reason = submission.values.get("owner", ""), clean(submission.values.get("reason", ""))
    people = await find_people(
        {asked.caller.user, *filter(None, [owner])}, desk=deps.desk, max_age=FOR_A_DECISION
    )
    verdict = may_except(people[asked.caller.user], target, configuration, people=people.values())
    if isinstance(verdict, Refused):
        return Replace(render_notice_view("Not done", verdict.words, asked.ref))
    problems = _problems(owner, reason, people)
    now = deps.desk.clock.now()
    try:
        until = last_moment(submission.values.get("until", ""), now)
    except InvalidInputError as error:
        return FieldErrors({**problems, "until": f"{error} {error.advice}"})
    if problems:
        return FieldErrors(problems)
    async with deps.desk.archive.transaction() as tx:
        excepting = Excepting(target, field, owner, until, reason)
        await except_drift(excepting, caller=asked.caller, now=now, tx=tx)
    day = submission.values["until"].strip()
    words = f"{field_name(field)} of {target.alias} is excepted from drift until {day}, owner <@{owner}>."
    return Replace(render_notice_view("Excepted", words, asked.ref))


def _problems(owner: str, reason: str, people: Mapping[str, Standing]) -> dict[str, str]:
    found: dict[str, str] = {}
    if not owner or not people[owner].full_member:
        found["owner"] = "The owner must be a full member of this workspace."
    if not reason:
        found["reason"] = "Say why it may differ."
    return found


def _metadata(text: str) -> Mapping[str, str]:
    try:
        found = json.loads(text)
        return {name: str(found[name]) for name in ("target", "field")}
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidInputError("This form is out of date.", advice="Write `drift except` again.") from error


DRIFT_EXCEPT = View("drift.except", _run)
