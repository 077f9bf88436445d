"""`freeze.add` and `freeze.lift`: a freeze of the chat begins, or ends before its time."""

import json
from datetime import datetime

from bot.domain.errors import InvalidInputError
from bot.domain.moment import read_moment
from bot.domain.policy import Refused
from bot.domain.redaction import clean
from bot.render.freeze_forms import freeze_added_words
from bot.render.notice import render_notice_view
from bot.usecases.freeze_targets import Freezing, add_freeze, check_freezing, lift_freeze
from handlers.dependencies import Dependencies
from handlers.freezing import why_not_freeze, zone_of
from handlers.shapes import FieldErrors, Replace, Submission, View, ViewAnswer


async def _add(submission: Submission, deps: Dependencies) -> ViewAnswer:
    asked, now = submission.asked, deps.desk.clock.now()
    refused = await why_not_freeze(asked, deps, "add")
    if refused is not None:
        return Replace(render_notice_view("Not done", refused.words, asked.ref))
    problems: dict[str, str] = {}
    start, end = await _times(submission, now, problems, deps)
    targets = [word.strip() for word in submission.values.get("targets", "").split(",")]
    freezing = Freezing(start, end, tuple(filter(None, targets)), clean(submission.values.get("reason", "")))
    problems = {**check_freezing(freezing, deps.desk.configuration, now), **problems}
    if problems:
        return FieldErrors(problems)
    async with deps.desk.archive.transaction() as tx:
        kept = await add_freeze(
            freezing, caller=asked.caller, now=now, tx=tx, configuration=deps.desk.configuration
        )
    words = f"{freeze_added_words(kept)} `freeze lift {kept.id}` ends it early."
    return Replace(render_notice_view("Frozen", words, asked.ref))


async def _times(
    submission: Submission, now: datetime, problems: dict[str, str], deps: Dependencies
) -> tuple[datetime, datetime]:
    """Return start and end as they were typed, in the person's own zone; what cannot be read is a problem."""
    zone = await zone_of(submission.asked.caller.user, deps)
    start = end = now
    try:
        start = read_moment(submission.values.get("from", "") or "now", now=now, zone=zone)
    except InvalidInputError as error:
        problems["from"] = f"{error} {error.advice}"
    try:
        typed = submission.values.get("to", "")
        end = read_moment(typed, now=now, zone=zone, after=start, end_of_day=True)
    except InvalidInputError as error:
        problems["to"] = f"{error} {error.advice}"
    return start, end


async def _lift(submission: Submission, deps: Dependencies) -> ViewAnswer:
    asked, why = submission.asked, clean(submission.values.get("reason", ""))
    refused = await why_not_freeze(asked, deps, "lift")
    if refused is not None:
        return Replace(render_notice_view("Not done", refused.words, asked.ref))
    if not why:
        return FieldErrors({"reason": "Say why it may end."})
    async with deps.desk.archive.transaction() as tx:
        answer = await lift_freeze(
            _number(submission.metadata),
            why,
            caller=asked.caller,
            now=deps.desk.clock.now(),
            tx=tx,
            configuration=deps.desk.configuration,
        )
    if isinstance(answer, Refused):
        return Replace(render_notice_view("Not done", answer.words, asked.ref))
    return Replace(render_notice_view("Lifted", f"{answer.id} is lifted: changes run again.", asked.ref))


def _number(metadata: str) -> int:
    try:
        return int(json.loads(metadata)["number"])
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidInputError("This form is out of date.", advice="Write `freeze lift` again.") from error


FREEZE_ADD = View("freeze.add", _add)
FREEZE_LIFT = View("freeze.lift", _lift)
