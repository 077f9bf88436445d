"""A message about a change to one person (or one channel): told once, and edited when it no longer holds."""

from dataclasses import dataclass
from datetime import datetime

ASK, OUTCOME, ATTEST, REMIND, ESCALATE, EXPIRING = (
    *("ask", "outcome", "attest", "remind", "escalate", "expiring"),
)
THREAD = "thread"
GLASS, LAPSED, CONSENT = "glass", "lapsed", "consent"
# What a message says: its question, thanks for the answer, who answered it, how the rollback that answered it ended.
SAID, VOTED, HANDLED, STOPPED, UNDONE = 1, 2, 3, 4, 5


@dataclass(frozen=True)
class Notice:
    """What one person was told about a change: (`about`, `person`, `kind`) is there once, whoever writes it.

    `kind` is a word, the revision and what makes it one of a kind: `ask:3`, `remind:3:2`, `outcome:3:approved`,
    `consent:3:INC-2`.
    `times` is what the message says by now (0: not sent yet), `last_at` when telling was decided.
    """

    about: str
    person: str
    kind: str
    times: int
    last_at: datetime
    channel: str = ""
    ts: str = ""

    @property
    def word(self) -> str:
        """Return the word of its kind."""
        return self.kind.partition(":")[0]

    @property
    def revision(self) -> int:
        """Return the revision it is about."""
        number = self.kind.split(":")[1] if ":" in self.kind else ""
        return int(number) if number.isdigit() else 0

    @property
    def detail(self) -> str:
        """Return what makes it one of its kind."""
        return ":".join(self.kind.split(":")[2:])


def kind_of(word: str, revision: int, detail: str = "") -> str:
    """Return the kind of a notice."""
    return f"{word}:{revision}:{detail}" if detail else f"{word}:{revision}"
