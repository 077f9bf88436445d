"""Opening the modals of a change, from a button or from a typed command alike."""

from dataclasses import dataclass
from datetime import datetime

from bot.changes.kinds import KINDS, kind_named
from bot.domain.change import WAITING, Change, ChangeState
from bot.domain.deployment import Deployment
from bot.domain.policy import Refused, may_decide, who_could
from bot.ports.registry import Offer
from bot.ports.slack import Block, Message
from bot.render.answer import already_words, out_of_date_words, render_refused, render_text
from bot.render.change_forms import RequestForm, render_form_skeleton
from bot.render.change_view import ChangeView
from bot.render.confirm_forms import Confirmation, render_confirm
from bot.render.decide_form import render_decide
from bot.render.texts import age, mention
from bot.usecases.decide_change import is_current, remember_refusal
from bot.usecases.find_people import FOR_A_DECISION, find_people
from bot.usecases.steer_change import ROLLBACK_FROM
from handlers.dependencies import Dependencies
from handlers.loading import load_view
from handlers.shapes import Asked

READING = "Reading the live deployment …"


@dataclass(frozen=True)
class Seen:
    """The revision and plan a card showed; both empty when the change was named by hand."""

    number: int
    revision: int = 0
    plan: str = ""


CONFIRMATIONS = {
    "withdraw": Confirmation(
        "change.withdraw.confirm",
        "Withdraw the request",
        "Withdraw",
        "Nobody will be asked any more. This cannot be undone; a new request can be made.",
        with_reason=True,
    ),
    "apply": Confirmation(
        "change.apply.confirm",
        "Apply the change",
        "Apply",
        "Everything is checked again first: the live state, the approvals, the policy, the quota. "
        "If anything moved, nothing is sent.",
    ),
    "rollback": Confirmation(
        "change.rollback.confirm",
        "Roll the change back",
        "Roll back",
        "The rollback that was approved with the change is sent now.",
        backwards=True,
    ),
    "close": Confirmation(
        "change.attest.confirm",
        "Attest and close",
        "Attest",
        "As its owner you say that the evidence after the change is as it should be. That closes it.",
    ),
}


POSSIBLE = {
    "withdraw": WAITING | {ChangeState.DRAFT},
    "apply": frozenset({ChangeState.APPROVED}),
    "rollback": ROLLBACK_FROM,
}


async def open_request(kind: str, target: str, asked: Asked, deps: Dependencies) -> None:
    """Open the request form at once, and have a job fill in what is live."""
    view_id = await deps.messenger.open_view(asked.trigger_id, render_form_skeleton(asked.ref))
    async with deps.desk.archive.transaction() as tx:
        await tx.enqueue("precheck", f"precheck:form:{view_id}:{kind}:{target}")


async def open_revision(number: int, asked: Asked, deps: Dependencies) -> Message | None:
    """Open the form of a change that was sent back, with all that was written; only its requester may."""
    change = (await load_view(number, deps)).change
    if change.state is not ChangeState.CHANGES_REQUESTED:
        state = change.state.replace("_", " ")
        return render_text(f"{change.id} is {state}: there is nothing to revise.", asked.ref)
    if change.request.requester != asked.caller.user:
        refused = Refused("Not allowed: only its requester revises a request.")
        async with deps.desk.archive.transaction() as tx:
            await remember_refusal(tx, change, asked.caller, "revise", refused.reason)
        return render_refused(refused, asked.ref)
    view_id = await deps.messenger.open_view(asked.trigger_id, render_form_skeleton(asked.ref))
    async with deps.desk.archive.transaction() as tx:
        await tx.enqueue("precheck", f"precheck:revise:{view_id}:{change.id}")
    return None


def request_form(
    kind: str, target: str, live: Deployment | None, deps: Dependencies, *, ref: str
) -> RequestForm:
    """Return the form of a kind and a target, pre-filled with what is live now."""
    configuration = deps.desk.configuration
    chosen = kind_named(kind)
    aliases = [found.alias for found in configuration.targets]
    values = {"kind": chosen.name, "target": target}
    if target:
        values["owner"] = configuration.target(target).owner
    words = (
        "" if live is None else f"{live.sku.name} · capacity {live.sku.capacity} · {live.provisioning_state}"
    )
    return RequestForm(
        kinds=[(found.name, found.title) for found in KINDS],
        targets=aliases,
        kind=chosen.name,
        target=target,
        fields=chosen.fields(Offer(live)),
        values=values,
        live=words,
        redraw=True,
        ref=ref,
    )


async def open_decide(seen: Seen, choice: str, asked: Asked, deps: Dependencies) -> Message | None:
    """Open the review modal with everything re-read, or say why this person or this card cannot decide."""
    view = await load_view(seen.number, deps)
    change = view.change
    stale = await stale_words(seen, view, deps, ref=asked.ref)
    if stale is not None:
        return stale
    people = await find_people(
        {asked.caller.user, change.request.requester}, desk=deps.desk, max_age=FOR_A_DECISION
    )
    rule = deps.desk.configuration.rule_for(change)
    could = who_could(rule, change.request.requester, people)
    requester = people[change.request.requester]
    verdict = may_decide(change, people[asked.caller.user], rule, could=could, requester=requester)
    if isinstance(verdict, Refused):
        async with deps.desk.archive.transaction() as tx:
            await remember_refusal(tx, change, asked.caller, choice, verdict.reason)
        return render_refused(verdict, asked.ref)
    form = decide_view(view, choice, READING, could, deps, ref=asked.ref)
    view_id = await deps.messenger.open_view(asked.trigger_id, form)
    async with deps.desk.archive.transaction() as tx:
        await tx.enqueue("precheck", f"precheck:review:{view_id}:{choice}:{change.id}")
    return None


def decide_view(
    view: ChangeView, choice: str, live: str, could: tuple[str, ...], deps: Dependencies, *, ref: str
) -> Block:
    """Return the review modal."""
    taken = view.change.evidence_at
    return render_decide(
        view,
        choice=choice,
        live=live,
        who=" ".join(mention(user) for user in could),
        evidence_age=_evidence_age(taken, deps) if taken else "none",
        ref=ref,
    )


def _evidence_age(taken: datetime, deps: Dependencies) -> str:
    now, most = deps.desk.clock.now(), deps.desk.configuration.timing.evidence_max_age
    stale = f" (stale: older than {most.total_seconds() / 60:.0f} min)" if now - taken > most else ""
    return f"{age(taken, now)}{stale}"


async def open_confirm(seen: Seen, verb: str, asked: Asked, deps: Dependencies) -> Message | None:
    """Open the confirmation of a verb, or say that the card is out of date."""
    view = await load_view(seen.number, deps)
    if seen.plan and not is_current(view.change, seen.revision, seen.plan):
        return await out_of_date(view, deps, ref=asked.ref)
    if view.change.state not in POSSIBLE.get(verb, frozenset(ChangeState)):
        await refresh_card(view.change, deps)
        return render_text(f"Too late to {verb} it. {decided_words(view)}", asked.ref)
    await deps.messenger.open_view(asked.trigger_id, render_confirm(view, CONFIRMATIONS[verb], asked.ref))
    return None


async def stale_words(seen: Seen, view: ChangeView, deps: Dependencies, *, ref: str) -> Message | None:
    """Return what to say of a card that can no longer be decided, None when it can."""
    change = view.change
    if change.state is not ChangeState.PENDING_APPROVAL:
        await refresh_card(change, deps)
        return render_text(decided_words(view), ref)
    if seen.plan and not is_current(change, seen.revision, seen.plan):
        return await out_of_date(view, deps, ref=ref)
    return None


def decided_words(view: ChangeView) -> str:
    """Return `CHG-1 is already approved by <@…>`, or whatever happened to it."""
    change = view.change
    by = [vote.person for vote in view.approvals] or [change.decided_by]
    past = change.state.replace("_", " ")
    approved_then = change.state not in (
        ChangeState.REJECTED,
        ChangeState.WITHDRAWN,
        ChangeState.EXPIRED,
        ChangeState.CHANGES_REQUESTED,
        ChangeState.DRAFT,
    )
    if approved_then:
        return already_words(change.id, "approved", by)
    return already_words(change.id, past, [change.decided_by] if change.decided_by else [])


async def refresh_card(change: Change, deps: Dependencies) -> None:
    """Have the change's card rendered again."""
    async with deps.desk.archive.transaction() as tx:
        await tx.enqueue("deliver", f"deliver:{change.id}:card")


async def out_of_date(view: ChangeView, deps: Dependencies, *, ref: str) -> Message:
    """Have the card rendered again, and say that the one that was used is old."""
    await refresh_card(view.change, deps)
    return render_text(out_of_date_words(view.change.id), ref)


async def open_verb(verb: str, what: str, asked: Asked, deps: Dependencies) -> Message | None:
    """Open the modal of a mutating verb; `what` is `kind:target` for a request, else a change's number."""
    match verb:
        case "request":
            kind, _, target = what.partition(":")
            await open_request(kind, target, asked, deps)
            return None
        case "approve" | "reject":
            return await open_decide(Seen(int(what)), verb, asked, deps)
        case _:
            return await open_confirm(Seen(int(what)), verb, asked, deps)
