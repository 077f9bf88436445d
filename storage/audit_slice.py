"""Reading a part of the audit trail in its order, for exports."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from bot.domain.errors import CountersignError, InvalidInputError, NotFoundError
from bot.domain.trail_range import TrailRange
from bot.ports.trail import FoundEntry
from storage.audit_reader import AuditReader, raw_bytes
from storage.ledger_sql import altered
from storage.ledger_values import timestamp
from storage.vault import Unread

_CHUNK = 1_000


@dataclass(frozen=True)
class Slice:
    """Entries of one shard without a gap, low <= seq < high."""

    shard: int
    low: int
    high: int

    @property
    def count(self) -> int:
        """Return how many entries it has."""
        return self.high - self.low


class TrailSlices:
    """The parts of a trail that is read over one snapshot."""

    def __init__(self, reader: AuditReader) -> None:
        self._reader = reader
        if reader.missing_tables():
            raise CountersignError("This database holds no audit trail.", advice="Run `countersign migrate`.")

    def slices(self, asked: TrailRange, shard: int | None) -> list[Slice]:
        """Return what a range means in each shard, oldest first; of times all between the first and the last.

        Raises:
            InvalidInputError: numbers of more than one shard are meant.
            NotFoundError: there is no such shard.
        """
        chosen = self._known(shard)
        if asked.by_number and len(chosen) > 1:
            raise InvalidInputError(
                "Every shard counts its entries from 0.",
                advice=f"Add --shard {chosen[-1]} for the newest, or give times.",
            )
        return [each for each in (self._slice(asked, number) for number in chosen) if each.count]

    def entries(self, part: Slice, *, texts: bool = False) -> Iterator[FoundEntry]:
        """Give the entries of a slice, with the people's own words that were not erased where `texts`."""
        for low in range(part.low, part.high, _CHUNK):
            high = min(low + _CHUNK, part.high)
            rows = self._reader.rows(
                "SELECT seq, body, leaf_hash FROM {}audit_entry"
                " WHERE shard = :shard AND seq >= :low AND seq < :high ORDER BY seq",
                shard=part.shard,
                low=low,
                high=high,
            )
            said = self._texts(part.shard, low, high) if texts else {}
            for seq, body, leaf in rows:
                text = raw_bytes(body).decode("utf-8", "surrogateescape")
                yield FoundEntry(part.shard, seq, text, bytes(leaf).hex(), said.get(seq, {}))

    def newest(self, shard: int | None, *, cosigned: bool = False) -> Slice:
        """Return the whole of a shard as it is signed, of the newest where none is named.

        `cosigned`: as far as a witness or a second key signed it, too.

        Raises:
            NotFoundError: there is no such shard, or nothing of it is cosigned.
        """
        chosen = self._known(shard)[-1]
        if not cosigned:
            return Slice(chosen, 0, self.head(chosen)[0])
        sizes = self._reader.cosignatures(chosen, 0)
        if not sizes:
            raise NotFoundError(
                "No checkpoint of it is cosigned.",
                advice="A witness or a second key signs what is anchored: see docs/anchors.md.",
            )
        return Slice(chosen, 0, sizes[-1][0])

    def note(self, shard: int, size: int) -> str:
        """Return the note of a size with the lines of those who cosigned it."""
        note = self._reader.checkpoints(shard, size - 1, size).get(size, "")
        others = (row for row in self._reader.cosignatures(shard, size - 1) if row[0] == size)
        return note + "".join(row[2] for row in others)

    def head(self, shard: int) -> tuple[int, str]:
        """Return the newest checkpoint's size and note."""
        return self._reader.head(shard)

    def _known(self, shard: int | None) -> list[int]:
        known = self._reader.shards()
        if not known or (shard is not None and shard not in known):
            raise NotFoundError(
                "There is no such shard of the audit trail.",
                advice=f"There are: {', '.join(map(str, known)) or 'none'}.",
            )
        return known if shard is None else [shard]

    def _slice(self, asked: TrailRange, shard: int) -> Slice:
        where, values = "", {}
        for column, sign, name in (("seq", ">=", "low"), ("seq", "<=", "high")):
            if (bound := getattr(asked, name)) is not None:
                where, values[name] = f"{where} AND {column} {sign} :{name}", bound
        for column, sign, name in (("ts", ">=", "since"), ("ts", "<=", "until")):
            if (bound := getattr(asked, name)) is not None:
                where, values[name] = f"{where} AND {column} {sign} :{name}", timestamp(bound)
        sql = f"SELECT min(seq), max(seq) FROM {{}}audit_entry WHERE shard = :shard{where}"  # noqa: S608
        low, high = self._reader.rows(sql, shard=shard, **values)[0]
        return Slice(shard, 0, 0) if low is None else Slice(shard, low, high + 1)

    def _texts(self, shard: int, low: int, high: int) -> dict[int, dict[str, str]]:
        found: dict[int, dict[str, str]] = {}
        for seq, path, disclosure in self._reader.disclosures(shard, low, high - 1):
            if disclosure is Unread.ALTERED:
                raise altered(seq, path)
            if isinstance(disclosure, str):
                found.setdefault(seq, {})[path] = str(json.loads(disclosure)[2])
        return found
