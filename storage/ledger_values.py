"""The value domain of entries: what may stand in a body, and the body itself as canonical JSON."""

import re
import unicodedata
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from secrets import token_bytes
from typing import Any, cast

from bot.domain.commitments import ACTOR, IDENTIFIERS
from bot.domain.entry import NewEntry, is_ulid
from bot.domain.errors import AuditRefusedError
from bot.domain.json import Json, canonical

MAX_BODY_BYTES = 65_535
MAX_DEPTH = 12
MAX_INTEGER = 2**53 - 1
ORIGIN_PREV = "0" * 64
_PERSONS = ("slack_user", "operator")
_KEY = re.compile(r"[a-z0-9_]+")
_TYPE = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)+")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_LINKS = frozenset({"prev", "_sd"})
_SUBJECT_LINKS = frozenset({"n", "req"})

Plain = dict[str, Json]


@dataclass(frozen=True)
class Prepared:
    """A validated entry, before it has a place: its parts in plain JSON, and what is disclosed apart."""

    id: str
    type: str
    parts: Plain
    disclosures: Sequence["Disclosed"]

    @property
    def change(self) -> str:
        """Return the change the entry is about, empty where there is none."""
        subject = self.parts["subject"]
        change = subject.get("change", "") if isinstance(subject, dict) else ""
        return change if isinstance(change, str) else ""


@dataclass(frozen=True)
class Disclosed:
    """A text that an entry only commits to: where, as it is hashed, and the person it is about."""

    path: str
    disclosure: str
    person: str


@dataclass(frozen=True)
class Place:
    """Where an entry goes: its log, number and links."""

    log: str
    seq: int
    prev: str
    subject_n: int
    subject_prev: str


def prepared(entry: NewEntry, *, commits_people: bool = False) -> Prepared:
    """Return the entry validated and in plain JSON, personal text replaced by commitments; `commits_people`: ids too.

    Raises:
        AuditRefusedError: the entry holds something that no body may hold.
    """
    if not is_ulid(entry.id):
        raise _refused("its id is not a ULID")
    if not _TYPE.fullmatch(entry.type):
        raise _refused("its type is not of the form noun.verb")
    parts: Plain = {
        "actor": _object(entry.actor),
        "subject": _object(entry.subject),
        "data": _object(entry.data),
        "evidence": [_object(each) for each in entry.evidence],
        "req": _object(entry.req),
    }
    subject = parts["subject"]
    if isinstance(subject, dict) and _SUBJECT_LINKS & subject.keys():
        raise _refused("its subject holds a key that the trail fills itself")
    who, disclosures = str(entry.actor.get("id", "")), []
    for path, value in entry.disclosures.items():
        commitment, disclosure = _commitment(path, value)
        _put(parts["data"], path.split("."), commitment)
        disclosures.append(Disclosed(path, disclosure, who))
    if commits_people:
        disclosures += _without_people(parts, entry.people, who)
    return Prepared(entry.id, entry.type, parts, disclosures)


def _without_people(parts: Plain, people: Iterable[str], who: str) -> Iterator[Disclosed]:
    """Put commitments in the places of the actor's ids, a person's, and of those in the keys of `data` named."""
    actor, told = parts["actor"], parts["data"]
    if isinstance(actor, dict) and actor.get("kind") in _PERSONS:
        yield from _committed(actor, IDENTIFIERS, ACTOR, who)
    if isinstance(told, dict):
        for name in sorted(people):
            found = told.get(name)
            if isinstance(found, list):
                yield from _committed(found, range(len(found)), f"{name}.", "")
            else:
                yield from _committed(told, (name,), "", "")


def _committed(holder: Any, keys: Iterable[Any], before: str, person: str) -> Iterator[Disclosed]:
    """Replace ids by commitments; each is about `person`, or where that is empty about whom it names."""
    for key in keys:
        value = holder[key] if isinstance(holder, list) else holder.get(key)
        if isinstance(value, str) and value:
            path = f"{before}{key}"
            holder[key], disclosure = _commitment(path, value)
            yield Disclosed(path, disclosure, person or value)


def body_of(entry: Prepared, place: Place, *, now: datetime, bot: Mapping[str, str]) -> str:
    """Return the canonical JSON body of an entry at its place.

    Raises:
        AuditRefusedError: the body is larger than 65 535 bytes.
    """
    parts = dict(entry.parts)
    subject = parts["subject"]
    if isinstance(subject, dict) and entry.change:
        parts["subject"] = {**subject, "n": place.subject_n, "prev": place.subject_prev}
    body = canonical(
        {
            **parts,
            "v": 1,
            "log": place.log,
            "seq": place.seq,
            "prev": place.prev,
            "id": entry.id,
            "type": entry.type,
            "ts": timestamp(now),
            "bot": dict(bot),
        }
    )
    if len(body) > MAX_BODY_BYTES:
        raise _refused(f"its body has {len(body)} bytes, {MAX_BODY_BYTES} are the limit")
    return body.decode()


def timestamp(now: datetime) -> str:
    """Return the time in UTC with microseconds: `2026-11-22T09:12:03.123456Z`."""
    if now.tzinfo is None:
        raise _refused("its time has no time zone")
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def plain(value: object, depth: int = 1) -> Json:
    """Return the value as the JSON that will be stored: NFC strings, lists, no floats.

    Raises:
        AuditRefusedError: the value is outside the domain.
    """
    match value:
        case None | bool():
            return value
        case int():
            return _integer(value)
        case str():
            return _string(value)
        case Mapping():
            return _object(value, depth)
        case Sequence() if not isinstance(value, (bytes, bytearray)):
            _demand_depth(depth)
            return [plain(each, depth + 1) for each in value]
    raise _refused(f"it holds a value of type {type(value).__name__}")


def _object(value: Mapping[str, Json], depth: int = 1) -> Plain:
    _demand_depth(depth)
    made: Plain = {}
    for key, each in cast("Mapping[object, Json]", value).items():
        if not isinstance(key, str) or not _KEY.fullmatch(key):
            raise _refused("it holds a key that is not made of a-z, 0-9 and _")
        if key in _LINKS:
            raise _refused(f"it holds the key {key}, which the trail fills itself")
        made[str.__str__(key)] = plain(each, depth + 1)
    return made


def _integer(value: int) -> int:
    if abs(value) > MAX_INTEGER:
        raise _refused("it holds an integer beyond 2^53 - 1")
    return int(value)


def _string(value: str) -> str:
    return unicodedata.normalize("NFC", _UNSTORABLE.sub("\ufffd", str.__str__(value)))


def _demand_depth(depth: int) -> None:
    if depth >= MAX_DEPTH:
        raise _refused(f"it is nested deeper than {MAX_DEPTH} levels")


def _commitment(path: str, value: str) -> tuple[Plain, str]:
    salt = urlsafe_b64encode(token_bytes(16)).decode().rstrip("=")
    disclosure = canonical([salt, path, _string(value)])
    return {"_sd": commitment_of(disclosure)}, disclosure.decode()


def commitment_of(disclosure: bytes) -> str:
    """Return the commitment to a disclosure: SHA-256 in base64url without padding."""
    return urlsafe_b64encode(sha256(disclosure).digest()).decode().rstrip("=")


def _put(data: Json, path: Sequence[str], value: Json) -> None:
    for key in path[:-1]:
        data = data.setdefault(key, {}) if isinstance(data, dict) else None
    if not isinstance(data, dict) or not all(_KEY.fullmatch(key) for key in path):
        raise _refused(f"there is no place for a disclosure at {'.'.join(path)}")
    data[path[-1]] = value


def _refused(why: str) -> AuditRefusedError:
    return AuditRefusedError(
        f"The audit trail does not take this entry: {why}.",
        advice="Nothing was done. This is a defect of Countersign; please report it.",
    )
