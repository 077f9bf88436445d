"""Anchors: where the trail is published outside the database, how old what they lack is, and what that forbids."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.errors import NoteError
from bot.domain.note_text import Checkpoint, parse_note

KINDS = ("file", "slack", "azure_blob", "witness")
OWN_ENTRIES = ("checkpoint.anchored", "anchor.failed")  # they alone are no reason to anchor again
RETRY = timedelta(minutes=5)
NOT_ANCHORED = "No anchor is configured: an older copy of the database in its place would not be noticed."
_AGAINST = ("A2", "A3")  # the log was rolled back, or rewritten


@dataclass(frozen=True)
class AnchorPlace:
    """One configured anchor: a path, a channel or an address; `vkey` is a witness's public key.

    Or a second key that signs what is anchored: its file or its address in a vault, and its public half.
    """

    kind: str
    place: str
    vkey: str = ""


@dataclass(frozen=True)
class AnchorPolicy:
    """Where to anchor, how often, which keys sign what is anchored, and how long an entry may wait for it."""

    places: tuple[AnchorPlace, ...] = ()
    cosigners: tuple[AnchorPlace, ...] = ()
    every: timedelta = timedelta(minutes=15)
    every_entries: int = 256
    max_age: timedelta = timedelta(minutes=60)

    @property
    def kinds(self) -> tuple[str, ...]:
        """Return the kinds that are configured."""
        return tuple(each.kind for each in self.places)

    @property
    def vkeys(self) -> tuple[str, ...]:
        """Return the public keys that cosignatures are verified with: of witnesses, and of our own second keys."""
        return tuple(each.vkey for each in (*self.places, *self.cosigners) if each.vkey)


@dataclass(frozen=True)
class AnchorState:
    """What one kind of anchor holds of the newest shard, as the rows say.

    `size`, `ref`, `anchored_at`: its newest anchor. `waiting_since`: the time of the oldest entry it lacks, the
    anchors' own aside; None when it lacks none. `failed_at`, `why`, `finding`: how it last failed since then.
    """

    kind: str
    log_size: int
    size: int = 0
    ref: str = ""
    anchored_at: datetime | None = None
    waiting_since: datetime | None = None
    failed_at: datetime | None = None
    why: str = ""
    finding: str = ""

    def age(self, now: datetime) -> timedelta:
        """Return for how long the oldest entry has waited to be anchored."""
        return timedelta(0) if self.waiting_since is None else max(now - self.waiting_since, timedelta(0))


def is_due(state: AnchorState, policy: AnchorPolicy, now: datetime) -> bool:
    """Return whether a kind is to be anchored now: by time or by entries, and not just after a failure."""
    if state.waiting_since is None or (state.failed_at is not None and now - state.failed_at < RETRY):
        return False
    by_time = state.anchored_at is None or now - state.anchored_at >= policy.every
    return by_time or state.log_size - state.size >= policy.every_entries


def overdue(states: Sequence[AnchorState], policy: AnchorPolicy, now: datetime) -> tuple[AnchorState, ...]:
    """Return the anchors that lack an entry for longer than is allowed."""
    return tuple(each for each in states if each.age(now) > policy.max_age)


def contradicted(states: Sequence[AnchorState]) -> tuple[AnchorState, ...]:
    """Return the anchors that hold something else than this log: proof that it was rolled back or rewritten."""
    return tuple(each for each in states if each.finding in _AGAINST)


def overdue_words(late: Sequence[AnchorState], policy: AnchorPolicy, now: datetime) -> str:
    """Return why nothing is applied and what to do, for a person."""
    parts = []
    for each in late:
        minutes = int(each.age(now).total_seconds() // 60)
        why = f" ({each.why})" if each.why else ""
        parts.append(f"{each.kind} lacks entries {minutes} min old{why}")
    allowed = int(policy.max_age.total_seconds() // 60)
    return (
        f"the audit trail is not anchored: {'; '.join(parts)}; {allowed} min are allowed. "
        "Mend the anchor and run `countersign audit anchor`, then press Apply again."
    )


def anchor_words(states: Sequence[AnchorState], policy: AnchorPolicy, now: datetime) -> str:
    """Return in one sentence how far the trail is anchored, for whoever looks."""
    if not policy.places:
        return NOT_ANCHORED
    against, late = contradicted(states), overdue(states, policy, now)
    if against:
        return contradicted_words(against)
    if late:
        return f"Nothing is applied: {overdue_words(late, policy, now)}"
    signed = [each.vkey.partition("+")[0] for each in policy.cosigners]
    return f"It is anchored ({', '.join(policy.kinds)})." + (
        f" What is anchored is signed by {' and '.join(signed)}, too." if signed else ""
    )


def contradicted_words(states: Sequence[AnchorState]) -> str:
    """Return that every change is stopped, and why, for a person."""
    parts = "; ".join(f"{each.kind}: {each.why}" for each in states)
    return f"An anchor proves that this audit trail was rolled back or rewritten ({parts})."


def anchor_line(note: str, at: datetime) -> str:
    """Return a checkpoint as one line of an append-only file or blob."""
    return json.dumps({"at": at.isoformat(), "note": note}, ensure_ascii=False) + "\n"


@dataclass(frozen=True)
class Lines:
    """What such a file holds of one log: the note of the largest size; `unreadable`: a line after it is spoilt.

    `is_anchor`: some line holds a checkpoint, of whichever log.
    """

    note: str = ""
    size: int = 0
    unreadable: bool = False
    is_anchor: bool = False


def newest_line(text: str, origin: str) -> Lines:
    """Return the newest checkpoint of a log among whole lines; a last line without its end does not count."""
    best, spoilt_after, is_anchor = Lines(), False, False
    for line in text.split("\n")[:-1]:
        note = note_in(line)
        checkpoint = checkpoint_in(note)
        is_anchor = is_anchor or checkpoint is not None
        if checkpoint is None:
            spoilt_after = spoilt_after or bool(line.strip())
        elif checkpoint.origin == origin and checkpoint.size >= best.size:
            best, spoilt_after = Lines(note, checkpoint.size), False
    return Lines(best.note, best.size, spoilt_after, is_anchor)


def checkpoint_in(note: str) -> Checkpoint | None:
    """Return what a note says, its signatures not verified; None when it is no checkpoint."""
    try:
        return Checkpoint.parse(parse_note(note)[0])
    except NoteError:
        return None


def note_in(line: str) -> str:
    """Return the note in an anchor's line; nothing when there is none."""
    try:
        found = json.loads(line)
    except ValueError:
        return ""
    note = found.get("note") if isinstance(found, dict) else None
    return note if isinstance(note, str) else ""
