"""The form of a new change that follows a closed one: it takes it back, or deletes what it has replaced."""

from dataclasses import replace

from bot.changes.kinds import KINDS
from bot.domain.change import Change, ChangeState
from bot.domain.errors import ConflictError, CountersignError
from bot.domain.way_back import WayBack, undo
from bot.ports.registry import Offer
from bot.ports.slack import Message
from bot.render.answer import error_words, render_text
from bot.render.change_forms import RequestForm, render_form_skeleton
from bot.usecases.read_offer import read_offer
from handlers.dependencies import Dependencies
from handlers.dialogs import request_form
from handlers.loading import load_view
from handlers.shapes import Asked


async def open_undo(number: int, asked: Asked, deps: Dependencies) -> Message | None:
    """Open the form that takes a closed change back, or say why there is none."""
    change = (await load_view(number, deps)).change
    try:
        _way_back(change, deps)
    except ConflictError as error:
        return render_text(error_words(error), asked.ref)
    await _open("undo", change, asked, deps)
    return None


async def open_retire(number: int, asked: Asked, deps: Dependencies) -> None:
    """Open the form that deletes what a closed change has replaced."""
    await _open("retire", (await load_view(number, deps)).change, asked, deps)


async def _open(what: str, change: Change, asked: Asked, deps: Dependencies) -> None:
    view_id = await deps.messenger.open_view(asked.trigger_id, render_form_skeleton(asked.ref))
    async with deps.desk.archive.transaction() as tx:
        await tx.enqueue("precheck", f"precheck:{what}:{view_id}:{change.id}")


async def following_form(what: str, number: int, deps: Dependencies) -> RequestForm:
    """Return the filled form of the change that takes a closed one back (`undo`), or deletes what it replaced."""
    return await (_undo_form if what == "undo" else _retire_form)(number, deps)


async def _undo_form(number: int, deps: Dependencies) -> RequestForm:
    """Return the form of the change that takes a closed one back, filled in."""
    view = await load_view(number, deps)
    way, alias = _way_back(view.change, deps)
    reason = f"Take {view.change.id} back: {view.action}."
    return await _filled(view.change, way, alias, reason, deps)


async def _retire_form(number: int, deps: Dependencies) -> RequestForm:
    """Return the form of the change that deletes what a closed one has replaced, filled in."""
    change = (await load_view(number, deps)).change
    reason = f"{change.written} has taken its place with {change.id}."
    return await _filled(change, WayBack("delete", {}), change.request.target, reason, deps)


def _way_back(change: Change, deps: Dependencies) -> tuple[WayBack, str]:
    """Return the kind that takes a change back, its values, and the target.

    Raises:
        ConflictError: the change is not closed, no kind takes it back, or its deployment is no target.
    """
    if change.state is not ChangeState.CLOSED or change.plan is None:
        state = change.state.replace("_", " ")
        advice = "While a change runs, it is rolled back by `change rollback`."
        raise ConflictError(
            f"{change.id} is {state}: only a closed change is taken back by a new one.", advice=advice
        )
    way = undo(change.plan, tuple(kind.name for kind in KINDS))
    if way is None:
        raise ConflictError(
            f"No kind of change takes all of {change.id} back at once.",
            advice="Write `change request` instead.",
        )
    found = next(
        (each for each in deps.desk.configuration.targets if each.ref.key == change.plan.arm_id), None
    )
    if found is None:
        raise ConflictError(
            f"{change.written}, which {change.id} made, is no target.",
            advice="Name it under [[targets]] in countersign.toml first.",
        )
    return way, found.alias


async def _filled(change: Change, way: WayBack, alias: str, reason: str, deps: Dependencies) -> RequestForm:
    ref = deps.cause("precheck").ref
    target = deps.desk.configuration.target(alias)
    problems: tuple[str, ...] = ()
    try:
        offer = await read_offer(target.ref, deps.readers.azure)
    except CountersignError as error:
        offer, problems = Offer(), (f"The live values could not be read: {error_words(error)}",)
    form = request_form(way.kind, alias, offer, deps, ref=ref)
    told = {
        "reason": reason,
        "ticket": change.request.ticket,
        "validation_signal": change.request.validation_signal,
        "rollback_plan": f"Ask again for what {change.id} did.",
    }
    values = {**form.values, **told, **way.values}
    return replace(form, values=values, problems=problems, metadata={"origin": change.id})
