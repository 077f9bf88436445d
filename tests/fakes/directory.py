"""Slack's directory from memory: people can be deleted, become guests and leave groups."""

from dataclasses import dataclass, field, replace
from datetime import UTC, tzinfo

from bot.domain.errors import SlackUnavailableError
from bot.domain.people import Standing


@dataclass
class FakeDirectory:
    """Everyone is a full member unless said otherwise; each read is counted."""

    usergroups: dict[str, frozenset[str]] = field(default_factory=dict)
    known: dict[str, Standing] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    is_down: bool = False
    zones: dict[str, tzinfo] = field(default_factory=dict)

    async def standing(self, user: str) -> Standing:
        """Return a person's account flags."""
        self._look(user)
        return self.known.get(user, Standing(user, full_member=True))

    async def members(self, usergroup: str) -> frozenset[str]:
        """Return who is in a user group."""
        self._look(usergroup)
        return self.usergroups[usergroup]

    async def zone(self, user: str) -> tzinfo:
        """Return a person's time zone, UTC unless said otherwise."""
        self._look(user)
        return self.zones.get(user, UTC)

    def bar(self, user: str, why: str) -> None:
        """Make somebody less than a full member."""
        standing = self.known.get(user, Standing(user, full_member=True))
        self.known[user] = replace(standing, full_member=False, why_not=why)

    def leave(self, usergroup: str, user: str) -> None:
        """Take somebody out of a user group."""
        self.usergroups[usergroup] -= {user}

    def _look(self, what: str) -> None:
        if self.is_down:
            raise SlackUnavailableError("Slack did not answer.")
        self.asked.append(what)
