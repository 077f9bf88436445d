"""Who attests, and the waiver: who may let a change end without its owner's attestation."""

from collections.abc import Iterable

from bot.domain.ballots import is_same_person
from bot.domain.change import Change, ChangeState, Tier
from bot.domain.configuration import Rule
from bot.domain.people import Standing
from bot.domain.policy import Allowed, Refused


def is_open(change: Change) -> bool:
    """Return whether the change waits for an attestation: validated, or rolled back and not attested yet."""
    if change.state is ChangeState.ROLLED_BACK:
        return not (change.outcome.get("attested") or change.outcome.get("waived"))
    return change.state is ChangeState.AWAITING_ATTESTATION


def is_own_word(change: Change, person: Standing, requester: Standing) -> bool:
    """Return whether a person would attest what they asked for themselves, which only a standard change allows.

    Accounts with one Entra id are one person.
    """
    return change.tier is not Tier.STANDARD and is_same_person(person, requester)


def may_waive(
    change: Change, person: Standing, rule: Rule | None, parties: Iterable[Standing]
) -> Allowed | Refused:
    """Return whether a person may waive: a full member of the rule's groups, and none of the `parties`.

    The parties are the requester and the owner, under whichever account.
    """
    groups = rule.deciding if rule is not None else frozenset[str]()
    words = f"waive: {', '.join(sorted(groups)) or 'nobody'}, never the requester or the owner"
    if not person.full_member:
        return Refused(
            f"Not allowed: {person.why_not or 'you are not a full member of this workspace'}.", words
        )
    if any(is_same_person(person, party) for party in parties):
        return Refused("Not allowed: the requester and the owner do not waive; the owner attests.", words)
    matched = person.groups & groups
    return Allowed(matched) if matched else Refused("Not allowed: you may not waive this attestation.", words)
