"""Audit events of the trail itself being shown to people outside."""

from dataclasses import dataclass
from typing import ClassVar

from bot.domain.event import AuditEvent


@dataclass(frozen=True, kw_only=True)
class ProofPackIssued(AuditEvent):
    """Somebody took a change's proof pack; `sha256` is the file's, `disclosed` whether people's words are in it."""

    tag: ClassVar[str] = "proofpack.issued"
    sha256: str
    entries: int
    holds: bool
    disclosed: bool
    shared: bool

    def sentence(self) -> str:
        where = ", for everybody in the channel" if self.shared else ""
        return f"took the proof pack of {self.change} ({self.entries} entries){where}"
