"""What is handed to the audit trail, and what it hands back."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from secrets import randbits
from typing import Any

from bot.domain.commitments import laid_open
from bot.domain.json import Json

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")


@dataclass(frozen=True, kw_only=True)
class NewEntry:
    """An entry to be appended; the trail adds its place, its time, its links and its writer.

    `id` is a ULID chosen (and stored) before the append: appending it twice gives one entry.
    `subject` names the change (`change`) and the resource (`resource`), where there are any.
    `disclosures` maps a dotted path inside `data` to personal or free text: the entry holds only a
    salted commitment there, and the text is kept where it can be erased. `people` names the keys of `data` that
    hold ids of people, one or a list: like the actor's, they are in clear unless the trail commits to ids too.
    """

    id: str
    type: str
    actor: Mapping[str, Json]
    subject: Mapping[str, Json] = field(default_factory=dict)
    data: Mapping[str, Json] = field(default_factory=dict)
    evidence: Sequence[Mapping[str, Json]] = ()
    req: Mapping[str, Json] = field(default_factory=dict)
    disclosures: Mapping[str, str] = field(default_factory=dict)
    people: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Receipt:
    """Where an entry is: its place in the log and its leaf hash in hex."""

    seq: int
    leaf_hash: str
    id: str


@dataclass(frozen=True)
class EntryProof:
    """That an entry is in the trail: its body, its audit path (hex, nearest sibling first) and the signed head.

    `texts`: what the entry only commits to, by path, where it was not erased; no part of the proof.
    """

    seq: int
    body: str
    path: tuple[str, ...]
    checkpoint: str
    texts: Mapping[str, str] = field(default_factory=dict)

    @property
    def told(self) -> dict[str, Any]:
        """Return the body with the texts in their places."""
        return laid_open(json.loads(self.body), self.texts)

    def as_json(self) -> dict[str, Json]:
        """Return the proof as packs hold it."""
        return {"seq": self.seq, "body": self.body, "path": list(self.path), "checkpoint": self.checkpoint}


def new_ulid(now: datetime) -> str:
    """Return a new ULID: 48 bits of milliseconds, 80 random bits, 26 characters."""
    number = (int(now.timestamp() * 1000) << 80) | randbits(80)
    return "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))


def time_of_ulid(text: str) -> datetime:
    """Return the time a ULID was made at, to the millisecond."""
    number = 0
    for char in text[:10]:
        number = number << 5 | _CROCKFORD.index(char)
    return datetime.fromtimestamp(number / 1000, UTC)


def is_ulid(text: str) -> bool:
    """Return whether the text is a well-formed ULID."""
    return _ULID.fullmatch(text) is not None
