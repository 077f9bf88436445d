"""What a check found, in words for people and as one JSON object."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.domain.proof_entry import ReadEntry


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """A check's answer: `exit` 0 it holds, 1 it does not, 2 nobody can say; then why, or what is proved."""

    exit: int
    code: str = ""
    message: str = ""
    change: str = ""
    origin: str = ""
    size: int = 0
    root: str = ""
    ended: str = ""
    proved: tuple[str, ...] = ()
    unproved: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the answer as `--json` prints it."""
        found = [{"code": self.code, "message": self.message}] if self.exit else []
        return {
            "ok": self.exit == 0,
            "change": self.change,
            "origin": self.origin,
            "size": self.size,
            "root": self.root,
            "ended": self.ended,
            "proved": list(self.proved),
            "not_proved": list(self.unproved),
            "findings": found,
        }

    @property
    def headline(self) -> str:
        """Return the answer in one sentence."""
        if self.exit:
            word = "does NOT hold" if self.exit == 1 else "cannot be judged"
            return f"The proof {word}. {self.code}: {self.message}"
        if not self.change:
            return "The proof holds."
        return f"The proof holds: {self.change} " + (
            f"ended with {self.ended}." if self.ended else "has NOT ENDED in this pack."
        )

    def lines(self) -> list[str]:
        """Return the answer with everything it says, one line each."""
        root = [f"  root {self.root}"] if self.root else []
        proved = ["", "It proves:", *(f"  - {each}" for each in self.proved)] if self.proved else []
        open_ = (
            ["", "It does NOT prove:", *(f"  - {each}" for each in self.unproved)] if self.unproved else []
        )
        return [_harmless(each) for each in (self.headline, *root, *proved, *open_)]


def _harmless(line: str) -> str:
    """Return a line with nothing in it that a terminal would obey: a pack may come from anybody."""
    return "".join(char if char.isprintable() else "\ufffd" for char in line)


def who_is_who(hidden: Sequence[ReadEntry]) -> tuple[str, ...]:
    """Return that a pack which withholds who asked and approved shows no four eyes; nothing where it names them."""
    if not hidden:
        return ()
    numbers = ", ".join(str(each.seq) for each in hidden)
    return (
        "That approver and requester are different people, and each approval another person's: who acted in "
        f"{numbers} is withheld. A pack with the texts laid open shows it, unless they were erased.",
    )


def not_proved(change: str, ended: str, last: ReadEntry, *, anchored: bool) -> tuple[str, ...]:
    """Return what no pack of this change can prove, so that nobody takes it for proved."""
    split = (
        "That the log shown to you is the one shown to others: look the anchor up, and compare size and root."
        if anchored
        else "That the log shown to you is the one shown to others: the pack has no anchor. Compare size and root."
    )
    after = (
        f"That nothing came after entry {last.seq}: {change} has not ended in this pack, and may have since."
        if not ended
        else f"That nothing was recorded of {change} after entry {last.seq}."
    )
    return (
        split,
        after,
        "Anything newer than the checkpoint.",
        "That Azure did what the entries say: they say what Countersign sent and read back.",
        "Which people are behind the Slack and Entra ids, or that their accounts were their own.",
        "That the policy was a good one: its quorum, and who was in its groups, are as the log recorded them.",
        "When exactly: times are the log's own clock; only the order is proved.",
    )
