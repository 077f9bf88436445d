"""The part of the archive in memory that knows the anchors: what a test says of them, and what was added."""

from collections.abc import Sequence
from dataclasses import replace

from bot.domain.anchoring import AnchorState
from bot.ports.anchors import Anchored, Head
from tests.fakes.archive_state import State

HEAD = Head(0, "note", "contoso.example/audit", 12, b"r" * 32)


class FakeAnchors:
    """A trail of one head; nothing is proved."""

    _state: State

    async def trail_head(self) -> Head | None:
        """Return the head."""
        return HEAD

    async def last_entry_of(self, change: str) -> int | None:
        """Return that the change has no entry."""
        return None

    async def trail_consistency(self, shard: int, old: int, new: int) -> Sequence[bytes]:
        """Return no proof."""
        return ()

    async def anchor_states(self, kinds: Sequence[str]) -> Sequence[AnchorState]:
        """Return what each kind holds; one that no test spoke of holds everything."""
        return [self._state.anchors.get(kind, AnchorState(kind, HEAD.size, HEAD.size)) for kind in kinds]

    async def add_anchor(self, anchored: Anchored) -> bool:
        """Keep an anchor, once for each size."""
        before = self._state.anchors.get(anchored.kind, AnchorState(anchored.kind, HEAD.size))
        if before.size == anchored.size:
            return False
        self._state.anchors[anchored.kind] = replace(
            before, size=anchored.size, ref=anchored.ref, anchored_at=anchored.at, waiting_since=None
        )
        return True
