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

    async def standing(self, user: str) -> Standing | None:
        """Return the last observation of a person."""
        ...

    async def group_members(self, usergroup: str) -> tuple[frozenset[str], datetime] | None:
        """Return the last observation of a user group and its time."""
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
    members: dict[str, frozenset[str]] = {}
    unseen: set[str] = set()
    for group in configuration.groups.values():
        seen = await rows.group_members(group.usergroup) if group.usergroup else None
        members[group.name] = group.users | (seen[0] if seen is not None else frozenset())
        if group.usergroup and seen is None:
            unseen.add(group.usergroup)
    takers = {delegation.taker for delegation in configuration.delegations}
    everyone = sorted(set(users).union(takers, *members.values()))
    found = {user: await rows.standing(user) for user in everyone}
    people = {
        user: with_groups(standing or Standing(user, full_member=True), members, configuration)
        for user, standing in found.items()
    }
    assumed = frozenset(user for user, standing in found.items() if standing is None)
    return Recalled(lend(people, configuration.delegations, now), assumed, frozenset(unseen))
