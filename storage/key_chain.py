"""Which key signs which sizes of which shard, as the log itself says, and which of them the given keys vouch for.

The keys given are the only roots of trust. A rotation is followed where both keys signed it, a seal where the sealed
shard names the next one's key; a shard vouches for the one before it by embedding its last checkpoint.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from bot.domain.errors import NoteError
from bot.domain.note import Checkpoint, Verifier, open_note
from storage.audit_reader import AuditReader, raw_bytes

GENESIS = ("log.opened", "log.restored")
_STATEMENTS = (
    "SELECT shard, seq, body FROM {}audit_entry WHERE type IN"
    " ('log.opened', 'log.restored', 'log.sealed', 'key.rotated', 'key.revoked') ORDER BY shard, seq"
)


@dataclass(frozen=True)
class KeyRange:
    """A key, and the first and the last size of its shard that it signs; None where it still signs."""

    verifier: Verifier
    low: int = 0
    high: int | None = None
    revoked: bool = False

    def covers(self, size: int) -> bool:
        """Return whether the key may sign the log of this size."""
        return self.low <= size and (self.high is None or size <= self.high)


@dataclass(frozen=True)
class Fault:
    """What is wrong with a key, and the entry that says so."""

    code: str
    shard: int
    seq: int
    detail: str


@dataclass
class ShardKeys:
    """One shard's keys in the order of their use, and what its first and last entries say."""

    shard: int
    origin: str = ""
    genesis: Mapping[str, Any] = field(default_factory=dict)
    sealed: Mapping[str, Any] = field(default_factory=dict)
    head: tuple[int, str] = (0, "")
    keys: list[KeyRange] = field(default_factory=list)
    trusted: bool = False

    def fault_at(self, size: int, signed: frozenset[bytes]) -> str:
        """Return the code for a checkpoint whose signers, all known, may not sign this size; nothing when one may."""
        if not self.keys or not signed or any(self._may(each, size) for each in signed):
            return ""
        revoked = {each.verifier.key_id for each in self.keys if each.revoked}
        return "K3" if signed <= revoked else "K1"

    def _may(self, key_id: bytes, size: int) -> bool:
        return any(each.verifier.key_id == key_id and each.covers(size) for each in self.keys)


@dataclass
class KeyChain:
    """The keys of every shard, and the faults found in them."""

    given: Sequence[Verifier]
    shards: dict[int, ShardKeys]
    faults: list[Fault]

    @property
    def newest(self) -> ShardKeys | None:
        """Return the newest shard's keys, None for an empty trail or one that names none."""
        found = self.shards[max(self.shards)] if self.shards else None
        return found if found is not None and found.keys else None

    def lost(self) -> dict[str, int]:
        """Return up to which size entries of a log were lost, as trusted shards that were restored say."""
        said = [each.genesis.get("lost") for each in self.shards.values() if each.trusted]
        found = [each for each in said if isinstance(each, dict)]
        return {str(each.get("origin")): int(each.get("to_size", 0)) for each in found}

    def of(self, shard: int) -> ShardKeys:
        """Return a shard's keys; none where it names none."""
        return self.shards.get(shard, ShardKeys(shard))

    def trusted(self, shard: int) -> list[Verifier]:
        """Return whose signatures count in a shard: the keys given, and its own where these vouch for them."""
        found = self.of(shard)
        own = [each.verifier for each in found.keys] if found.trusted else []
        return list({each.vkey: each for each in [*self.given, *own]}.values())


def read_key_chain(reader: AuditReader, given: Sequence[Verifier]) -> KeyChain:
    """Return the keys as the log's entries name them; a walk along the shards proves those entries."""
    chain = KeyChain(given, {}, [])
    revocations = []
    for shard, seq, body in reader.rows(_STATEMENTS):
        document = _parsed(body)
        if document["type"] == "key.revoked":
            revocations.append((shard, seq, document["data"]))
        else:
            _take(chain, reader, shard, seq, document)
    for keys in chain.shards.values():
        keys.head = reader.head(keys.shard)
    _vouch(chain)
    for shard, seq, data in revocations:
        if chain.of(shard).trusted:
            _revoke(chain, shard, seq, data)
    return chain


def _parsed(body: str) -> dict[str, Any]:
    """Return what a body says of keys; nothing where it cannot be read, which the walk finds."""
    empty: dict[str, Any] = {"type": "", "data": {}, "log": ""}
    try:
        document = json.loads(raw_bytes(body))
    except ValueError:
        return empty
    whole = isinstance(document, dict) and isinstance(document.get("data"), dict)
    return {**empty, **document} if whole else empty


def _take(chain: KeyChain, reader: AuditReader, shard: int, seq: int, document: Mapping[str, Any]) -> None:
    keys = chain.shards.setdefault(shard, ShardKeys(shard))
    data = document["data"]
    if seq == 0 and document["type"] in GENESIS:
        keys.origin, keys.genesis = str(document["log"]), data
        verifier = _named(data, keys.origin)
        keys.keys = [] if verifier is None else [KeyRange(verifier)]
    elif document["type"] == "log.sealed":
        keys.sealed = data
    elif document["type"] == "key.rotated" and keys.keys:
        wrong = _rotate(keys, data, seq, reader.checkpoints(shard, seq, seq + 1).get(seq + 1, ""))
        if wrong:
            chain.faults.append(Fault("K2", shard, seq, wrong))


def _rotate(keys: ShardKeys, data: Mapping[str, Any], seq: int, note: str) -> str:
    """Let another key sign from this size on; return why not, where it may not."""
    size, old, new = seq + 1, keys.keys[-1], _named(data, keys.origin)
    if new is None or data.get("from_size") != size:
        return "it names no key of this log, or another size"
    try:
        opened = open_note(note, [old.verifier, new])
        signed = Checkpoint.parse(opened.text)
    except NoteError as error:
        return str(error)
    by = {each.key_id for each in opened.verified}
    if by != {old.verifier.key_id, new.key_id} or (signed.origin, signed.size) != (keys.origin, size):
        return f"the checkpoint of size {size} is not signed by both keys"
    keys.keys[-1:] = [replace(old, high=size), KeyRange(new, size)]
    return ""


def _named(data: Mapping[str, Any], origin: str) -> Verifier | None:
    try:
        verifier = Verifier.parse(str(data.get("vkey", "")))
    except NoteError:
        return None
    return verifier if verifier.name == origin else None


def _vouch(chain: KeyChain) -> None:
    """Say which shards the given keys vouch for: directly, onwards through seals, backwards through checkpoints."""
    given = {each.vkey for each in chain.given}
    row = [chain.shards[shard] for shard in sorted(chain.shards)]
    for keys in row:
        keys.trusted = any(each.verifier.vkey in given for each in keys.keys)
    for before, after in pairwise(row):
        after.trusted |= before.trusted and _follows(before, after) and _introduced(before, after)
    for after, before in pairwise(reversed(row)):
        before.trusted |= after.trusted and _follows(before, after)


def _follows(before: ShardKeys, after: ShardKeys) -> bool:
    return bool(before.head[1]) and after.genesis.get("previous_checkpoint") == before.head[1]


def _introduced(before: ShardKeys, after: ShardKeys) -> bool:
    vkey = after.keys[0].verifier.vkey if after.keys else ""
    return bool(vkey) and before.sealed.get("next_vkey") == vkey


def _revoke(chain: KeyChain, shard: int, seq: int, data: Mapping[str, Any]) -> None:
    """End a key where its revocation says, and find it used in the shard that revokes it or a later one."""
    vkey, size = data.get("vkey"), data.get("size")
    for keys in chain.shards.values():
        for at, each in enumerate(keys.keys):
            if each.verifier.vkey != vkey or not isinstance(size, int):
                continue
            keys.keys[at] = replace(
                each, high=size if each.high is None else min(size, each.high), revoked=True
            )
            if keys.shard >= shard:
                chain.faults.append(
                    Fault("K3", keys.shard, max(each.low - 1, 0), f"revoked at {shard}/{seq}")
                )
