"""Opening the modals that decide or steer a change, from a button or from a typed command alike."""

from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.change import Change, ChangeState
from bot.domain.configuration import Freeze
from bot.domain.freeze import freeze_words
from bot.domain.policy import Refused, may_decide, who_could
from bot.domain.rounds import UNAPPROVED_FROM
from bot.ports.slack import Block, Message
from bot.render.answer import already_words, out_of_date_words, render_refused, render_text
from bot.render.change_view import ButtonValue, ChangeView
from bot.render.confirm_forms import Confirmation, render_confirm
from bot.render.decide_form import render_decide
from bot.render.texts import age, mention, utc
from bot.usecases.decide_change import is_current, remember_refusal
from bot.usecases.find_people import FOR_A_DECISION, find_people
from bot.usecases.freeze_targets import freezes_at
from bot.usecases.judge_steering import Verb, steerers, why_held, why_not
from bot.usecases.roll_back_change import needs_second
from bot.usecases.schedule_change import start_of
from handlers.consenting import open_consent
from handlers.dependencies import Dependencies
from handlers.dialogs import open_request, refresh_card
from handlers.dialogs_glass import open_break_glass, open_glass_review
from handlers.dialogs_unapprove import has_voted, open_unapprove
from handlers.loading import load_view
from handlers.shapes import Asked
from handlers.undoing import open_from

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
        with_reason=True,
        reason_needed=False,
        backwards=True,
    ),
    "close": Confirmation(
        "change.attest.confirm",
        "Attest and close",
        "Attest",
        "As its owner you say that the evidence after the change is as it should be. That closes it.",
    ),
    "waive": Confirmation(
        "change.waive.confirm",
        "Waive the attestation",
        "Waive",
        "In the place of its owner, who cannot attest, you let the change end. Name and reason are recorded.",
        with_reason=True,
    ),
}


STEERS = {
    "withdraw": Verb.WITHDRAW,
    "apply": Verb.APPLY,
    "rollback": Verb.ROLL_BACK,
    "close": Verb.ATTEST,
    "waive": Verb.WAIVE,
}


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
    if await has_voted(view, asked.caller.user, deps):
        return await open_unapprove(seen.number, asked, deps)
    form = decide_view(view, choice, READING, could, deps, ref=asked.ref)
    view_id = await deps.messenger.open_view(asked.trigger_id, form)
    async with deps.desk.archive.transaction() as tx:
        await tx.enqueue("precheck", f"precheck:review:{view_id}:{choice}:{change.id}")
    return None


def decide_view(
    view: ChangeView, choice: str, live: str, could: tuple[str, ...], deps: Dependencies, *, ref: str
) -> Block:
    """Return the review modal; whoever has voted may not decide again."""
    taken, voted = view.change.evidence_at, {vote.person for vote in view.votes}
    return render_decide(
        view,
        choice=choice,
        live=live,
        who=" ".join(mention(user) for user in could if user not in voted),
        evidence_age=_evidence_age(taken, deps) if taken else "none",
        ref=ref,
    )


def _evidence_age(taken: datetime, deps: Dependencies) -> str:
    now, most = deps.desk.clock.now(), deps.desk.configuration.timing.evidence_max_age
    stale = f" (stale: older than {most.total_seconds() / 60:.0f} min)" if now - taken > most else ""
    return f"{age(taken, now)}{stale}"


async def open_confirm(seen: Seen, verb: str, asked: Asked, deps: Dependencies) -> Message | None:
    """Open the confirmation of a verb, or say why this person, this change or this card cannot have it."""
    view = await load_view(seen.number, deps)
    change = view.change
    if seen.plan and not is_current(change, seen.revision, seen.plan):
        return await _out_of_date(view, deps, ref=asked.ref)
    user, does, desk = asked.caller.user, STEERS[verb], deps.desk
    people = await find_people({user, *view.mode.leads, *steerers(change)}, desk=desk, max_age=FOR_A_DECISION)
    freezes = await _freezes(does, change, deps)
    refused = why_not(does, change, user=user, people=people, desk=desk, freezes=freezes)
    async with desk.archive.reading() as look:
        refused = refused or await why_held(does, change, user=user, people=people, look=look, desk=desk)
    if refused is not None:
        async with desk.archive.transaction() as tx:
            await remember_refusal(tx, change, asked.caller, does.value, refused.reason)
        return render_refused(refused, asked.ref)
    confirmation = _worded(CONFIRMATIONS[verb], does, change, freezes, deps)
    await deps.messenger.open_view(asked.trigger_id, render_confirm(view, confirmation, asked.ref))
    return None


async def _freezes(verb: Verb, change: Change, deps: Dependencies) -> tuple[Freeze, ...]:
    """Return the freezes that hold when the change would be applied."""
    if verb is not Verb.APPLY:
        return ()
    start, configuration = start_of(change, deps.desk.clock.now()), deps.desk.configuration
    async with deps.desk.archive.reading() as look:
        return await freezes_at(change.request.target, start, look=look, configuration=configuration)


def _worded(
    usual: Confirmation, verb: Verb, change: Change, freezes: tuple[Freeze, ...], deps: Dependencies
) -> Confirmation:
    """Return the confirmation with what is special: a start to come, or a freeze that is to be overridden."""
    start = change.request.start_at
    words = usual.words
    if verb is Verb.APPLY and start is not None and start > deps.desk.clock.now():
        words = f"It is scheduled: it starts by itself at {utc(start)}. {words}"
    if verb is Verb.ROLL_BACK and needs_second(change, deps.desk):
        words = "Another person confirms it before anything is sent: policy wants two for a rollback here."
    if verb is Verb.ATTEST and change.outcome.get("missed"):
        words = f"The validation signal was missed: at most {change.outcome['missed']} was asked for. {words}"
    if not freezes:
        return replace(usual, words=words)
    over = f"{freeze_words(freezes)} You may override that; your reason is recorded and shown on the card."
    return replace(usual, words=f"{over} {words}", with_reason=True)


async def stale_words(seen: Seen, view: ChangeView, deps: Dependencies, *, ref: str) -> Message | None:
    """Return what to say of a card that can no longer be decided, None when it can."""
    change = view.change
    if change.state is not ChangeState.PENDING_APPROVAL:
        await refresh_card(change, deps)
        return render_text(decided_words(view), ref)
    if seen.plan and not is_current(change, seen.revision, seen.plan):
        return await _out_of_date(view, deps, ref=ref)
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
        words = already_words(change.id, "approved", by)
        return f"{words} {_objecting(change.id)}" if change.state in UNAPPROVED_FROM else words
    return already_words(change.id, past, [change.decided_by] if change.decided_by else [])


def _objecting(change_id: str) -> str:
    return (
        f"To object: who approved takes it back with `change unapprove {change_id}`; anybody else asks its "
        "requester or owner to withdraw it."
    )


async def _out_of_date(view: ChangeView, deps: Dependencies, *, ref: str) -> Message:
    await refresh_card(view.change, deps)
    return render_text(out_of_date_words(view.change.id), ref)


async def open_verb(verb: str, what: str, asked: Asked, deps: Dependencies) -> Message | None:
    """Open the modal of a mutating verb; `what` is `kind:target` for a request, else a change's number."""
    match verb:
        case "request":
            kind, _, target = what.partition(":")
            await open_request(kind, target, asked, deps)
            return None
        case "undo":
            return await open_from(int(what), asked, deps)
        case "approve" | "reject":
            return await open_decide(Seen(int(what)), verb, asked, deps)
        case "consent":
            return await open_consent(ButtonValue(int(what), 0, ""), asked, deps)
        case "unapprove":
            return await open_unapprove(int(what), asked, deps)
        case "break-glass":
            return await open_break_glass(int(what), asked, deps)
        case "review":
            return await open_glass_review(int(what), asked, deps)
        case _:
            return await open_confirm(Seen(int(what)), verb, asked, deps)
