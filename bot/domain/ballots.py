"""Whose approvals count beside each other: nobody twice, in person, under another account or through a delegate."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.domain.configuration import Rule
from bot.domain.people import Lent, Standing


@dataclass(frozen=True)
class Ballot:
    """What a person speaks for here: the groups, and on whose behalf those that are not their own."""

    user: str
    groups: frozenset[str]
    behalf: frozenset[str] = frozenset()


def is_same_person(one: Standing, other: Standing) -> bool:
    """Return whether two accounts are one person."""
    return one.user == other.user or one.key == other.key


def why_unmapped(rule: Rule, person: Standing, requester: Standing) -> str:
    """Return why nobody can tell that a person and the requester are two, where the rule wants to know; else empty.

    A requester without a name is nobody in particular.
    """
    if not rule.mapped_only:
        return ""
    if not person.entra_oid:
        return "you have no row in [[people]], and here only who has one decides"
    if requester.user and not requester.entra_oid:
        return "the requester has no row in [[people]], so nobody can tell whether this is your own request"
    return ""


def authority(person: Standing, rule: Rule, requester: Standing) -> Ballot:
    """Return what a person may speak for on a request, no group for nothing: their own, and what others lend.

    What the requester lends, under whichever account, is worth nothing on their own request.
    """
    if why_unmapped(rule, person, requester):
        return Ballot(person.user, frozenset())
    return _ballot(person, rule, _lent(person, rule, requester))


def ballots(people: Iterable[Standing], rule: Rule, requester: Standing) -> tuple[Ballot, ...]:
    """Return the ballots of people in the order they spoke; those who may not speak have none.

    Who speaks in person is heard before anyone who would speak for them; of two who would, the first is.
    """
    speaking = [person for person in dict.fromkeys(people) if authority(person, rule, requester).groups]
    chosen: dict[str, Standing] = {}
    for person in sorted(speaking, key=lambda each: not each.groups & rule.deciding):
        chosen.setdefault(person.key, person)
    seats = {key for key, person in chosen.items() if person.groups & rule.deciding}
    counted: list[Ballot] = []
    for person in (each for each in speaking if chosen[each.key] is each):
        free = [lent for lent in _lent(person, rule, requester) if lent.key not in seats]
        seats.update(lent.key for lent in free)
        counted.append(_ballot(person, rule, free))
    return tuple(ballot for ballot in counted if ballot.groups)


def apart(groups: Sequence[str], approvals: Sequence[frozenset[str]]) -> int:
    """Return how many approvals can each stand for a group of its own: a matching, grown one by one."""
    holder: dict[str, int] = {}

    def place(approval: int, tried: set[str]) -> bool:
        for group in sorted(approvals[approval].intersection(groups) - tried):
            tried.add(group)
            if group not in holder or place(holder[group], tried):
                holder[group] = approval
                return True
        return False

    return sum(place(approval, set()) for approval in range(len(approvals)))


def _ballot(person: Standing, rule: Rule, lent: Sequence[Lent]) -> Ballot:
    groups = (person.groups & rule.deciding) | {each.group for each in lent}
    return Ballot(person.user, groups, frozenset(each.by for each in lent))


def _lent(person: Standing, rule: Rule, requester: Standing) -> list[Lent]:
    """Return what is lent to a person that they do not hold themselves and that decides here."""
    mine = (requester.user, requester.key, person.key)
    missing = rule.deciding - person.groups
    lent = [each for each in person.lent if each.entra_oid or not rule.mapped_only]
    return [each for each in lent if each.group in missing and not {each.by, each.key} & set(mine)]
