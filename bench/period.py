"""The evidence pack of a quarter: ten thousand entries of a thousand changes, as one ZIP."""

import asyncio
import io
import sys
from collections.abc import Sequence
from tempfile import TemporaryDirectory
from zipfile import ZIP_DEFLATED, ZipFile

from bench.append import opened_archive
from bench.measure import Row, Watch
from bot.domain.entry import NewEntry, new_ulid
from bot.domain.json import Json
from bot.domain.trail_range import TrailRange
from handlers.cli.audit_pack import PackWish, write_pack
from handlers.clock import WallClock
from storage.audit_reader import AuditReader, reading
from storage.audit_slice import TrailSlices
from storage.open import OpenArchive
from storage.privacy import PLAIN

CHANGES, MOST_SECONDS = 1_000, 60.0
_CLOCK = WallClock()
_STORY = (
    ("change.requested", "U0ALICE"),
    ("evidence.snapshot", "U0ALICE"),
    ("evidence.snapshot", "U0ALICE"),
    ("evidence.snapshot", "U0BOB"),
    ("evidence.snapshot", "U0BOB"),
    ("evidence.snapshot", "U0CAROL"),
    ("evidence.snapshot", "U0CAROL"),
    ("change.commented", "U0BOB"),
    ("change.commented", "U0ALICE"),
    ("change.withdrawn", "U0ALICE"),
)


async def period() -> Sequence[Row]:
    """Return the time of packing against that of zipping the same entries; stop when it is too slow."""
    ours, floor = Watch(), Watch()
    with TemporaryDirectory(prefix="countersign-bench-") as folder:
        url = f"sqlite:///{folder}/bench.db"
        async with opened_archive(url) as opened:
            vkey = opened.ledger.vkey
            for change in range(1, CHANGES + 1):
                await _live(opened, change)
        wish = PackWish(url, TrailRange(), None, [vkey], disclose=True, aliases={}, privacy=PLAIN)
        made = io.BytesIO()
        with ours.timing():
            found = await asyncio.to_thread(_pack, made, wish)
        with floor.timing():
            _zip(url)
    print(f"period: {found[0]} entries, {found[1]} changes, {len(made.getvalue()):,} bytes", file=sys.stderr)
    if max(ours.times) > MOST_SECONDS * 1000:
        raise RuntimeError("the evidence pack of a quarter takes too long")
    return (
        Row("evidence pack of 10,000 entries and 1,000 changes", ours.times, floor.times, "zip the bodies"),
    )


def _pack(made: io.BytesIO, wish: PackWish) -> tuple[int, int]:
    with reading(wish.url) as connection:
        parts = TrailSlices(AuditReader(connection)).slices(wish.asked, None)
    found = write_pack(made, wish, parts)
    if not found.ok or not all(each.holds for each in found.changes):
        raise RuntimeError("the trail of the measurement does not hold")
    return found.entries, len(found.changes)


def _zip(url: str) -> None:
    with reading(url) as connection, ZipFile(io.BytesIO(), "w", ZIP_DEFLATED) as archive:
        trail = TrailSlices(AuditReader(connection))
        bodies = [entry.body for part in trail.slices(TrailRange(), None) for entry in trail.entries(part)]
        archive.writestr("entries.jsonl", "\n".join(bodies))


async def _live(opened: OpenArchive, change: int) -> None:
    """Let a change live from its request to its end, in one commit."""
    asked: dict[str, Json] = {"revision": 1, "kind": "scale", "owner": "U0OWNER", "ticket": f"OPS-{change}"}
    resource = f"/subscriptions/{'0' * 36}/resourcegroups/rg-ai/deployments/ft-{change % 7}"
    entries = [
        NewEntry(
            id=new_ulid(_CLOCK.now()),
            type=type_,
            actor={"kind": "slack_user", "id": user, "team": "T0CONTOSO", "auth": "slack-signed"},
            subject={"change": f"CHG-{change}", "resource": resource},
            data=asked if type_ == "change.requested" else {"alias": "triage-prod"},
            req={"source": "slack", "ref": new_ulid(_CLOCK.now()), "channel": "C0OPS"},
            disclosures={"reason": "The queue is full."} if type_ == "change.requested" else {},
        )
        for type_, user in _STORY
    ]
    async with opened.database.begin() as connection:
        await opened.ledger.append(connection, entries, now=_CLOCK.now())
    opened.ledger.committed(connection)
