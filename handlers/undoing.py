"""The form of a new change that follows one that ended: takes it back, deletes what it replaced, or asks again."""

from dataclasses import replace

from bot.changes.kinds import KINDS
from bot.domain.change import UNUSED, Change, ChangeState
from bot.domain.errors import ConflictError, CountersignError
from bot.domain.json import Json
from bot.domain.way_back import WayBack, takes_back, undo
from bot.ports.archive import ChangeQuery
from bot.ports.registry import Offer
from bot.ports.slack import Message
from bot.render.answer import error_words, render_refused, render_text
from bot.render.change_forms import RequestForm, render_form_skeleton
from bot.render.change_view import ChangeView
from bot.usecases.decide_change import remember_refusal
from bot.usecases.find_people import FOR_A_DECISION, find_people
from bot.usecases.read_offer import read_offer
from bot.usecases.request_change import may_request
from handlers.dependencies import Dependencies
from handlers.dialogs import request_form, typed_form
from handlers.loading import load_view, view_of
from handlers.shapes import Asked

_STANDS = frozenset({ChangeState.VERIFYING, ChangeState.AWAITING_ATTESTATION, ChangeState.CLOSED})


async def open_from(number: int, asked: Asked, deps: Dependencies) -> Message | None:
    """Open the form that takes a closed change back, or asks again for one that was never applied."""
    change = (await load_view(number, deps)).change
    if change.state in UNUSED:
        return await open_again(number, asked, deps)
    try:
        _way_back(change, deps)
    except ConflictError as error:
        return render_text(error_words(error), asked.ref)
    await _open("undo", change, asked, deps)
    return None


async def open_again(number: int, asked: Asked, deps: Dependencies) -> Message | None:
    """Open the form that asks again for a change that was never applied, for whoever may request there."""
    change, user = (await load_view(number, deps)).change, asked.caller.user
    if change.state not in UNUSED:
        return render_text(f"{change.id} is {change.state.replace('_', ' ')}: look at its card.", asked.ref)
    target = deps.desk.configuration.target(change.request.target)
    people = await find_people({user}, desk=deps.desk, max_age=FOR_A_DECISION)
    refused = may_request(people[user], target, deps.desk.configuration)
    if refused is not None:
        async with deps.desk.archive.transaction() as tx:
            await remember_refusal(tx, change, asked.caller, "request again", refused.reason)
        return render_refused(refused, asked.ref)
    await _open("again", change, asked, deps)
    return None


async def open_retire(number: int, asked: Asked, deps: Dependencies) -> None:
    """Open the form that deletes what a closed change has replaced."""
    await _open("retire", (await load_view(number, deps)).change, asked, deps)


async def _open(what: str, change: Change, asked: Asked, deps: Dependencies) -> None:
    view_id = await deps.messenger.open_view(asked.trigger_id, render_form_skeleton(asked.ref))
    async with deps.desk.archive.transaction() as tx:
        await tx.enqueue("precheck", f"precheck:{what}:{view_id}:{change.id}")


async def following_form(what: str, number: int, deps: Dependencies) -> RequestForm:
    """Return the form that takes a closed change back (`undo`), deletes what it replaced, or asks `again`."""
    makers = {"undo": _undo_form, "retire": _retire_form, "again": _again_form}
    return await makers[what](number, deps)


async def _again_form(number: int, deps: Dependencies) -> RequestForm:
    """Return the form as it was written, on the live state of now; a start that has passed is left out."""
    change = (await load_view(number, deps)).change
    start, now = change.request.start_at, deps.desk.clock.now()
    if start is not None and start <= now:
        change = replace(change, request=replace(change.request, start_at=None))
    about: dict[str, Json] = {"origin": change.request.origin or change.id}
    return await typed_form(change, (), about, deps, ref=deps.cause("precheck").ref)


async def _undo_form(number: int, deps: Dependencies) -> RequestForm:
    """Return the form of the change that takes a closed one back, filled in."""
    view = await load_view(number, deps)
    way, alias = _way_back(view.change, deps)
    reason = f"Take {view.change.id} back: {view.action}."
    later = await _later(view.change, deps)
    also = (
        f"This also takes back what came later: {'; '.join(each.title for each in later)}." if later else ""
    )
    form = await _filled(view.change, way, alias, " ".join(filter(None, (reason, also))), deps)
    return replace(form, told=also)


async def _later(change: Change, deps: Dependencies) -> list[ChangeView]:
    """Return the changes that were applied after this one and that taking it back would take back, too."""
    async with deps.desk.archive.reading() as look:
        found = await look.changes(ChangeQuery(account=change.account, states=_STANDS, limit=500))
    since = change.executed_at
    return [
        view_of(each, deps)
        for each in reversed(found)
        if each.number != change.number and since and each.executed_at and each.executed_at >= since
        if change.plan is not None and each.plan is not None and takes_back(change.plan, each.plan)
    ]


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
