"""Opening the forms that except a field and that lift an exception, from a command or from a button."""

import json
from dataclasses import asdict, dataclass

from bot.domain.errors import InvalidInputError
from bot.domain.policy import Refused
from bot.domain.redaction import clean
from bot.ports.slack import Message
from bot.render.answer import render_refused
from bot.render.except_form import ExceptForm, render_except, render_lift
from bot.usecases.except_drift import may_except
from bot.usecases.find_people import FOR_A_DECISION, find_people
from bot.usecases.lift_exception import exception_in_force, may_lift
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


@dataclass(frozen=True)
class Named:
    """Whose exception is meant: a target and a field's path."""

    target: str
    field: str

    def as_value(self) -> str:
        """Return it as a button's value."""
        return json.dumps(asdict(self))


def named_of(value: str) -> Named:
    """Return what a button or a form names; raise InvalidInputError when it is none of ours."""
    try:
        found = json.loads(value)
        return Named(str(found["target"]), str(found["field"]))
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidInputError("This is out of date.", advice="Write `drift lift` again.") from error


async def open_lift(named: Named, asked: Asked, deps: Dependencies) -> Message | None:
    """Open the form that lifts an exception, or say who may."""
    configuration = deps.desk.configuration
    target = configuration.target(named.target)
    people = await find_people({asked.caller.user}, desk=deps.desk, max_age=FOR_A_DECISION)
    async with deps.desk.archive.transaction() as tx:
        exception = await exception_in_force(target, named.field, now=deps.desk.clock.now(), tx=tx)
    verdict = may_lift(people[asked.caller.user], exception, target, configuration, people=people.values())
    if isinstance(verdict, Refused):
        return render_refused(verdict, asked.ref)
    form = render_lift(exception, named.as_value(), asked.ref)
    await deps.messenger.open_view(asked.trigger_id, form)
    return None


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
