"""Opening the forms that add and lift a freeze, from a command or from a button."""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, tzinfo

from bot.domain.errors import InvalidInputError
from bot.domain.freeze import may_freeze
from bot.domain.policy import Refused
from bot.domain.redaction import clean
from bot.ports.slack import Message
from bot.render.answer import render_refused
from bot.render.freeze_forms import render_freeze_add, render_freeze_lift
from bot.usecases.find_people import FOR_A_DECISION, find_people
from handlers.dependencies import Dependencies
from handlers.shapes import Asked


@dataclass(frozen=True)
class FreezeWish:
    """What was typed: of a freeze to add, or the number of one to lift, and why."""

    number: int = 0
    start: str = ""
    end: str = ""
    targets: str = ""
    reason: str = ""

    def as_value(self) -> str:
        """Return it as a button's value; a reason is typed into the form."""
        return json.dumps({**asdict(self), "reason": ""})


def freeze_wish_of(value: str) -> FreezeWish:
    """Return what a button's value says; raise InvalidInputError when it is none of ours."""
    try:
        found = json.loads(value)
        texts = {name: str(found[name]) for name in ("start", "end", "targets", "reason")}
        return FreezeWish(int(found["number"]), **texts)
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidInputError("This button is out of date.", advice="Write `freeze add` again.") from error


async def open_freeze(wish: FreezeWish, asked: Asked, deps: Dependencies) -> Message | None:
    """Open the form that adds, or that lifts where a number is named; or say who may."""
    refused = await why_not_freeze(asked, deps, "lift" if wish.number else "add")
    if refused is not None:
        return render_refused(refused, asked.ref)
    if wish.number:
        async with deps.desk.archive.reading() as look:
            freeze = await look.freeze(wish.number)
        form = render_freeze_lift(freeze, clean(wish.reason), asked.ref)
    else:
        zone = str(await zone_of(asked.caller.user, deps))
        typed = {"from": wish.start, "to": wish.end, "targets": wish.targets, "reason": clean(wish.reason)}
        values = {name: text for name, text in typed.items() if text}
        form = render_freeze_add(values, zone, asked.ref)
    await deps.messenger.open_view(asked.trigger_id, form)
    return None


async def why_not_freeze(asked: Asked, deps: Dependencies, verb: str) -> Refused | None:
    """Return why this person may not add or lift a freeze, None when they may."""
    people = await find_people({asked.caller.user}, desk=deps.desk, max_age=FOR_A_DECISION)
    groups = set(deps.desk.configuration.freeze_groups)
    verdict = may_freeze(people[asked.caller.user], deps.desk.configuration, verb)
    if not isinstance(verdict, Refused):
        return None
    could = sorted(user for user, person in people.items() if person.full_member and person.groups & groups)
    return Refused(verdict.reason, verdict.rule, tuple(could))


async def zone_of(user: str, deps: Dependencies) -> tzinfo:
    """Return a person's own time zone."""
    directory = deps.desk.directory
    return UTC if directory is None else await directory.zone(user)
