"""What was last seen of people, without asking Slack: for questions that decide nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.domain.configuration import Configuration
from bot.domain.delegation import lend
from bot.domain.people import Standing
from bot.usecases.find_people import with_groups


class Observations(Protocol):
    """Where observations of the directory are kept."""

    async def standings(self, users: Iterable[str]) -> Mapping[str, Standing]:
        """Return the last observations of people; without those never seen."""
        ...

    async def usergroups(self) -> Mapping[str, tuple[frozenset[str], datetime]]:
        """Return the last observation of every user group, and its time."""
        ...


@dataclass(frozen=True)
class Recalled:
    """Who is who as last seen. `assumed` were never seen and count as full members; `unseen` groups as empty."""

    people: Mapping[str, Standing]
    assumed: frozenset[str]
    unseen: frozenset[str]


async def recall_people(
    users: Iterable[str], *, rows: Observations, configuration: Configuration, now: datetime
) -> Recalled:
    """Return what was last seen of these people, of everyone in a policy group, and of their delegates."""
    seen = await rows.usergroups()
    nobody = frozenset[str](), now
    groups = configuration.groups.values()
    members = {group.name: group.users | seen.get(group.usergroup, nobody)[0] for group in groups}
    takers = {delegation.taker for delegation in configuration.delegations}
    everyone = set(users).union(takers, *members.values())
    found = await rows.standings(everyone)
    people = {
        user: with_groups(found.get(user, Standing(user, full_member=True)), members, configuration)
        for user in sorted(everyone)
    }
    return Recalled(
        lend(people, configuration.delegations, now),
        frozenset(everyone - set(found)),
        frozenset(group.usergroup for group in groups if group.usergroup and group.usergroup not in seen),
    )
