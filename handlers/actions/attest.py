"""`change.attest`: the owner's word that the evidence is as it should be."""

from bot.domain.policy import Refused
from bot.ports.slack import Message
from bot.render.answer import out_of_date_words, render_refused, render_text
from bot.render.change_view import read_button_value
from bot.usecases.decide_change import is_current
from bot.usecases.find_people import FOR_A_DECISION, find_people
from bot.usecases.judge_steering import steerers
from bot.usecases.steer_change import attest_change
from handlers.dependencies import Dependencies
from handlers.loading import load_view
from handlers.shapes import Action, Click


async def _attest(click: Click, deps: Dependencies) -> Message | None:
    value, caller = read_button_value(click.value), click.asked.caller
    seen = (await load_view(value.number, deps)).change
    people = await find_people({caller.user, *steerers(seen)}, desk=deps.desk, max_age=FOR_A_DECISION)
    async with deps.desk.archive.transaction() as tx:
        change = await tx.change(value.number)
        if not is_current(change, value.revision, value.digest):
            await tx.enqueue("deliver", f"deliver:{change.id}:card")
            return render_text(out_of_date_words(change.id), click.asked.ref)
        answer = await attest_change(value.number, caller=caller, people=people, tx=tx, desk=deps.desk)
    if isinstance(answer, Refused):
        return render_refused(answer, click.asked.ref)
    return None


ATTEST = Action("change.attest", _attest)
