"""A note signed by two keys: what a rotation needs, so that neither key alone can hand the log over."""

from dataclasses import dataclass

from bot.domain.note import Signer


@dataclass(frozen=True)
class BothKeys:
    """The key that signed so far and the one that goes on; each signs the same text."""

    old: Signer
    new: Signer

    def sign(self, text: str) -> str:
        """Return the whole note with both signature lines, the old key's first."""
        return self.old.sign(text) + self.new.sign(text).rpartition("\n\n")[2]
