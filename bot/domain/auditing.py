"""Who reads the whole trail, and the auditors, who read everything and change nothing."""

from collections.abc import Mapping
from dataclasses import replace

from bot.domain.change import Change
from bot.domain.configuration import Configuration
from bot.domain.people import Standing
from bot.domain.policy import Allowed, Refused

RULE = "[workspace] auditor_groups: auditors read everything and change nothing"


def is_auditor(person: Standing, configuration: Configuration) -> bool:
    """Return whether this person is an auditor."""
    return bool(person.groups & set(configuration.auditor_groups))


def kept_apart(person: Standing, configuration: Configuration) -> Standing:
    """Return a standing in which an auditor has no other group and no vote that somebody lent."""
    if not is_auditor(person, configuration):
        return person
    return replace(person, groups=person.groups & set(configuration.auditor_groups), lent=())


def refuse_auditor(what: str) -> Refused:
    """Return the refusal of an auditor who reached for something that changes."""
    return Refused(f"Not allowed: you are an auditor, and {what} changes something.", RULE)


def may_read_trail(
    person: Standing,
    configuration: Configuration,
    people: Mapping[str, Standing],
    change: Change | None = None,
) -> Allowed | Refused:
    """Return whether a person may search the trail, or take the proof of a change.

    Auditors may, and whoever decides or freezes anything; of a change also its requester and its owner.
    """
    if _reads(person, configuration, change):
        return Allowed(person.groups & _reading(configuration))
    return Refused(
        "Not allowed: the audit trail is read by auditors and by those who decide about changes.",
        f"[workspace] auditor_groups: {', '.join(configuration.auditor_groups) or 'nobody'}",
        tuple(sorted(user for user, each in people.items() if _reads(each, configuration, change))),
    )


def _reads(person: Standing, configuration: Configuration, change: Change | None) -> bool:
    named = change is not None and person.user in (change.request.requester, change.request.owner)
    return person.full_member and (named or bool(person.groups & _reading(configuration)))


def _reading(configuration: Configuration) -> frozenset[str]:
    deciding = {group for rule in configuration.rules.values() for group in rule.deciding}
    security = {group for groups in configuration.security_groups.values() for group in groups}
    return frozenset({*deciding, *security, *configuration.freeze_groups, *configuration.auditor_groups})
