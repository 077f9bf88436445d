"""Who approves whose changes: two people who do it for each other again and again are worth a look."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

SINCE = timedelta(days=30)
OFTEN = 10


@dataclass(frozen=True)
class Given:
    """How many approvals one account gave to the changes of another."""

    requester: str
    approver: str
    count: int


@dataclass(frozen=True)
class Pair:
    """Two people, how many changes each had approved by the other, and how many approvals they got in all."""

    people: tuple[str, str]
    asked: Mapping[str, int] = field(default_factory=dict)
    got: int = 0

    @property
    def count(self) -> int:
        """Return how often one of them approved the other."""
        return sum(self.asked.values())


def frequent_pairs(given: Iterable[Given], persons: Mapping[str, str]) -> tuple[Pair, ...]:
    """Return the pairs with at least OFTEN approvals of each other, most first.

    `persons` names the person behind an account, by an id of any kind; an account without one is a person of its own.
    A person is shown by the first of their accounts.
    """
    shown: dict[str, str] = {}
    asked: dict[tuple[str, str], dict[str, int]] = {}
    got: dict[str, int] = {}
    for each in sorted(given, key=lambda found: (found.requester, found.approver)):
        names = [shown.setdefault(persons.get(user, user), user) for user in (each.requester, each.approver)]
        first, second = sorted(names)
        counted = asked.setdefault((first, second), {})
        counted[names[0]] = counted.get(names[0], 0) + each.count
        got[names[0]] = got.get(names[0], 0) + each.count
    pairs = [Pair(two, ways, sum(got.get(user, 0) for user in two)) for two, ways in asked.items()]
    often = [pair for pair in pairs if pair.count >= OFTEN]
    return tuple(sorted(often, key=lambda pair: (-pair.count, pair.people)))
