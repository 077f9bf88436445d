"""One entry of a pack as it is read: its body parsed without doubt, its leaf, and the texts it commits to."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from bot.domain.commitments import commitments, laid_open
from bot.domain.errors import PackRefusedError, ProofError
from bot.domain.merkle import leaf_hash
from bot.domain.proof_pack import Disclosure, PackEntry
from bot.domain.strict_json import strict_object, taken


@dataclass(frozen=True)
class ReadEntry:
    """What an entry says, and its leaf hash in hex; `texts` are laid open and are what it commits to, by path.

    Who somebody is may be a commitment as well: an id that is withheld reads as an empty one.
    """

    seq: int
    leaf: str
    body: Mapping[str, Any]
    texts: Mapping[str, str] = field(default_factory=dict)

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
        """Return the account that did it, empty where it is withheld."""
        return str(self._open["actor"].get("id", ""))

    @property
    def who(self) -> str:
        """Return the account that did it, in words."""
        return self.person or "somebody whose id is withheld"

    @property
    def entra(self) -> str:
        """Return the Entra object id of who did it, in small letters, empty where it is not recorded or withheld."""
        return str(self._open["actor"].get("entra_oid", "")).lower()

    @property
    def is_named(self) -> bool:
        """Return whether everything that tells this person from others is in clear or laid open."""
        kept = {path for path in commitments({"actor": self.body["actor"]}) if path != "/actor.team"}
        return kept <= self.texts.keys()

    @property
    def told(self) -> Mapping[str, Any]:
        """Return what is particular to its type, with the texts laid open in their places and "" for the others."""
        found: Mapping[str, Any] = self._open["data"]
        return found

    @property
    def _open(self) -> Mapping[str, Any]:
        return laid_open(self.body, self.texts, missing="")


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
    committed = None if entry is None else commitments(entry.body).get(given.path)
    if committed is None:
        raise PackRefusedError("P8", f"A text is laid open for {where}, which commits to none.")
    if _text_of(given, committed) is None:
        raise PackRefusedError("P8", f"The text laid open for {where} is not the one that was recorded.")


def with_texts(entry: ReadEntry, given: Sequence[Disclosure]) -> ReadEntry:
    """Return an entry with those texts of a pack that it commits to; others are for `demand_disclosed`."""
    committed, texts = commitments(entry.body), dict[str, str]()
    for each in given:
        text = _text_of(each, committed.get(each.path)) if each.seq == entry.seq else None
        if text is not None:
            texts[each.path] = text
    return replace(entry, texts=texts)


def _text_of(given: Disclosure, committed: str | None) -> str | None:
    """Return the text in a disclosure, None unless it is what was committed to at this path."""
    digest = urlsafe_b64encode(sha256(given.text.encode("utf-8", "surrogatepass")).digest())
    try:
        found = json.loads(given.text)
    except (ValueError, RecursionError):
        return None
    fits = isinstance(found, list) and len(found) == 3 and found[1] == given.path
    return str(found[2]) if fits and digest.decode().rstrip("=") == committed else None


def _canonical(body: Mapping[str, Any]) -> str:
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
