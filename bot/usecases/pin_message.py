"""Put a message of Slack on an incident's timeline: its words and the digests of its files, as they are now."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from bot.domain.incident import Incident, TimelineEntry
from bot.domain.incident_events import IncidentNoted
from bot.ports.archive import Transaction
from bot.usecases.desk import Caller
from bot.usecases.keep_timeline import LONGEST_WORDS, digest_of, write_down


@dataclass(frozen=True)
class Pinned:
    """A message: where it is, who wrote it, its words with secrets masked, the SHA-256 of its files by name."""

    channel: str
    ts: str
    author: str
    words: str
    files: dict[str, str] = field(default_factory=dict)

    @property
    def at(self) -> datetime:
        """Return when it was written."""
        return datetime.fromtimestamp(float(self.ts), UTC)


async def pin_message(number: int, pinned: Pinned, *, caller: Caller, tx: Transaction) -> Incident:
    """Write a message down once, at the time it was written; our own echoes and cards are not.

    The digest is that of all its words, also where only the first are kept.
    """
    incident = await tx.incident(number)
    known = {incident.card_ts, *(each.ts for each in await tx.timeline(number))}
    if pinned.channel == incident.channel and pinned.ts in known:
        return incident
    words = pinned.words or f"no words, {len(pinned.files)} files"
    entry = TimelineEntry(
        number,
        pinned.at,
        pinned.author,
        "message",
        words[:LONGEST_WORDS],
        f"message:{pinned.channel}:{pinned.ts}",
        source_channel=pinned.channel,
        source_ts=pinned.ts,
        sha256=digest_of(words),
        files=pinned.files,
    )
    if await write_down(entry, tx) is not None:
        event = IncidentNoted(incident=incident.id, kind="message", sha256=entry.sha256, words=entry.words)
        await tx.record(event, by=caller.actor, cause=caller.cause)
    return incident
