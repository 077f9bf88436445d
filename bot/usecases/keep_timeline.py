"""Keep an incident's timeline: write an entry down once, and have its echo and the card posted."""

from datetime import datetime
from hashlib import sha256
from typing import Any

from bot.domain.errors import ConflictError, CountersignError, InvalidInputError
from bot.domain.incident import Incident, TimelineEntry
from bot.ports.archive import Transaction

LONGEST_WORDS = 3000
_TRIES = 3


async def write_down(entry: TimelineEntry, tx: Transaction) -> TimelineEntry | None:
    """Keep an entry under its key and leave the job that echoes it in the channel; None when it is kept already."""
    kept = await tx.add_to_timeline(entry)
    if kept is not None:
        await tx.enqueue("deliver", f"deliver:INC-{kept.incident}:entry:{kept.n}")
    return kept


async def change_now(number: int, tx: Transaction, **columns: Any) -> Incident:
    """Set columns of an incident as it stands at this moment, and leave the job that draws its card.

    Raises:
        ConflictError: others changed it again and again meanwhile.
    """
    for _ in range(_TRIES):
        kept = await tx.change_incident(await tx.incident(number), **columns)
        if kept is not None:
            await tx.enqueue("deliver", f"deliver:{kept.id}:card")
            return kept
    raise ConflictError(f"INC-{number} changed while you looked.", advice="Do it again.")


async def open_incident(number: int, tx: Transaction) -> Incident:
    """Return an incident that is open.

    Raises:
        NotFoundError: there is none of this number.
        CountersignError: it is resolved.
    """
    incident = await tx.incident(number)
    if not incident.is_open:
        raise CountersignError(
            f"{incident.id} is resolved already.",
            advice=f"It stays as it is; `incident declare … --follows {incident.id}` declares one after it.",
        )
    return incident


def checked_words(words: str, what: str) -> str:
    """Return words that may be kept; raise InvalidInputError when there are none, or too many."""
    if not words:
        raise InvalidInputError(f"A {what} needs words.", advice=f"Write `incident {what} …`.")
    if len(words) > LONGEST_WORDS:
        raise InvalidInputError(
            f"That has {len(words)} characters.", advice=f"Keep it under {LONGEST_WORDS}, or attach a file."
        )
    return words


def digest_of(words: str) -> str:
    """Return the SHA-256 of a text, hex."""
    return sha256(words.encode()).hexdigest()


def entry_now(incident: Incident, kind: str, words: str, *, by: str, key: str, at: datetime) -> TimelineEntry:
    """Return an entry of this moment with the digest of its words."""
    return TimelineEntry(incident.number, at, by, kind, words, key, sha256=digest_of(words))
