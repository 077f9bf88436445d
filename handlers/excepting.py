"""Opening the form of an exception, from a typed command or from the button that stands in for it."""

import json
from dataclasses import asdict, dataclass

from bot.domain.errors import InvalidInputError
from bot.domain.policy import Refused
from bot.domain.redaction import clean
from bot.ports.slack import Message
from bot.render.answer import render_refused
from bot.render.except_form import ExceptForm, render_except
from bot.usecases.except_drift import may_except
from bot.usecases.find_people import FOR_A_DECISION, find_people
from handlers.dependencies import Dependencies
from handlers.shapes import Asked


@dataclass(frozen=True)
class Wish:
    """What was typed of an exception: a target, a field's path, and what the form is filled with."""

    target: str
    field: str
    owner: str = ""
    until: str = ""
    reason: str = ""

    def as_value(self) -> str:
        """Return it as a button's value; a reason is typed into the form."""
        return json.dumps({**asdict(self), "reason": ""})


def wish_of(value: str) -> Wish:
    """Return what a button's value says; raise InvalidInputError when it is none of ours."""
    try:
        found = json.loads(value)
        return Wish(**{name: str(found[name]) for name in ("target", "field", "owner", "until", "reason")})
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidInputError("This button is out of date.", advice="Write `drift` again.") from error


async def open_except(wish: Wish, asked: Asked, deps: Dependencies) -> Message | None:
    """Open the form, or say who may except."""
    configuration = deps.desk.configuration
    target = configuration.target(wish.target)
    people = await find_people({asked.caller.user}, desk=deps.desk, max_age=FOR_A_DECISION)
    verdict = may_except(people[asked.caller.user], target, configuration, people=people.values())
    if isinstance(verdict, Refused):
        return render_refused(verdict, asked.ref)
    values = {"owner": wish.owner or target.owner, "until": clean(wish.until), "reason": clean(wish.reason)}
    form = ExceptForm(target, wish.field, values)
    await deps.messenger.open_view(asked.trigger_id, render_except(form, asked.ref))
    return None
