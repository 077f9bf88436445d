"""The connected ports, frozen: what doors and jobs are given."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.entry import new_ulid
from bot.domain.errors import ClockWrongError
from bot.ports.anchors import Anchor, Cosigner
from bot.ports.archive import Cause
from bot.ports.azure import Executor
from bot.ports.channels import Channels
from bot.ports.registry import Readers
from bot.ports.slack import Messenger
from bot.usecases.desk import Desk
from bot.usecases.share_looks import SharedLooks
from handlers.denials import Denials
from handlers.observers import NOBODY, Observers


@dataclass(frozen=True)
class TrailCheck:
    """What `audit verify` found: whether the trail holds, its size and root, the key, and each finding in words."""

    ok: bool
    size: int
    root: str
    vkey: str
    findings: Sequence[str]


@dataclass(frozen=True)
class Dependencies:
    """What the Slack role has: the desk, a voice, the channels, and the reader identity."""

    desk: Desk
    messenger: Messenger
    readers: Readers
    check_trail: Callable[[], Awaitable[TrailCheck]]
    observers: Observers = NOBODY
    vkey: str = ""
    last_trail: Callable[[], tuple[bool, datetime] | None] = lambda: None
    clock_wrong: Callable[[], str] = lambda: ""
    denials: Denials = field(default_factory=Denials)
    anchors: Sequence[Anchor] = ()
    cosigners: Sequence[Cosigner] = ()
    looks: SharedLooks = field(default_factory=SharedLooks)
    channels: Channels = field(kw_only=True)

    def refuse_wrong_clock(self) -> None:
        """Raise ClockWrongError when no time of this machine should stand beside a decision."""
        if why := self.clock_wrong():
            raise ClockWrongError(why)

    def cause(self, source: str, *, channel: str = "") -> Cause:
        """Return a fresh cause with its own correlation id."""
        return Cause(source, new_ulid(self.desk.clock.now()), channel)


@dataclass(frozen=True)
class ExecutorSide:
    """What the executor role has: the desk without a directory, and the executor identity."""

    desk: Desk
    executor: Executor
    clock_wrong: Callable[[], str] = lambda: ""

    def cause(self, source: str) -> Cause:
        """Return a fresh cause with its own correlation id."""
        return Cause(source, new_ulid(self.desk.clock.now()))
