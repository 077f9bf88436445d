"""The confirmations: `change.withdraw.confirm`, `.apply.confirm`, `.rollback.confirm`, `.attest.confirm`."""

from collections.abc import Mapping

from bot.domain.errors import ConflictError
from bot.domain.people import Standing
from bot.domain.policy import Refused
from bot.domain.redaction import clean
from bot.ports.archive import Transaction
from bot.render.answer import error_words, out_of_date_words
from bot.render.change_view import ButtonValue, read_button_value
from bot.render.notice import render_notice_view
from bot.usecases.decide_change import is_current
from bot.usecases.find_people import FOR_A_DECISION, find_people
from bot.usecases.hold_for_incident import leads_on
from bot.usecases.judge_steering import steerers
from bot.usecases.steer_change import (
    Done,
    ask_to_apply,
    ask_to_roll_back,
    attest_change,
    withdraw_change,
)
from handlers.dependencies import Dependencies
from handlers.loading import load_view
from handlers.shapes import Replace, Submission, View, ViewAnswer


async def _run(submission: Submission, deps: Dependencies) -> ViewAnswer:
    ref, user = submission.asked.ref, submission.asked.caller.user
    value = read_button_value(submission.metadata)
    seen = (await load_view(value.number, deps)).change
    async with deps.desk.archive.reading() as look:
        leads = await leads_on(seen.request.target, look)
    people = await find_people({user, *leads, *steerers(seen)}, desk=deps.desk, max_age=FOR_A_DECISION)
    try:
        async with deps.desk.archive.transaction() as tx:
            change = await tx.change(value.number)
            if value.digest and not is_current(change, value.revision, value.digest):
                await tx.enqueue("deliver", f"deliver:{change.id}:card")
                return Replace(render_notice_view("Out of date", out_of_date_words(change.id), ref))
            answer = await _steer(submission, value, people, tx, deps)
    except ConflictError as error:
        return Replace(render_notice_view("Not now", error_words(error), ref))
    if isinstance(answer, Refused):
        return Replace(render_notice_view("Not done", answer.words, ref))
    return None


async def _steer(
    submission: Submission,
    value: ButtonValue,
    people: Mapping[str, Standing],
    tx: Transaction,
    deps: Dependencies,
) -> Done | Refused:
    caller, number, desk = submission.asked.caller, value.number, deps.desk
    match submission.callback_id:
        case "change.withdraw.confirm":
            reason = clean(submission.values.get("reason", ""))
            return await withdraw_change(number, reason, caller=caller, people=people, tx=tx, desk=desk)
        case "change.apply.confirm":
            why = clean(submission.values.get("reason", ""))
            return await ask_to_apply(number, caller=caller, people=people, tx=tx, desk=desk, reason=why)
        case "change.rollback.confirm":
            why = clean(submission.values.get("reason", ""))
            return await ask_to_roll_back(number, caller=caller, people=people, tx=tx, desk=desk, reason=why)
        case _:
            return await attest_change(number, caller=caller, people=people, tx=tx, desk=desk)


WITHDRAW = View("change.withdraw.confirm", _run)
APPLY = View("change.apply.confirm", _run)
ROLLBACK = View("change.rollback.confirm", _run)
ATTEST = View("change.attest.confirm", _run)
