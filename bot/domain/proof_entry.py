"""One entry of a pack as it is read: its body parsed without doubt, its leaf, and the texts it commits to."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from bot.domain.errors import PackRefusedError, ProofError
from bot.domain.merkle import leaf_hash
from bot.domain.proof_pack import Disclosure, PackEntry
from bot.domain.strict_json import strict_object, taken


@dataclass(frozen=True)
class ReadEntry:
    """What an entry says, and its leaf hash in hex."""

    seq: int
    leaf: str
    body: Mapping[str, Any]

    @property
    def type(self) -> str:
        """Return what happened, as the trail names it."""
        return str(self.body["type"])

    @property
    def n(self) -> int:
        """Return its number in the change's own chain."""
        return int(self.body["subject"]["n"])

    @property
    def at(self) -> str:
        """Return when, as the log's own clock said."""
        return str(self.body["ts"])

    @property
    def person(self) -> str:
        """Return the account that did it."""
        return str(self.body["actor"].get("id", ""))

    @property
    def entra(self) -> str:
        """Return the Entra object id of who did it, in small letters, empty where it is not recorded."""
        return str(self.body["actor"].get("entra_oid", "")).lower()

    @property
    def told(self) -> Mapping[str, Any]:
        """Return what is particular to its type."""
        found: Mapping[str, Any] = self.body["data"]
        return found


def read_entry(entry: PackEntry, change: str, origin: str) -> ReadEntry:
    """Return an entry of a change in a log.

    Raises:
        PackRefusedError: its body is not canonical, or is of another place, log or change.
    """
    try:
        body = strict_object(entry.body)
        subject = taken(body, "subject", dict)
        for key, kind in (("type", str), ("ts", str), ("actor", dict), ("data", dict)):
            taken(body, key, kind)
        taken(subject, "n", int)
        taken(subject, "prev", str)
        leaf, canonical = leaf_hash(entry.body.encode()).hex(), _canonical(body)
    except (ProofError, ValueError, RecursionError) as error:
        raise PackRefusedError("P1", f"The body of entry {entry.seq} cannot be read: {error}.") from error
    if canonical != entry.body:
        raise PackRefusedError(
            "P1", f"The body of entry {entry.seq} is not written in the one canonical way."
        )
    if (body.get("v"), body.get("log"), body.get("seq")) != (1, origin, entry.seq):
        raise PackRefusedError(
            "P3", f"Entry {entry.seq} says that it belongs to another place or another log."
        )
    if subject.get("change") != change:
        raise PackRefusedError("P4", f"Entry {entry.seq} is not of {change} but of another change.")
    return ReadEntry(entry.seq, leaf, body)


def demand_disclosed(given: Disclosure, entry: ReadEntry | None) -> None:
    """Raise PackRefusedError unless the entry commits to the text laid open."""
    where = f"`{given.path}` of entry {given.seq}"
    committed = None if entry is None else commitments(entry.told).get(given.path)
    if committed is None:
        raise PackRefusedError("P8", f"A text is laid open for {where}, which commits to none.")
    digest = urlsafe_b64encode(sha256(given.text.encode("utf-8", "surrogatepass")).digest())
    if digest.decode().rstrip("=") != committed or _path_in(given.text) != given.path:
        raise PackRefusedError("P8", f"The text laid open for {where} is not the one that was recorded.")


def commitments(told: Mapping[str, Any], path: str = "") -> dict[str, str]:
    """Return the commitments to erasable texts in an entry's data, by dotted path."""
    found: dict[str, str] = {}
    for key, each in told.items():
        if isinstance(each, Mapping):
            if set(each) == {"_sd"}:
                found[f"{path}{key}"] = str(each["_sd"])
            else:
                found |= commitments(each, f"{path}{key}.")
    return found


def _path_in(disclosure: str) -> object:
    try:
        found = json.loads(disclosure)
    except (ValueError, RecursionError):
        return None
    return found[1] if isinstance(found, list) and len(found) == 3 else None


def _canonical(body: Mapping[str, Any]) -> str:
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
