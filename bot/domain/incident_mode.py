"""Evidence-only mode: what an open incident lets happen on its targets. What is not named here is denied.

A drill holds its targets as an incident does, but where both are open only the incident counts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bot.domain.ballots import is_same_person
from bot.domain.change import Change, ChangeState, is_emergency
from bot.domain.errors import InvalidInputError
from bot.domain.incident import Consent, Incident, incident_number
from bot.domain.people import Standing
from bot.domain.policy import Allowed, Refused

RULE = (
    "while an incident is open on a target, only an emergency that names it runs there, and its lead consents"
)
CONSENTED_IN = frozenset(
    {
        ChangeState.PENDING_APPROVAL,
        ChangeState.APPROVED,
        ChangeState.SCHEDULED,
        ChangeState.VERIFYING,
        ChangeState.AWAITING_ATTESTATION,
        ChangeState.FAILED,
    }
)
BEFORE = frozenset({ChangeState.PENDING_APPROVAL, ChangeState.APPROVED, ChangeState.SCHEDULED})


@dataclass(frozen=True)
class Mode:
    """What a verdict rests on: the incidents that hold the target, every consent, who approved, and who is who.

    `approvers` approved this revision and plan, or broke the glass. Who is not in `people` is nobody.
    """

    incidents: tuple[Incident, ...]
    consents: tuple[Consent, ...] = ()
    approvers: frozenset[str] = frozenset()
    people: Mapping[str, Standing] = field(default_factory=dict)

    @property
    def leads(self) -> frozenset[str]:
        """Return the leads of the moment."""
        return frozenset(incident.lead for incident in self.incidents if incident.lead)

    def standing(self, user: str) -> Standing:
        """Return who somebody is."""
        return self.people.get(user) or Standing(user, full_member=False)


NOT_HELD = Mode(())


def holding(incidents: Iterable[Incident]) -> tuple[Incident, ...]:
    """Return which of a target's incidents hold it: the open ones, drills only where nothing else is open."""
    still = [incident for incident in incidents if incident.is_open]
    real = [incident for incident in still if not incident.drill]
    return tuple(sorted(real or still, key=lambda incident: incident.number))


def named_incidents(change: Change) -> frozenset[int]:
    """Return the numbers of the incidents that a request, or whoever broke its glass, names as `INC-n`."""
    glass = change.outcome.get("glass")
    said = (change.request.incident, str(glass.get("incident") or "") if isinstance(glass, Mapping) else "")
    return frozenset(number for text in said if (number := named_number(text)))


def named_number(text: str) -> int:
    """Return the number in `INC-3`, 0 when a text is something else that people call an incident."""
    try:
        return incident_number(text) if text.strip().lower().startswith("inc-") else 0
    except InvalidInputError:
        return 0


def why_not_asked(change: Change, incidents: tuple[Incident, ...]) -> str:
    """Return why nobody is asked for this change while these incidents hold its target; empty when it goes on."""
    if not incidents or is_repair(change, incidents):
        return ""
    first, where = incidents[0], change.request.target
    open_words = f"{_ids(incidents)} open on {where}"
    if not is_emergency(change):
        return (
            f"{open_words}: only an emergency that names it goes on there. A repair is asked for with "
            f"`change request --from {first.id}`; anything else waits until it is resolved."
        )
    said = f"names {change.request.incident}" if change.request.incident else "names none"
    return f"{open_words}, and this emergency {said}. Write {first.id} as its incident."


def why_not_applied(change: Change, mode: Mode) -> Refused | None:
    """Return why a change does not run now on a target that incidents hold, None when it may."""
    if not mode.incidents:
        return None
    if not is_repair(change, mode.incidents):
        first = mode.incidents[0]
        repair = f"A repair is asked for with `change request --from {first.id}`."
        return Refused(
            f"{_ids(mode.incidents)} open on {change.request.target}, so {change.id} waits, as it is approved. "
            f"Press Apply again when it is resolved. {repair}",
            RULE,
        )
    for incident in mode.incidents:
        refused = _why_no_consent(change, incident, mode) or _why_alone(change, incident, mode)
        if refused is not None:
            return refused
    return None


def why_not_rolled_back(change: Change, mode: Mode, user: str) -> Refused | None:
    """Return why a person does not roll back on a target that incidents hold, None when they may.

    A lead's own word is enough: what is restored was there before. The plan that a lead consents to has its way back.
    """
    for incident in mode.incidents:
        if user == incident.lead and mode.standing(user).full_member:
            continue
        refused = _why_no_consent(change, incident, mode)
        if refused is not None:
            return refused
    return None


def may_consent(change: Change, mode: Mode, user: str) -> Allowed | Refused:
    """Return whether this person's consent to the change as it stands would count now.

    Allowed by virtue of the incidents they lead, by id.
    """
    led = [incident for incident in mode.incidents if incident.lead == user]
    if not led:
        return _why_not_lead(change, mode)
    person = mode.standing(user)
    if not person.full_member:
        why = person.why_not or "you are not a full member of this workspace"
        return Refused(f"Not allowed: {why}.", RULE)
    if change.state not in CONSENTED_IN:
        return Refused(f"There is nothing to consent to: {change.id} is {change.state.replace('_', ' ')}.")
    if change.state in BEFORE:
        if not is_repair(change, mode.incidents):
            return Refused(why_not_asked(change, mode.incidents), RULE)
        alone = _why_alone(change, led[0], mode)
        if alone is not None:
            return alone
    return Allowed(frozenset(incident.id for incident in led))


def is_repair(change: Change, incidents: tuple[Incident, ...]) -> bool:
    """Return whether it is an emergency that names one of the incidents."""
    return is_emergency(change) and bool(named_incidents(change) & {each.number for each in incidents})


def is_consented(change: Change, incident: Incident, consents: Iterable[Consent]) -> bool:
    """Return whether the lead of the moment consented to this revision and this plan."""
    key = (incident.number, change.number, change.revision, change.plan_digest, incident.lead)
    given = ((each.incident, each.change, each.revision, each.plan_digest, each.by) for each in consents)
    return bool(incident.lead and change.plan_digest) and key in set(given)


def _why_no_consent(change: Change, incident: Incident, mode: Mode) -> Refused | None:
    target = change.request.target
    if not incident.lead:
        return Refused(
            f"{incident.id} is open on {target} and has no lead, so nobody has consented. "
            f"Name one with `incident lead {incident.id}`.",
            RULE,
        )
    lead = f"<@{incident.lead}>"
    if not is_consented(change, incident, mode.consents):
        return Refused(
            f"{incident.id} is open on {target}, and {lead}, its lead, has not consented to this plan"
            f"{_others_word(change, incident, mode)}. They do that on this card or in their direct message.",
            RULE,
            (incident.lead,),
        )
    if not mode.standing(incident.lead).full_member:
        return Refused(
            f"{lead}, the lead of {incident.id}, is not a full member of this workspace, so the consent does not "
            f"count. Name another with `incident lead {incident.id}`.",
            RULE,
        )
    return None


def _others_word(change: Change, incident: Incident, mode: Mode) -> str:
    """Return that somebody consented who is not the lead, or that it was to another plan."""
    mine = [
        each for each in mode.consents if (each.incident, each.change) == (incident.number, change.number)
    ]
    if not mine:
        return ""
    last = mine[-1]
    if (last.revision, last.plan_digest) != (change.revision, change.plan_digest):
        return f": the consent of <@{last.by}> was to another plan"
    return f": the consent is of <@{last.by}>, who does not lead any more"


def _why_alone(change: Change, incident: Incident, mode: Mode) -> Refused | None:
    """Return that a lead would let their own request run when nobody else has looked at it."""
    requester, lead = mode.standing(change.request.requester), mode.standing(incident.lead)
    if not is_same_person(requester, lead):
        return None
    if any(not is_same_person(mode.standing(each), requester) for each in mode.approvers):
        return None
    return Refused(
        f"Not allowed: {change.id} is the own request of <@{incident.lead}>, who leads {incident.id}, and nobody "
        "else has approved it. Another approves it first, so that two people have looked; then the lead consents.",
        RULE,
    )


def _why_not_lead(change: Change, mode: Mode) -> Refused:
    if not mode.incidents:
        return Refused(f"No incident is open on {change.request.target}: {change.id} needs nobody's consent.")
    named = [incident for incident in mode.incidents if incident.lead]
    if not named:
        first = mode.incidents[0]
        return Refused(f"{first.id} has no lead. Name one with `incident lead {first.id}`.", RULE)
    return Refused(
        f"Not allowed: you do not lead {_ids(mode.incidents, verb=False)}.",
        RULE,
        tuple(sorted(mode.leads)),
    )


def _ids(incidents: tuple[Incident, ...], *, verb: bool = True) -> str:
    names = " and ".join(incident.id + (" (a drill)" if incident.drill else "") for incident in incidents)
    return f"{names} {'is' if len(incidents) == 1 else 'are'}" if verb else names
