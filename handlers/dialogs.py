"""A change as people see it, and the form that asks for one: filled in, sent, revised."""

from collections.abc import Mapping
from dataclasses import replace

from bot.changes.kinds import KINDS, kind_named
from bot.domain.change import Change, ChangeState
from bot.domain.errors import CountersignError
from bot.domain.json import Json
from bot.ports.registry import Offer
from bot.ports.slack import Message
from bot.render.answer import render_refused, render_text
from bot.render.change_forms import RequestForm, render_form_skeleton
from bot.usecases.decide_change import only_its_requester, remember_refusal
from bot.usecases.read_offer import read_offer
from handlers.dependencies import Dependencies
from handlers.loading import load_view
from handlers.shapes import Asked


async def open_request(kind: str, target: str, asked: Asked, deps: Dependencies) -> None:
    """Open the request form at once, and have a job fill in what is live."""
    view_id = await deps.messenger.open_view(asked.trigger_id, render_form_skeleton(asked.ref))
    async with deps.desk.archive.transaction() as tx:
        await tx.enqueue("precheck", f"precheck:form:{view_id}:{kind}:{target}")


async def open_revision(number: int, asked: Asked, deps: Dependencies) -> Message | None:
    """Open the form of a draft or of a change that was sent back, as it was written; only its requester may."""
    change = (await load_view(number, deps)).change
    if change.state not in (ChangeState.DRAFT, ChangeState.CHANGES_REQUESTED):
        state = change.state.replace("_", " ")
        return render_text(f"{change.id} is {state}: there is nothing to revise.", asked.ref)
    if change.request.requester != asked.caller.user:
        refused = only_its_requester(change, "revises")
        async with deps.desk.archive.transaction() as tx:
            await remember_refusal(tx, change, asked.caller, "revise", refused.reason)
        return render_refused(refused, asked.ref)
    view_id = await deps.messenger.open_view(asked.trigger_id, render_form_skeleton(asked.ref))
    async with deps.desk.archive.transaction() as tx:
        await tx.enqueue("precheck", f"precheck:revise:{view_id}:{change.id}")
    return None


def request_form(kind: str, target: str, offer: Offer, deps: Dependencies, *, ref: str) -> RequestForm:
    """Return the form of a kind and a target, pre-filled with what is live now."""
    configuration = deps.desk.configuration
    chosen = kind_named(kind)
    aliases = [found.alias for found in configuration.targets]
    values = {"kind": chosen.name, "target": target}
    if target:
        values["owner"] = configuration.target(target).owner
    return RequestForm(
        kinds=[(found.name, found.title) for found in KINDS],
        targets=aliases,
        kind=chosen.name,
        target=target,
        fields=chosen.fields(offer),
        values=values,
        live=_live_words(offer),
        redraw=True,
        ref=ref,
    )


async def typed_form(
    change: Change, problems: tuple[str, ...], about: Mapping[str, Json], deps: Dependencies, *, ref: str
) -> RequestForm:
    """Return the form with everything that a request holds, the problems on top, and what it is about."""
    request = change.request
    offer = await _offer_or_none(request.target, deps)
    form = request_form(request.kind, request.target, offer, deps, ref=ref)
    typed = {
        "owner": request.owner,
        "ticket": request.ticket,
        "reason": request.reason,
        "expected_cost": request.expected_cost,
        "validation_signal": request.validation_signal,
        "rollback_plan": request.rollback_plan,
        "rollback_trigger": request.rollback_trigger,
        "impact": ",".join(sorted(request.impact)),
        "type": request.type.value,
        "incident": request.incident,
        "start_at": str(int(request.start_at.timestamp())) if request.start_at else "",
        **{name: str(value) for name, value in request.asked.items()},
    }
    return replace(form, values={**form.values, **typed}, problems=problems, metadata=about)


async def _offer_or_none(target: str, deps: Dependencies) -> Offer:
    """Return what the form can offer; nothing when Azure does not answer: then it is typed."""
    try:
        return await read_offer(deps.desk.configuration.target(target).ref, deps.readers.azure)
    except CountersignError:
        return Offer()


def _live_words(offer: Offer) -> str:
    live = offer.live
    if live is None:
        return f"nothing is deployed as {offer.name}" if offer.name else ""
    paused = "" if live.running_state in ("", "Running") else f" · {live.running_state}"
    return f"{live.sku.name} · capacity {live.sku.capacity} · {live.provisioning_state}{paused}"


async def refresh_card(change: Change, deps: Dependencies) -> None:
    """Have the change's card rendered again."""
    async with deps.desk.archive.transaction() as tx:
        await tx.enqueue("deliver", f"deliver:{change.id}:card")
