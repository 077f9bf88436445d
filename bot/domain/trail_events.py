"""Audit events of the trail itself: who took something of it, and who was not let in."""

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


@dataclass(frozen=True, kw_only=True)
class ExportPerformed(AuditEvent):
    """Entries left the database: which ones, named `shard/seq`, and in what form."""

    tag: ClassVar[str] = "export.performed"
    format: str
    entries: int
    first: str = ""
    last: str = ""

    def sentence(self) -> str:
        part = f" ({self.first} to {self.last})" if self.first else ""
        about = self.change or "the audit trail"
        return f"exported {self.entries} entries of {about} as {self.format}{part}"


@dataclass(frozen=True, kw_only=True)
class CommandDenied(AuditEvent):
    """Somebody's commands were refused for who they are: the last, and how many since the entry before."""

    tag: ClassVar[str] = "command.denied"
    command: str
    why: str
    attempts: int

    def sentence(self) -> str:
        return f"was refused {self.command} ({_attempts(self.attempts)}): {self.why}"


@dataclass(frozen=True, kw_only=True)
class PermissionDenied(AuditEvent):
    """Somebody's buttons and forms were refused for who they are: the last, and how many since the entry before."""

    tag: ClassVar[str] = "permission.denied"
    attempt: str
    why: str
    attempts: int

    def sentence(self) -> str:
        return f"was refused {self.attempt} ({_attempts(self.attempts)}): {self.why}"


@dataclass(frozen=True, kw_only=True)
class AuthFailed(AuditEvent):
    """Requests at the door were not proven to be Slack's: how many within how many seconds."""

    tag: ClassVar[str] = "auth.failed"
    attempts: int
    seconds: int

    def sentence(self) -> str:
        return f"turned away {self.attempts} requests in {self.seconds} s that Slack did not sign, or too long ago"


def _attempts(number: int) -> str:
    return "1 attempt" if number == 1 else f"{number} attempts"
