"""`drift.lift`: an exception is lifted; drift reports the field again at once."""

from bot.domain.field_names import field_name, field_path
from bot.domain.policy import Refused
from bot.render.notice import render_notice_view
from bot.usecases.find_people import FOR_A_DECISION, find_people
from bot.usecases.lift_exception import exception_in_force, lift_exception, may_lift
from handlers.dependencies import Dependencies
from handlers.excepting import named_of
from handlers.shapes import Replace, Submission, View, ViewAnswer


async def _run(submission: Submission, deps: Dependencies) -> ViewAnswer:
    asked, configuration = submission.asked, deps.desk.configuration
    wanted = named_of(submission.metadata)
    target, field = configuration.target(wanted.target), field_path(wanted.field)
    people = await find_people({asked.caller.user}, desk=deps.desk, max_age=FOR_A_DECISION)
    now = deps.desk.clock.now()
    async with deps.desk.archive.transaction() as tx:
        exception = await exception_in_force(target, field, now=now, tx=tx)
        verdict = may_lift(
            people[asked.caller.user], exception, target, configuration, people=people.values()
        )
        if isinstance(verdict, Refused):
            return Replace(render_notice_view("Not done", verdict.words, asked.ref))
        lifted = await lift_exception(exception, caller=asked.caller, now=now, tx=tx)
    name = f"{field_name(field)} of {target.alias}"
    if not lifted:
        return Replace(
            render_notice_view("Not done", f"The exception of {name} was lifted already.", asked.ref)
        )
    return Replace(render_notice_view("Lifted", f"{name} is reported by drift again.", asked.ref))


DRIFT_LIFT = View("drift.lift", _run)
