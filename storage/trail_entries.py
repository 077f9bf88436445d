"""Entries of a stored trail by number, id or change, each with the signed checkpoint it is included under."""

import re
from base64 import b64encode
from dataclasses import dataclass

from bot.domain.change import change_number
from bot.domain.entry import is_ulid
from bot.domain.errors import InvalidInputError, NotFoundError
from bot.domain.note_text import Checkpoint, parse_note
from bot.ports.trail import FoundEntry
from storage.ledger_read import stored
from storage.ledger_sql import AuditRows, Row
from storage.trail_look import TrailLook

_MOST = 100_000
_CHANGE = re.compile(r"chg-[0-9]{1,12}", re.IGNORECASE)


@dataclass(frozen=True)
class Covered:
    """An entry, and size and root of the checkpoint it is included under; `checked`: against a trusted key."""

    entry: FoundEntry
    size: int
    root: str
    checked: bool


async def entries_named(trail: TrailLook, name: str, shard: int | None) -> list[Covered]:
    """Return the entry of a number (`12`, `0/12`) or an id, or every entry of a change, oldest first.

    Raises:
        InvalidInputError: the name is none of these.
        NotFoundError: there is no such entry.
        LedgerBrokenError: the signed log does not include it.
    """
    rows = await _rows(trail, name.strip(), shard)
    if not rows:
        raise NotFoundError(
            f"The audit trail holds no entry {name}.",
            advice="Look for it with `countersign audit search`; the first number is 0.",
        )
    return [await _covered(trail, each) for each in rows]


async def _rows(trail: TrailLook, name: str, shard: int | None) -> list[Row]:
    rows = AuditRows(trail.connection, 0)
    if _CHANGE.fullmatch(name):
        change = f"CHG-{change_number(name)}"
        return await rows.entries("change_id = :change", "shard, seq", change=change, limit=_MOST)
    if is_ulid(name.upper()):
        return await rows.entries("id = :id", "seq", id=name.upper())
    before, slash, number = name.rpartition("/")
    if not number.isascii() or not number.isdigit() or (slash and not before.isdigit()) or len(name) > 20:
        raise InvalidInputError(
            f"{name!r} names no entry.",
            advice="Write a number (12, or 1/12 in shard 1), an entry's id, or CHG-1.",
        )
    chosen = int(before) if slash else (await rows.shards() or [0])[-1] if shard is None else shard
    return await AuditRows(trail.connection, chosen).entries(
        "shard = :shard AND seq = :seq", "seq", seq=int(number)
    )


async def _covered(trail: TrailLook, row: Row) -> Covered:
    (found,) = await stored(trail.connection, [row])
    entry = FoundEntry(found.shard, found.seq, found.body, found.leaf_hash, found.disclosed())
    if trail.verifiers:
        note = (await trail.proof_of_seq(row.shard, row.seq)).checkpoint
    else:
        note = (await AuditRows(trail.connection, row.shard).head())[1]
    signed = Checkpoint.parse(parse_note(note)[0])
    return Covered(entry, signed.size, b64encode(signed.root).decode(), bool(trail.verifiers))
