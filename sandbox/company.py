"""The pretended company: its people, user groups and channels, as plain values."""

from dataclasses import dataclass, field
from typing import Any

TEAM_ID = "T0CONTOSO"
TEAM_NAME = "Contoso"
TEAM_DOMAIN = "contoso"
APP_ID = "A0COUNTERSIGN"
APP_NAME = "Countersign"
BOT_USER_ID = "U0COUNTERSIGN"
BOT_ID = "B0COUNTERSIGN"


@dataclass(frozen=True)
class Person:
    """One member of the workspace, as Slack knows them."""

    id: str
    name: str
    real_name: str
    title: str
    color: str
    flags: dict[str, Any] = field(default_factory=dict)

    @property
    def is_guest(self) -> bool:
        """Whether this is a guest account."""
        return bool(self.flags.get("is_restricted") or self.flags.get("is_ultra_restricted"))

    def as_slack(self) -> dict[str, Any]:
        """The user object of `users.info`."""
        flags = {
            "deleted": False, "is_admin": False, "is_owner": False, "is_primary_owner": False,
            "is_restricted": False, "is_ultra_restricted": False, "is_bot": False, "is_app_user": False,
        }  # fmt: skip
        return {
            "id": self.id,
            "team_id": TEAM_ID,
            "name": self.name,
            "real_name": self.real_name,
            "color": self.color.lstrip("#"),
            "tz": "Europe/Amsterdam",
            "tz_label": "Central European Time",
            "tz_offset": 3600,
            "profile": {
                "title": self.title,
                "real_name": self.real_name,
                "real_name_normalized": self.real_name,
                "display_name": self.name,
                "display_name_normalized": self.name,
                "team": TEAM_ID,
            },
            **flags,
            **self.flags,
        }


@dataclass(frozen=True)
class UserGroup:
    """A user group and who is in it."""

    id: str
    handle: str
    name: str
    users: tuple[str, ...]


@dataclass(frozen=True)
class Channel:
    """A channel, public or private, shared with another company or not, or the direct messages with one person."""

    id: str
    name: str
    topic: str
    members: tuple[str, ...]
    im_user: str | None = None
    shared: bool = False
    private: bool = False
    archived: bool = False
    creator: str = "U0OWNER"
    created: int = 1_700_000_000


PEOPLE: tuple[Person, ...] = (
    Person("U0ALICE", "alice", "Alice Moreau", "ML engineer", "#1264a3"),
    Person("U0BOB", "bob", "Bob Brown", "Platform engineer", "#2e7d5b"),
    Person("U0CAROL", "carol", "Carol Chen", "Platform engineer", "#8a4b9c"),
    Person("U0DAN", "dan", "Dan Okafor", "Security engineer", "#a3472e"),
    Person("U0OWNER", "olivia", "Olivia Weber", "Service owner of triage-prod", "#7a5c00"),
    Person("U0ERIN", "erin", "Erin Sato", "Auditor", "#3d5a80"),
    Person("U0GUS", "gus", "Gus Hale", "Guest", "#5f6368", {"is_restricted": True}),
)
APP_PERSON = Person(BOT_USER_ID, "countersign", APP_NAME, "App", "#4a154b", {"is_bot": True})

USER_GROUPS: tuple[UserGroup, ...] = (
    UserGroup("S0AIOPS", "ai-ops-approvers", "AI operations approvers", ("U0BOB", "U0CAROL")),
    UserGroup("S0SEC", "security", "Security", ("U0DAN",)),
)

_EVERYONE = (*(person.id for person in PEOPLE), BOT_USER_ID)
_STAFF = tuple(id_ for id_ in _EVERYONE if id_ != "U0GUS")

CHANNELS: tuple[Channel, ...] = (
    Channel("C0OPS", "ml-ops", "Fine-tuned models in production", _EVERYONE),
    Channel("C0AUDIT", "audit-trail", "Checkpoints and findings of the audit trail", _STAFF),
    Channel("C0GENERAL", "general", "Company-wide news", _STAFF),
)

TROUBLED = {"account": "aoai-contoso-weu", "deployment": "support-triage-ft"}


def direct_messages(person: Person) -> Channel:
    """The conversation between the app and one person."""
    return Channel(f"D{person.id}", person.name, "", (person.id, BOT_USER_ID), im_user=person.id)
