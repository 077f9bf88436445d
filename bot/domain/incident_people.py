"""Who leads an incident on, and who ends it: its lead, and those who decide about changes."""

from collections.abc import Mapping

from bot.domain.auditing import is_auditor
from bot.domain.configuration import Configuration
from bot.domain.incident import Incident
from bot.domain.people import Standing
from bot.domain.policy import Allowed, Refused

MEMBERS = "who leads an incident or has a role in it is a full member of the workspace and no auditor"
RULE = "an incident is handed over and resolved by its lead, or by those who decide about changes"


def may_have_role(person: Standing, configuration: Configuration) -> Allowed | Refused:
    """Return whether a person may lead an incident or have a role in it: not a guest, and no auditor."""
    if is_auditor(person, configuration):
        why = "an auditor, who reads everything and changes nothing"
    elif not person.full_member:
        why = person.why_not
    else:
        return Allowed(frozenset({"member"}))
    next_ = "Name a full member of this workspace who is no auditor."
    return Refused(f"Not allowed: <@{person.user}> cannot have a role: {why}. {next_}", MEMBERS)


def may_hand_over(
    incident: Incident, person: Standing, people: Mapping[str, Standing], configuration: Configuration
) -> Allowed | Refused:
    """Return whether a person may name the lead: anybody while nobody leads."""
    if not incident.lead and person.full_member:
        return Allowed(frozenset({"member"}))
    return _by_lead(incident, person, people, configuration, "names another lead of")


def may_resolve(
    incident: Incident, person: Standing, people: Mapping[str, Standing], configuration: Configuration
) -> Allowed | Refused:
    """Return whether a person may resolve an incident: who declared it may while nobody leads."""
    if not incident.lead and person.full_member and person.user == incident.declared_by:
        return Allowed(frozenset({"declarer"}))
    return _by_lead(incident, person, people, configuration, "resolves")


def _by_lead(
    incident: Incident,
    person: Standing,
    people: Mapping[str, Standing],
    configuration: Configuration,
    verb: str,
) -> Allowed | Refused:
    deciding = {group for rule in configuration.rules.values() for group in rule.deciding}
    if person.full_member and person.user == incident.lead:
        return Allowed(frozenset({"lead"}))
    if person.full_member and person.groups & deciding:
        return Allowed(person.groups & deciding)
    could = {user for user, each in people.items() if each.full_member and each.groups & deciding}
    return Refused(
        f"Not allowed: its lead, or somebody who decides about changes, {verb} {incident.id}.",
        RULE,
        tuple(sorted(could | ({incident.lead} - {""}))),
    )
