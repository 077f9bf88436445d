"""Checking a proof pack, step by step, with nothing but the pack and the keys one trusts."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import gmtime, strftime

from bot.domain.commitments import commitments
from bot.domain.errors import NotAPackError, NoteError, PackRefusedError, ProofError
from bot.domain.merkle import verify_consistency, verify_inclusion
from bot.domain.note_open import Known, open_checkpoint, open_note
from bot.domain.note_text import Checkpoint, Signature
from bot.domain.proof_entry import ReadEntry, demand_disclosed, read_entry, with_texts
from bot.domain.proof_pack import Bundle, ProofPack, parse_pack
from bot.domain.proof_rules import demand_rules, hidden_people, how_it_ended
from bot.domain.proof_words import Verdict, not_proved, who_is_who

_FIRST = "0" * 64
_WRONG_FILE = (
    "A wrong file disproves nothing. Next: give the pack itself, such as proofs/CHG-1.json of a review or "
    "of a period, or a .tlog-proof."
)
_YEAR_9999 = 253_402_300_799


@dataclass(frozen=True)
class _Shard:
    """A bundle whose checkpoint is signed: its head, an older head that it extends, and its entries."""

    head: Checkpoint
    older: Checkpoint | None
    entries: tuple[ReadEntry, ...]


def check_pack(text: str, keys: Sequence[Known]) -> Verdict:
    """Return whether a pack proves what it says, and what that is, in words.

    In this order: strict JSON (P1), signatures (P2), inclusion (P3), the change's own chain (P4), its end (P5), who
    approved what (P6), anchors (P7), texts laid open (P8). The first step that fails is the answer. A file of another
    format is none to judge (U3).
    """
    try:
        return _check(parse_pack(text), keys)
    except NotAPackError as other:
        return Verdict(exit=2, code="U3", message=f"{other} {_WRONG_FILE}")
    except PackRefusedError as refused:
        return Verdict(exit=1, code=refused.code, message=str(refused))


def _check(pack: ProofPack, keys: Sequence[Known]) -> Verdict:
    shards = [_shard(bundle, pack.change, keys) for bundle in pack.bundles]
    if len({each.head.origin for each in shards}) != len(shards):
        raise PackRefusedError("P2", "Two checkpoints of the pack are of one log.")
    entries = [entry for shard in shards for entry in shard.entries]
    _demand_chain(entries, pack.change)
    ended = how_it_ended(entries)
    if ended != pack.ended:
        says = f"ended with {pack.ended}" if pack.ended else "is open"
        raise PackRefusedError("P5", f"The pack says that {pack.change} {says}, and its entries do not.")
    rules = demand_rules(entries)
    anchored = _demand_anchors(pack, shards, keys)
    texts = _demand_disclosures(pack, shards)
    others, strangers = _cosigned(pack, keys)
    head = shards[-1].head
    return Verdict(
        exit=0,
        change=pack.change,
        origin=head.origin,
        size=head.size,
        root=b64encode(head.root).decode(),
        ended=ended,
        proved=(
            *_included(pack.change, shards, entries),
            *rules,
            *_end(entries, ended),
            *anchored,
            *others,
            texts,
        ),
        unproved=(
            *who_is_who(hidden_people(entries)),
            *not_proved(pack.change, ended, entries[-1], anchored=bool(anchored)),
            *strangers,
        ),
    )


def _shard(bundle: Bundle, change: str, keys: Sequence[Known]) -> _Shard:
    head = _opened(bundle.checkpoint, keys, "checkpoint", "P2")
    entries = tuple(
        with_texts(read_entry(each, change, head.origin), bundle.disclosures) for each in bundle.entries
    )
    for each, read in zip(bundle.entries, entries, strict=True):
        leaf = bytes.fromhex(read.leaf)
        try:
            verify_inclusion(index=each.seq, size=head.size, leaf=leaf, proof=each.path, root=head.root)
        except ProofError as error:
            raise PackRefusedError("P3", f"Entry {each.seq} is not in the signed log: {error}.") from error
    since = bundle.consistency
    if since is None:
        return _Shard(head, None, entries)
    older = _opened(since.note, keys, "older checkpoint", "P7")
    if older.origin != head.origin:
        raise PackRefusedError("P7", f"The older checkpoint is of another log, {older.origin}.")
    _demand_prefix(older, head, since.proof)
    return _Shard(head, older, entries)


def _opened(note: str, keys: Sequence[Known], what: str, code: str) -> Checkpoint:
    try:
        return open_checkpoint(note, keys)
    except NoteError as error:
        raise PackRefusedError(code, f"The {what} is not signed by a key you trust: {error}.") from error


def _demand_prefix(older: Checkpoint, head: Checkpoint, proof: Sequence[bytes]) -> None:
    try:
        verify_consistency(
            old=older.size, new=head.size, old_root=older.root, new_root=head.root, proof=proof
        )
    except ProofError as error:
        what = f"The log of size {older.size} is no prefix of the one of size {head.size}"
        raise PackRefusedError("P7", f"{what}: {error}.") from error


def _demand_chain(entries: Sequence[ReadEntry], change: str) -> None:
    """Refuse a pack that leaves out, adds or moves an entry of the change."""
    prev = _FIRST
    for n, entry in enumerate(entries):
        if entry.n != n:
            raise PackRefusedError(
                "P4", f"Number {n} of {change}'s entries is missing: entry {entry.seq} is number {entry.n}."
            )
        if entry.body["subject"]["prev"] != prev:
            raise PackRefusedError("P4", f"Entry {entry.seq} does not follow the one before it in {change}.")
        prev = entry.leaf
    if not entries:
        raise PackRefusedError("P4", f"The pack holds no entry of {change}.")


def _demand_anchors(pack: ProofPack, shards: Sequence[_Shard], keys: Sequence[Known]) -> list[str]:
    """Return which entries an anchor covers; refuse an anchor of another log, or one nothing ties to this one."""
    said = []
    for anchor in pack.anchors:
        published = _opened(anchor.note, keys, f"anchor {anchor.kind} {anchor.ref}", "P7")
        shard = next((each for each in shards if each.head.origin == published.origin), None)
        if shard is None or published not in (shard.head, shard.older):
            raise PackRefusedError("P7", f"Nothing ties the anchor {anchor.kind} {anchor.ref} to this log.")
        covered = [each for each in shard.entries if each.seq < published.size]
        said.append(
            f"{len(covered)} of the {len(shard.entries)} entries in {published.origin} are older than the "
            f"checkpoint of size {published.size} that the pack says was published as {anchor.kind} {anchor.ref}."
        )
    return said


def _cosigned(pack: ProofPack, keys: Sequence[Known]) -> tuple[list[str], list[str]]:
    """Return which keys beside the log's own signed a checkpoint, and which signatures nobody checked here."""
    said, unchecked = [], []
    for bundle in pack.bundles:
        notes = [bundle.checkpoint] + ([bundle.consistency.note] if bundle.consistency else [])
        for opened in (open_note(note, keys) for note in notes):
            head = Checkpoint.parse(opened.text)
            said += [
                f"The checkpoint of size {head.size} of {head.origin} is signed by {each.name}, too"
                f"{_when(each, keys)}."
                for each in opened.verified
                if each.name != head.origin
            ]
            unchecked += [each.name for each in opened.unverified if each.name != head.origin]
    names = ", ".join(dict.fromkeys(unchecked))
    return said, [f"That {names} signed, too: not checked here; it needs their keys."] if names else []


def _when(signature: Signature, keys: Sequence[Known]) -> str:
    for key in keys:
        seconds = key.signed_at(signature.signature)
        if (key.name, key.key_id) == (signature.name, signature.key_id) and seconds is not None:
            return strftime(", which says it was %Y-%m-%d %H:%M:%S UTC", gmtime(min(seconds, _YEAR_9999)))
    return ""


def _demand_disclosures(pack: ProofPack, shards: Sequence[_Shard]) -> str:
    """Return how many texts are laid open and how many withheld; refuse one that is not what was recorded."""
    laid_open, all_of_them = 0, 0
    for bundle, shard in zip(pack.bundles, shards, strict=True):
        by_seq: Mapping[int, ReadEntry] = {each.seq: each for each in shard.entries}
        for given in bundle.disclosures:
            demand_disclosed(given, by_seq.get(given.seq))
        places = {(each.seq, each.path) for each in bundle.disclosures}
        if len(places) != len(bundle.disclosures):
            raise PackRefusedError("P8", "One text is laid open twice.")
        laid_open += len(places)
        all_of_them += sum(len(commitments(each.body)) for each in shard.entries)
    withheld = all_of_them - laid_open
    return f"{laid_open} texts in people's own words are the recorded ones; {withheld} are withheld."


def _included(change: str, shards: Sequence[_Shard], entries: Sequence[ReadEntry]) -> list[str]:
    numbers = f"numbers 0 to {len(entries) - 1} without a gap"
    return [
        f"The log holds {len(entries)} entries of {change}, {numbers}.",
        *(f"{len(each.entries)} are in {each.head.origin}, size {each.head.size}." for each in shards),
    ]


def _end(entries: Sequence[ReadEntry], ended: str) -> list[str]:
    last = [each for each in entries if each.type == ended]
    return (
        [f"It ended with {ended} by {last[-1].who} at {last[-1].at} (entry {last[-1].seq})."] if last else []
    )
