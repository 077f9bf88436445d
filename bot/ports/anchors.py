"""Anchors: the newest checkpoint published where whoever has the database cannot change it, and read back."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.domain.anchoring import AnchorState

Prove = Callable[[int], Awaitable[Sequence[bytes]]]


@dataclass(frozen=True)
class Head:
    """The newest checkpoint of the newest shard."""

    shard: int
    note: str
    origin: str
    size: int
    root: bytes


@dataclass(frozen=True)
class OurLog:
    """A log as the database has it now. `prove(old)` gives the consistency proof from a smaller size to `size`.

    `anchored` and `ref` are the size and place of the newest anchor of this kind, as the rows say.
    """

    origin: str
    size: int
    note: str
    at: datetime
    prove: Prove
    anchored: int = 0
    ref: str = ""


@dataclass(frozen=True)
class Published:
    """Where a checkpoint was published, and the cosignature lines that came back, by signer."""

    ref: str
    cosignatures: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Seen:
    """What an anchor holds: size and note (empty where it says only a size), and what is wrong with the anchor.

    `unreadable`: something newer than the note cannot be read; `edited`: it was edited, or what was there is gone.
    """

    size: int
    note: str = ""
    unreadable: str = ""
    edited: str = ""


class Anchor(Protocol):
    """One kind of anchor."""

    @property
    def kind(self) -> str:
        """Return its name in `countersign.toml`."""
        ...

    async def publish(self, log: OurLog) -> Published:
        """Publish the newest checkpoint.

        Raises AnchorContradictsError when the anchor holds something else than this log, another CountersignError
        when it could not be done.
        """
        ...

    async def newest(self, log: OurLog) -> Seen | None:
        """Return what is anchored of this log, None when nothing is. Raises as `publish`."""
        ...


class Cosigner(Protocol):
    """A second key, of a kind of its own, that signs the checkpoints that are anchored."""

    @property
    def kind(self) -> str:
        """Return its name in `countersign.toml`."""
        ...

    async def cosign(self, note: str, now: datetime) -> tuple[str, str]:
        """Return the key's name and its signature line over a note's text; raise CountersignError when it cannot."""
        ...


@dataclass(frozen=True)
class Anchored:
    """One anchor that was made, as the rows keep it."""

    shard: int
    size: int
    kind: str
    ref: str
    at: datetime
    cosignatures: tuple[tuple[str, str], ...] = ()


class AnchorsLook(Protocol):
    """What can be read of the trail's head and its anchors. It changes nothing."""

    async def trail_head(self) -> Head | None:
        """Return the newest checkpoint, None for an empty trail; raise LedgerBrokenError when it cannot be read."""
        ...

    async def last_entry_of(self, change: str) -> int | None:
        """Return the number of a change's newest entry in the newest shard, None when it has none there."""
        ...

    async def trail_consistency(self, shard: int, old: int, new: int) -> Sequence[bytes]:
        """Return the proof that the first `old` entries of a shard are a prefix of the first `new`."""
        ...

    async def anchor_states(self, kinds: Sequence[str]) -> Sequence[AnchorState]:
        """Return what each of these kinds holds of the newest shard."""
        ...


class Anchors(AnchorsLook, Protocol):
    """Anchors are written down once made."""

    async def add_anchor(self, anchored: Anchored) -> bool:
        """Keep an anchor; False when that size was anchored so already."""
        ...
