"""Houses in which texts of people are kept in one way, then in another: sealed or not, ids committed to or not."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from bot.domain.entry import NewEntry, new_ulid
from bot.domain.json import Json
from storage.database import Database
from storage.keeper import Keeper
from storage.privacy import Privacy, said
from storage.vault import Vault
from tests.contracts.audit_house import NOW, House, ledger_of
from tests.contracts.fixtures_storage import StandingClock

KEYS = tuple(b64encode(bytes([n]) * 32).decode() for n in (1, 2))


def vault(folder: Path, *keys: str) -> Vault:
    """Return a vault, under the first of the keys where none is named."""
    return Vault.parse(folder / "data-keys", keys or KEYS[:1])


def sealing(folder: Path, *keys: str) -> Privacy:
    """Return that ids are committed to and texts sealed."""
    return Privacy(commits_people=True, seals=True, vault=vault(folder, *keys))


COMMITTING = Privacy(commits_people=True)


def under(house: House, privacy: Privacy) -> House:
    """Return the house as a process sees it that keeps texts so."""
    return replace(house, engine=house.engine.execution_options(**said(privacy)))


def by(
    person: str,
    type_: str = "change.requested",
    data: Mapping[str, Json] | None = None,
    *people: str,
    words: str = "",
) -> NewEntry:
    """Return an entry by a person of a team, with an Entra id; `people` are the keys of its data that name others."""
    return NewEntry(
        id=new_ulid(NOW),
        type=type_,
        actor={"kind": "slack_user", "id": person, "team": "T0SOME", "entra_oid": f"oid-of-{person}"},
        subject={"change": "CHG-1"},
        data=data or {},
        disclosures={"reason": words} if words else {},
        people=frozenset(people),
    )


def keeper(house: House) -> Keeper:
    """Return who may erase, keeping texts as the house does."""
    ledger = ledger_of(house.skey)
    return Keeper(Database(house.engine), ledger, [], StandingClock(NOW), "kim")


def bytes_of(url: str) -> bytes:
    """Return every byte of an SQLite database and of what stands beside it."""
    path = Path(url.removeprefix("sqlite:///"))
    return b"".join(each.read_bytes() for each in sorted(path.parent.glob(f"{path.name}*")))
