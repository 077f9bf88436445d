"""What is kept of people in the trail, and how: said once when a database is opened, found at every connection."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage.vault import Unread, Vault, is_sealed

OPTION = "countersign_privacy"


@dataclass(frozen=True)
class Privacy:
    """`commits_people`: entries commit to ids of people too. `seals`: texts are sealed by the vault before storing.

    A vault that is there opens what was sealed, whether new texts are sealed or not.
    """

    commits_people: bool = False
    seals: bool = False
    vault: Vault | None = None

    def stored(self, disclosure: str, person: str, place: tuple[int, int, str]) -> str:
        """Return a disclosure as it is stored at a shard, number and path; raises as `Vault.seal`."""
        if not self.seals or self.vault is None:
            return disclosure
        return self.vault.seal(disclosure, person, _words(place))

    def read(self, stored: str, place: tuple[int, int, str]) -> str | Unread:
        """Return the disclosure in what is stored, or why it cannot be read."""
        if not is_sealed(stored):
            return stored
        return Unread.SHUT if self.vault is None else self.vault.open(stored, _words(place))

    def names(self, person: str) -> list[str]:
        """Return everything that stands for a person in the third part of what is stored."""
        return [person, *(() if self.vault is None else self.vault.handles(person))]


PLAIN = Privacy()


def third(dialect: str, table: str = "") -> str:
    """Return in SQL the third part of what is stored with an entry: the text, or what stands for whom it is about."""
    if dialect == "sqlite":
        return f"json_extract({table}disclosure, '$[2]')"
    return f"({table}disclosure::json ->> 2)"


def privacy_of(place: AsyncEngine | AsyncConnection | Connection) -> Privacy:
    """Return what was said when the database was opened; nothing said, texts are plain."""
    inside = place.sync_connection if isinstance(place, AsyncConnection) else place
    found = None if inside is None else inside.get_execution_options().get(OPTION)
    return found if isinstance(found, Privacy) else PLAIN


def said(privacy: Privacy) -> dict[str, Any]:
    """Return the options of an engine that tell its connections."""
    return {OPTION: privacy}


def _words(place: tuple[int, int, str]) -> str:
    return "/".join(map(str, place))
