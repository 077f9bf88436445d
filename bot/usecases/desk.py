"""What use cases work with: the policy, the archive, the clock, and who is asking."""

from dataclasses import dataclass

from bot.domain.configuration import Configuration
from bot.domain.people import Actor, Person, actor_of
from bot.ports.archive import Archive, Cause
from bot.ports.clock import Clock
from bot.ports.slack import SlackDirectory


@dataclass(frozen=True)
class Desk:
    """The connected ports every use case needs. The executor has no directory."""

    configuration: Configuration
    archive: Archive
    clock: Clock
    directory: SlackDirectory | None


@dataclass(frozen=True)
class Caller:
    """Who asks, and through which door."""

    person: Person
    cause: Cause

    @property
    def actor(self) -> Actor:
        """Return who an audit entry names."""
        return actor_of(self.person)

    @property
    def user(self) -> str:
        """Return the Slack user id."""
        return self.person.user
