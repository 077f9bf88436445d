"""People: who clicked, what the directory says of them, and who an audit entry names."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Person:
    """A verified clicker: workspace and user, as the signed payload named them."""

    user: str
    team: str
    enterprise: str = ""
    entra_oid: str = ""
    auth: str = "slack-signed"


@dataclass(frozen=True)
class Lent:
    """A group's vote that somebody lends while they are away: which group, who lends it, and their Entra id."""

    group: str
    by: str
    entra_oid: str = ""

    @property
    def key(self) -> str:
        """Return who lends it as a person: their Entra id, else their account."""
        return self.entra_oid or self.by


@dataclass(frozen=True)
class Standing:
    """What the directory says of a person, when it looked, and what others lend them today.

    `tz` is the name of their time zone, `tz_offset` its seconds east of UTC for whom the name is not known.
    """

    user: str
    full_member: bool
    groups: frozenset[str] = field(default_factory=frozenset)
    observed_at: datetime | None = None
    why_not: str = ""
    entra_oid: str = ""
    tz: str = ""
    tz_offset: int = 0
    lent: tuple[Lent, ...] = ()

    @property
    def key(self) -> str:
        """Return who this is as a person: accounts with one Entra id are one."""
        return self.entra_oid or self.user


@dataclass(frozen=True)
class Actor:
    """Who an audit entry says did it: `slack_user` with a user id, or `system` with a role."""

    kind: str
    id: str
    team: str = ""
    entra_oid: str = ""
    auth: str = ""


def actor_of(person: Person) -> Actor:
    """Return the audit actor of a verified person."""
    return Actor("slack_user", person.user, person.team, person.entra_oid, person.auth)


def system(role: str) -> Actor:
    """Return the audit actor of one of our own roles: `slack`, `executor`, `timer`."""
    return Actor("system", role, auth="process")


def headcount(number: int) -> str:
    """Return `1 person`, `2 people`."""
    return "1 person" if number == 1 else f"{number} people"
