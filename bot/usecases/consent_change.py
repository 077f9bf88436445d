"""Consent to a change as the lead of an incident that holds its target: to one revision and one plan."""

from collections.abc import Mapping

from bot.domain.change import Change
from bot.domain.incident import Consent
from bot.domain.incident_events import ChangeConsented
from bot.domain.incident_mode import Mode, may_consent
from bot.domain.people import Standing
from bot.domain.policy import Refused
from bot.ports.archive import Transaction
from bot.usecases.decide_change import remember_refusal
from bot.usecases.desk import Caller, Desk
from bot.usecases.hold_for_incident import mode_of
from bot.usecases.link_incident import add_entry

CONSENT = "consent to"


def parties(mode: Mode, change: Change) -> frozenset[str]:
    """Return whose standing a judgement wants besides the caller's: the requester, who approved, and the leads."""
    return frozenset({change.request.requester, *mode.approvers, *mode.leads})


async def consent_to_change(
    number: int, *, caller: Caller, people: Mapping[str, Standing], tx: Transaction, desk: Desk
) -> Change | Refused:
    """Keep the consent of a lead to the change as it stands, for each incident they lead; a refusal is kept, too."""
    change, now = await tx.change(number), desk.clock.now()
    await tx.hold(change.arm_id)
    mode = await mode_of(change, people=people, look=tx, desk=desk)
    verdict = may_consent(change, mode, caller.user)
    if isinstance(verdict, Refused):
        await remember_refusal(tx, change, caller, CONSENT, verdict.reason)
        return verdict
    fresh = False
    for incident in (each for each in mode.incidents if each.lead == caller.user):
        consent = Consent(
            incident.number, change.number, change.revision, change.plan_digest, caller.user, now
        )
        if not await tx.add_consent(consent):
            continue
        fresh = True
        event = ChangeConsented(
            change=change.id,
            resource=change.arm_id,
            incident=incident.id,
            revision=change.revision,
            plan_digest=change.plan_digest,
        )
        await tx.record(event, by=caller.actor, cause=caller.cause)
        await add_entry(incident, change, "consented to", by=caller.actor, now=now, tx=tx)
    if not fresh:
        return Refused(f"You have consented to {change.id} already.")
    await tx.enqueue("deliver", f"deliver:{change.id}:card")
    return change
