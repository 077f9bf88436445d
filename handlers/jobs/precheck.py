"""`precheck`: fill in a request form, check a draft before anyone is asked, re-read live state for a review."""

from collections.abc import Sequence
from dataclasses import replace

from bot.domain.change import Change, ChangeState, change_number
from bot.domain.errors import CountersignError, NotFoundError, SlackRefusedError
from bot.domain.incident import incident_number
from bot.domain.json import Json
from bot.domain.operation import moved_words
from bot.domain.people import Person
from bot.domain.policy import who_could
from bot.ports.archive import Cause
from bot.ports.registry import Offer
from bot.ports.slack import Block
from bot.render.answer import error_words, render_text
from bot.render.change_forms import RequestForm, render_request_form, render_submitted
from bot.usecases.check_change import Green, Red, check_change
from bot.usecases.desk import Caller
from bot.usecases.find_people import FOR_A_DECISION, find_people
from bot.usecases.plan_change import written_to
from bot.usecases.read_offer import read_offer
from bot.usecases.remind_people import keep_draft_for_a_week
from handlers.dependencies import Dependencies
from handlers.dialogs import request_form, typed_form
from handlers.dialogs_decide import decide_view
from handlers.loading import load_view
from handlers.repairing import repair_form, repair_values
from handlers.shapes import Job
from handlers.unapproved import back, unexplained
from handlers.undoing import following_form


async def _run(key: str, deps: Dependencies) -> None:
    match key.split(":"):
        case ["precheck", "form", view_id, kind, target]:
            await _fill_form(view_id, kind, target, deps)
        case ["precheck", "form", view_id, kind, target, number]:
            await _fill_form(view_id, kind, target, deps, number=int(number))
        case ["precheck", "back", view_id, number]:
            await _put_back(view_id, int(number), deps)
        case ["precheck", "undo" | "retire" | "again" | "repair" as what, view_id, about, *more]:
            await _show(view_id, render_request_form(await _filled(what, about, more, deps)), deps)
        case ["precheck", "revise", view_id, change_id]:
            await _revise(view_id, change_number(change_id), deps)
        case ["precheck", "review", view_id, choice, change_id]:
            await _review(view_id, choice, change_number(change_id), deps)
        case ["precheck", change_id]:
            await _check(change_number(change_id), deps)
        case _:
            raise CountersignError(f"There is no such pre-check: {key}.")


async def _filled(what: str, about: str, more: Sequence[str], deps: Dependencies) -> RequestForm:
    """Return the form that follows a change, or that repairs what an incident is about."""
    if what != "repair":
        return await following_form(what, change_number(about), deps)
    kind, target = more
    return await repair_form(incident_number(about), kind, target, deps)


async def _fill_form(view_id: str, kind: str, target: str, deps: Dependencies, *, number: int = 0) -> None:
    ref = deps.cause("precheck").ref
    form = request_form(kind, target, Offer(), deps, ref=ref)
    if target:
        try:
            offer = await read_offer(deps.desk.configuration.target(target).ref, deps.readers.azure)
            form = request_form(kind, target, offer, deps, ref=ref)
        except CountersignError as error:
            form = replace(form, problems=(f"The live values could not be read: {error_words(error)}",))
    if number:
        form = await _of_draft(form, number, deps)
    await _show(view_id, render_request_form(form), deps)


async def _of_draft(form: RequestForm, number: int, deps: Dependencies) -> RequestForm:
    """Return the form as one of a draft: it keeps its number, and says why where it could not be sent so."""
    async with deps.desk.archive.reading() as look:
        change = await look.change(number)
    if form.target == change.request.target:
        return replace(form, metadata={"number": number})
    why = (
        f"{change.id} is about {change.request.target}, and stays so. For {form.target} make a new request: "
        "close this and write `/cs change request`."
    )
    return replace(form, problems=(*form.problems, why), metadata={"number": number})


async def _put_back(view_id: str, number: int, deps: Dependencies) -> None:
    """Fill the form of the change that puts an unexplained write back: what was there before."""
    found = await unexplained(number, deps)
    way, ref = back(found), deps.cause("precheck").ref
    if way is None:
        raise CountersignError("No kind of change puts that back.")
    offer = await read_offer(deps.desk.configuration.target(found.target).ref, deps.readers.azure)
    form = request_form(way.kind, found.target, offer, deps, ref=ref)
    reason = f"Put back what was written without a change on {found.at:%d %b %H:%M} UTC."
    values = {**form.values, **way.values, "reason": reason, **await repair_values(found.target, deps)}
    await _show(view_id, render_request_form(replace(form, values=values)), deps)


async def _revise(view_id: str, number: int, deps: Dependencies) -> None:
    change = (await load_view(number, deps)).change
    red = tuple(change.note.splitlines()) if change.state is ChangeState.DRAFT else ()
    form = await typed_form(change, red, _about(change), deps, ref=deps.cause("precheck").ref)
    await _show(view_id, render_request_form(form), deps)


def _about(change: Change) -> dict[str, Json]:
    """Return what the form of a draft carries: its number, and the change it follows."""
    return {"number": change.number, **({"origin": change.request.origin} if change.request.origin else {})}


async def _review(view_id: str, choice: str, number: int, deps: Dependencies) -> None:
    view = await load_view(number, deps)
    change = view.change
    people = await find_people({change.request.requester}, desk=deps.desk, max_age=FOR_A_DECISION)
    rule = deps.desk.configuration.rule_for(change)
    could = who_could(rule, change.request.requester, people)
    live = await _live_words(change, deps)
    ref = deps.cause("precheck").ref
    await _show(view_id, decide_view(view, choice, live, could, deps, ref=ref), deps)


async def _live_words(change: Change, deps: Dependencies) -> str:
    """Return how the deployment that the plan writes is now, beside what it was when it was planned."""
    target, plan = deps.desk.configuration.target(change.request.target), change.plan
    ref = target.ref if plan is None else written_to(plan, target)
    try:
        live = await deps.readers.azure.deployment(ref)
    except NotFoundError:
        if plan is not None and plan.before:
            return f"MOVED since the request: {ref.deployment} is gone. Applying will refuse."
        return f"Nothing is deployed as {ref.deployment}: as it was when this was requested."
    except CountersignError as error:
        return f"Could not be read: {error_words(error)}"
    if plan is not None and not plan.before:
        return f"MOVED since the request: {ref.deployment} is there already. Applying will refuse."
    moved = moved_words(plan.before, live.projection) if plan is not None else ""
    if moved:
        return f"MOVED since the request: {moved}. If it stays so, applying will refuse."
    state = f"{live.sku.name} · capacity {live.sku.capacity} · {live.provisioning_state}"
    return f"{state}: as it was when this was requested."


async def _check(number: int, deps: Dependencies) -> None:
    async with deps.desk.archive.reading() as look:
        change = await look.change(number)
    if change.state not in (ChangeState.DRAFT, ChangeState.CHANGES_REQUESTED):
        return
    cause = deps.cause("precheck")
    request = change.request
    people = await find_people({request.requester, request.owner}, desk=deps.desk, max_age=FOR_A_DECISION)
    person = Person(request.requester, deps.desk.configuration.team_id)
    caller = Caller(person, Cause("slack", cause.ref, change.channel))
    try:
        await deps.messenger.refuse_shared(change.channel)
        answer = await check_change(
            change, caller=caller, people=people, readers=deps.readers, desk=deps.desk
        )
    except CountersignError as error:
        await _send_back(change, (f"This could not be checked: {error_words(error)}",), deps, cause.ref)
        return
    match answer:
        case Green(submitted):
            await _show(change.view_id, render_submitted(submitted, cause.ref), deps)
        case Red(_, problems):
            await _send_back(change, problems, deps, cause.ref)


async def _send_back(change: Change, problems: tuple[str, ...], deps: Dependencies, ref: str) -> None:
    """Show what is wrong in the form; to a requester who has closed it, as a direct message. A draft keeps it."""
    if change.state is ChangeState.DRAFT:
        async with deps.desk.archive.transaction() as tx:
            await tx.mark(change, note="\n".join(problems))
    await keep_draft_for_a_week(change, desk=deps.desk)
    form = render_request_form(await typed_form(change, problems, _about(change), deps, ref=ref))
    if await _show(change.view_id, form, deps):
        return
    words = f"{change.id} was not sent to anyone:\n" + "\n".join(f"• {problem}" for problem in problems)
    words += f"\nIt is a draft: revise or withdraw it with `/cs change show {change.id}`."
    await deps.messenger.direct(change.request.requester, render_text(words, ref))


async def _show(view_id: str, view: Block, deps: Dependencies) -> bool:
    """Update a modal; False when the person has closed it meanwhile."""
    try:
        await deps.messenger.update_view(view_id, view)
    except SlackRefusedError as error:
        if error.code not in ("not_found", "view_not_found"):
            raise
        return False
    return True


PRECHECK = Job("precheck", _run)
