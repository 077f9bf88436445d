"""A proof pack: what the audit trail holds of one change, with everything a stranger needs to check it."""

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.domain.commitments import laid_open
from bot.domain.errors import NotAPackError, NoteError, PackRefusedError, ProofError
from bot.domain.note_text import canonical_base64
from bot.domain.strict_json import objects, only, strict_object, taken

PACK_FORMAT = "countersign.proofpack/v1"
_BUNDLE = ("checkpoint", "entries", "disclosures", "consistency")


@dataclass(frozen=True)
class PackEntry:
    """One entry: its number in the log, its canonical body, and its audit path, nearest sibling first."""

    seq: int
    body: str
    path: tuple[bytes, ...]


@dataclass(frozen=True)
class Disclosure:
    """A text that an entry only commits to: which entry, where in it, and `[salt, path, text]` as it was hashed."""

    seq: int
    path: str
    text: str


@dataclass(frozen=True)
class Consistency:
    """That the log of an older signed note is a prefix of the bundle's."""

    note: str
    proof: tuple[bytes, ...]


@dataclass(frozen=True)
class Bundle:
    """What lies in one shard: the signed checkpoint, the entries proved against it, and texts laid open."""

    checkpoint: str
    entries: tuple[PackEntry, ...]
    disclosures: tuple[Disclosure, ...] = ()
    consistency: Consistency | None = None

    def told(self) -> list[dict[str, Any]]:
        """Return what the entries say, with the texts laid open in their places; nothing of it is verified."""
        texts: dict[int, dict[str, str]] = {}
        for each in self.disclosures:
            texts.setdefault(each.seq, {})[each.path] = str(json.loads(each.text)[2])
        return [laid_open(json.loads(each.body), texts.get(each.seq, {})) for each in self.entries]

    def as_json(self) -> dict[str, Any]:
        """Return the bundle as a pack holds it."""
        since = self.consistency
        return {
            "checkpoint": self.checkpoint,
            "entries": [
                {"seq": each.seq, "body": each.body, "proof": _written(each.path)} for each in self.entries
            ],
            "disclosures": [
                {"seq": each.seq, "path": each.path, "disclosure": each.text} for each in self.disclosures
            ],
            "consistency": since and {"from": since.note, "proof": _written(since.proof)},
        }


@dataclass(frozen=True)
class PackAnchor:
    """A checkpoint that was published outside the log: what kind of place, where in it, and the signed note."""

    kind: str
    ref: str
    note: str


@dataclass(frozen=True)
class ProofPack:
    """A change's bundles, oldest shard first; `ended` is the type of the entry that ended it, empty while open.

    In the file the last bundle's keys stand at the top, and those of older shards in `earlier`.
    """

    change: str
    ended: str
    bundles: tuple[Bundle, ...]
    anchors: tuple[PackAnchor, ...] = ()
    vkeys: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the pack as its file holds it; `vkey_hint` proves nothing and is not looked at."""
        return {
            "format": PACK_FORMAT,
            "change": self.change,
            "ended": self.ended,
            **self.bundles[-1].as_json(),
            "earlier": [each.as_json() for each in self.bundles[:-1]],
            "anchors": [{"kind": each.kind, "ref": each.ref, "note": each.note} for each in self.anchors],
            "vkey_hint": list(self.vkeys),
        }


def parse_pack(text: str) -> ProofPack:
    """Return the pack in a file's text; nothing of it is verified yet.

    Raises:
        NotAPackError: it is JSON of another format.
        PackRefusedError: it is not strict JSON, or not as this format has it.
    """
    _demand_format(text)
    try:
        found = strict_object(text)
        only(found, "format", "change", "ended", "earlier", "anchors", "vkey_hint", *_BUNDLE)
        earlier = objects(found, "earlier")
        for each in earlier:
            only(each, *_BUNDLE)
        return ProofPack(
            taken(found, "change", str),
            taken(found, "ended", str),
            tuple(_bundle(each) for each in (*earlier, found)),
            tuple(_anchor(each) for each in objects(found, "anchors")),
        )
    except (ProofError, NoteError) as error:
        raise PackRefusedError("P1", f"The file cannot be read as a proof pack: {error}.") from error


def _demand_format(text: str) -> None:
    """Refuse JSON that does not say it is a proof pack, however it is written; what is no JSON is not judged here."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return
    named = found.get("format") if isinstance(found, dict) else None
    if named != PACK_FORMAT:
        says = f"its `format` is {named[:60]!r}" if isinstance(named, str) else "it names no `format`"
        raise NotAPackError(f"The file is no proof pack: {says}, and that of a pack is {PACK_FORMAT!r}.")


def _bundle(found: Mapping[str, Any]) -> Bundle:
    since = found.get("consistency")
    return Bundle(
        taken(found, "checkpoint", str),
        tuple(_entry(each) for each in objects(found, "entries")),
        tuple(_disclosure(each) for each in objects(found, "disclosures")),
        None if since is None else _consistency(taken(found, "consistency", dict)),
    )


def _entry(found: Mapping[str, Any]) -> PackEntry:
    only(found, "seq", "body", "proof")
    return PackEntry(taken(found, "seq", int), taken(found, "body", str), _hashes(found))


def _disclosure(found: Mapping[str, Any]) -> Disclosure:
    only(found, "seq", "path", "disclosure")
    return Disclosure(taken(found, "seq", int), taken(found, "path", str), taken(found, "disclosure", str))


def _consistency(found: Mapping[str, Any]) -> Consistency:
    only(found, "from", "proof")
    return Consistency(taken(found, "from", str), _hashes(found))


def _anchor(found: Mapping[str, Any]) -> PackAnchor:
    only(found, "kind", "ref", "note")
    return PackAnchor(taken(found, "kind", str), taken(found, "ref", str), taken(found, "note", str))


def _hashes(found: Mapping[str, Any]) -> tuple[bytes, ...]:
    written = taken(found, "proof", list)
    if any(not isinstance(each, str) for each in written):
        raise ProofError("`proof` holds something that is no text")
    return tuple(canonical_base64(each) for each in written)


def _written(hashes: Sequence[bytes]) -> list[str]:
    return [b64encode(each).decode() for each in hashes]
