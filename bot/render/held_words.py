"""What the card of a change says of incidents: which hold its target, whose consent it has, where they are run."""

from bot.domain.change import Change, ChangeState
from bot.domain.incident import Incident
from bot.domain.incident_mode import CONSENTED_IN, is_consented, is_repair
from bot.render.change_view import ChangeView
from bot.render.texts import escape, is_channel, mention, one_line, when

_BEFORE = frozenset(
    {ChangeState.DRAFT, ChangeState.PENDING_APPROVAL, ChangeState.APPROVED, ChangeState.SCHEDULED}
)


def held_line(view: ChangeView) -> str:
    """Return which incidents hold the change, with the lead's word on it, for mrkdwn; empty where none does."""
    change, incidents = view.change, view.mode.incidents
    if not incidents or change.state not in CONSENTED_IN | _BEFORE:
        return ""
    lines = "\n".join(_held(view, incident) for incident in incidents)
    if change.state in _BEFORE and not is_repair(change, incidents):
        first = incidents[0].id
        return (
            f"{lines}\nOnly an emergency that names it runs before it is resolved: "
            f"`/cs change request --from {first}`."
        )
    return lines


def _held(view: ChangeView, incident: Incident) -> str:
    said = f"*{incident_name(incident)} is open here* · {incident.severity}"
    if not incident.lead:
        return f"{said} · nobody leads it: `/cs incident lead {incident.id}`"
    if view.change.state in _BEFORE and not is_repair(view.change, view.mode.incidents):
        return f"{said} · led by {mention(incident.lead)}"
    given = [
        each.at
        for each in view.mode.consents
        if each.by == incident.lead and is_consented(view.change, incident, [each])
    ]
    if given:
        return f"{said} · {mention(incident.lead)}, who leads it, consented {when(given[-1])}"
    back = "" if view.change.state in _BEFORE else " to a rollback"
    return f"{said} · {mention(incident.lead)}, who leads it, has not consented{back}"


def incident_name(incident: Incident) -> str:
    """Return an incident's id for mrkdwn, that it is a drill, and the channel it is run in."""
    drill = " (a drill)" if incident.drill else ""
    where = f" in <#{incident.channel}>" if is_channel(incident.channel) else ""
    return f"{incident.id}{drill}{where}"


def incident_fact(view: ChangeView) -> list[tuple[str, str]]:
    """Return the incidents that a change belongs to, as a field: those that are here, else what a person wrote."""
    if view.linked:
        return [("Incident", "\n".join(incident_name(incident) for incident in view.linked[:5]))]
    named = view.change.request.incident
    return [("Incident", escape(one_line(named), 400))] if named else []


def waits_for_consent(view: ChangeView) -> bool:
    """Return whether a lead's consent would let the change run, or be rolled back, and is not given."""
    change, mode = view.change, view.mode
    if change.state not in CONSENTED_IN or not (_can_go_back(change) or is_repair(change, mode.incidents)):
        return False
    return any(each.lead and not is_consented(change, each, mode.consents) for each in mode.incidents)


def _can_go_back(change: Change) -> bool:
    written = change.state is not ChangeState.FAILED or bool(change.outcome.get("written"))
    has_way = change.plan is None or bool(change.plan.rollback)
    return change.state not in _BEFORE and written and has_way
