"""Telling of a write that no change explains, and the change that would put it back."""

from bot.changes.kinds import KINDS
from bot.domain.errors import NotFoundError, SlackRefusedError
from bot.domain.sighting import Unexplained
from bot.domain.way_back import WayBack, way_back
from bot.render.change_forms import render_form_skeleton
from bot.render.unapproved import UnapprovedView, render_unapproved
from bot.usecases.find_drift import person_behind
from bot.usecases.freeze_targets import freezes_at
from bot.usecases.hold_for_incident import incidents_on
from handlers.dependencies import Dependencies
from handlers.shapes import Asked

_GONE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})


async def tell_of_unexplained(number: int, deps: Dependencies) -> None:
    """Post the report in the target's channel, or bring the one that is there up to date."""
    found = await unexplained(number, deps)
    configuration = deps.desk.configuration
    async with deps.desk.archive.reading() as look:
        held = await freezes_at(found.target, found.at, look=look, configuration=configuration)
        open_here = await incidents_on(found.target, look)
    view = UnapprovedView(
        found,
        configuration.target(found.target),
        who=person_behind(found.caller, configuration) if found.caller else "",
        freeze=next(iter(held), None),
        can_put_back=back(found) is not None,
        incident=next(iter(open_here), None),
    )
    message = render_unapproved(view, ref=deps.cause("deliver").ref)
    if found.ts:
        try:
            await deps.messenger.update(found.channel, found.ts, message)
        except SlackRefusedError as error:
            if error.code not in _GONE:
                raise
        else:
            return
    ts = await deps.messenger.post(view.target.channel, message)
    async with deps.desk.archive.transaction() as tx:
        await tx.shown(number, view.target.channel, ts)


async def unexplained(number: int, deps: Dependencies) -> Unexplained:
    """Return a report; raise NotFoundError."""
    async with deps.desk.archive.reading() as look:
        found = await look.unexplained(number)
    if found is None:
        raise NotFoundError("There is no such report.")
    return found


def back(found: Unexplained) -> WayBack | None:
    """Return the change that would put it back, None where none fits."""
    return way_back(found.fields, tuple(kind.name for kind in KINDS))


async def open_way_back(number: int, asked: Asked, deps: Dependencies) -> None:
    """Open the request form at once, and have a job fill in what was there before."""
    view_id = await deps.messenger.open_view(asked.trigger_id, render_form_skeleton(asked.ref))
    async with deps.desk.archive.transaction() as tx:
        await tx.enqueue("precheck", f"precheck:back:{view_id}:{number}")
