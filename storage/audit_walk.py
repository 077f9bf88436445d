"""One shard verified from its first entry to its last: leaves, links, tiles, checkpoints."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.domain.errors import NoteError
from bot.domain.merkle import leaf_hash
from bot.domain.note import Checkpoint, Verifier, open_note
from storage.audit_bodies import BodyCheck
from storage.audit_findings import Findings
from storage.audit_quick import TILES, link, right_tiles
from storage.audit_reader import AuditReader, raw_bytes
from storage.key_chain import ShardKeys
from storage.ledger_sql import Tile
from storage.ledger_view import TILE_WIDTH, View

_SIGNATURES_CHECKED = 1_000


@dataclass
class ShardWalk:
    """A walk along one shard; `bodies` looks into each body where the walk is thorough."""

    reader: AuditReader
    shard: int
    verifiers: Sequence[Verifier]
    keys: ShardKeys
    findings: Findings
    bodies: BodyCheck | None
    deep: bool
    view: View = field(default_factory=View)
    next_seq: int = 0
    tiles: int = 0
    origin: str = ""
    head: tuple[int, str] = (0, "")
    heard: Callable[[int], None] = lambda entries: None  # told how many entries were looked at

    def run(self) -> None:
        """Verify the shard."""
        self.head = self.reader.head(self.shard)
        if self.bodies is None:
            self._quickly()
        for chunk in self.reader.entries(self.shard, columns=self.bodies is not None, first=self.next_seq):
            low, high = self.next_seq, chunk[-1][0] + 1
            checkpoints = self.reader.checkpoints(self.shard, low, high)
            for row in chunk:
                self._entry(row)
                note = checkpoints.get(self.next_seq)
                if note is not None:
                    self._checkpoint(self.next_seq, note)
            if self.bodies is not None:
                self.bodies.disclosures(self.reader.disclosures(self.shard, low, high - 1))
            self.heard(high)
        self._end()

    def _quickly(self) -> None:
        """Go over whole tiles whose checkpoints are not looked at, as far as they are right."""
        most = TILES * TILE_WIDTH
        while self.next_seq + most + _SIGNATURES_CHECKED <= self.head[0]:
            right = right_tiles(self.reader, self.shard, self.next_seq, self.view.last)
            if right is None:
                return
            for leaves, root in right:
                self.tiles += 1
                self._filled(self.view.append_tile(leaves, root), self.view.size - 1)
            self.next_seq += most
            self.heard(self.next_seq)

    def _entry(self, row: Any) -> None:
        seq, body, stored = row[0], raw_bytes(row[1]), row[2]
        if seq != self.next_seq:
            self.findings.add("C3", self.next_seq, f"{self.next_seq} to {seq - 1}")
        leaf = leaf_hash(body)
        if leaf != stored:
            self.findings.add("C1", seq)
        if link(self.view.last) not in body:
            self.findings.add("C2", seq)
        if self.bodies is not None:
            self.bodies.entry(row, leaf)
            self.origin = self.origin or self.bodies.log
        self._filled(self.view.append(leaf), seq)
        self.next_seq = seq + 1

    def _filled(self, tiles: Sequence[Tile], seq: int) -> None:
        """See that tiles the entries fill are stored as they are."""
        for tile in tiles:
            self.tiles += 1
            if self.reader.tile(self.shard, tile.level, tile.idx) != (tile.hashes, tile.root):
                self.findings.add("M7", seq, f"level {tile.level}, number {tile.idx}")

    def _checkpoint(self, size: int, note: str) -> None:
        begins = any(each.low == size for each in self.keys.keys)
        if not (self.deep or begins) and size + _SIGNATURES_CHECKED <= self.head[0]:
            return
        try:
            opened = open_note(note, self.verifiers)
            checkpoint = Checkpoint.parse(opened.text)
        except NoteError as error:
            self.findings.add("M1", size - 1, f"size {size}: {error}")
            return
        self.origin = self.origin or checkpoint.origin
        names = {each.name for each in opened.verified}
        if checkpoint.origin != self.origin or self.origin not in names:
            self.findings.add("M2", size - 1, f"size {size}: {checkpoint.origin}")
        fault = self.keys.fault_at(size, frozenset(each.key_id for each in opened.verified))
        if fault:
            self.findings.add(fault, size - 1, f"size {size}")
        if checkpoint.size != size:
            self.findings.add("M3", size - 1, f"{checkpoint.size} under {size}")
        elif checkpoint.root != self.view.root():
            self.findings.add("M4", size - 1, f"size {size}")

    def _end(self) -> None:
        size = self.next_seq
        if self.head[0] < size:
            self.findings.add("M5", self.head[0], f"{size - self.head[0]} of {size}")
        if self.head[0] > size:
            self.findings.add("M6", None, f"signed for {self.head[0]} entries, there are {size}")
        anchored = self.reader.rows(
            "SELECT max(size) FROM {}audit_anchor WHERE shard = :shard", shard=self.shard
        )[0][0]
        if anchored is not None and anchored > size:
            self.findings.add("M6", None, f"anchored at {anchored} entries, there are {size}")
        if self.reader.tile_count(self.shard) > self.tiles:
            self.findings.add("M7", None, "there are tiles without entries")
