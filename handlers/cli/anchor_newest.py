"""What the configured anchors know of a trail that was put back from a backup: how far it was."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.errors import InvalidInputError, NoteError
from bot.domain.note import Verifier
from bot.domain.note_open import open_checkpoint
from handlers.cli.anchor_answers import asked
from handlers.settings import read_settings
from storage.audit_anchors import Witnessed, origins_of


@dataclass(frozen=True)
class Newest:
    """The newest checkpoint that an anchor holds, which anchor, and the most entries that any of them has seen."""

    kind: str
    origin: str
    note: str
    size: int

    def words(self) -> str:
        """Return where it was found."""
        return f"The newest checkpoint is in the anchor {self.kind}: {self.origin}, {self.size} entries were seen."


def newest_anchored(database: str, vkeys: Sequence[str]) -> Newest:
    """Return what the configured anchors hold of the newest part of the trail, or of one that the database lacks.

    Raises:
        InvalidInputError: none is configured, or none of them holds a checkpoint that one of these keys signed.
    """
    said = asyncio.run(asked(read_settings(), database, vkeys, ["all"]))
    verifiers = [Verifier.parse(each) for each in vkeys]
    signed = [each for each in said.witnessed if _is_signed(each, verifiers)]
    known = origins_of(database)
    later = [each.name for each in verifiers if each.name not in known]
    for origin in [*reversed(later), *known[-1:]]:
        held = [each for each in signed if each.origin == origin]
        if held:
            best = max(held, key=_size)
            seen = max(_size(each) for each in said.witnessed if each.origin == origin)
            return Newest(best.kind, origin, best.seen.note if best.seen else "", seen)
    why = "; ".join(f"{kind}: {words}" for kind, words in said.silent)
    raise InvalidInputError(
        f"No configured anchor says how far the trail was. {why}".strip(),
        advice="Give the newest checkpoint that you have of it as a file: --from-anchor FILE.",
    )


def _is_signed(each: Witnessed, verifiers: Sequence[Verifier]) -> bool:
    """Return whether an anchor holds a note of that log that its own key signed."""
    if each.seen is None or not each.seen.note:
        return False
    try:
        return open_checkpoint(each.seen.note, verifiers).origin == each.origin
    except NoteError:
        return False


def _size(each: Witnessed) -> int:
    return each.seen.size if each.seen is not None else 0
