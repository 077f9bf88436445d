"""Verifying: the whole trail of 20,000 entries against one bare SHA-256 pass over the same bodies."""

import sqlite3
from collections.abc import Sequence
from hashlib import sha256
from tempfile import TemporaryDirectory

from bench.append import appended, event, opened_archive
from bench.measure import Row, Watch
from storage.audit_verify import verify_log

ENTRIES = 20_000
BATCH = 400
ROUNDS = 3


async def verify() -> Sequence[Row]:
    """Return the time of a thorough verification: hashes, links, tiles, bodies, signatures, schema."""
    with TemporaryDirectory(prefix="countersign-bench-") as folder:
        path = f"{folder}/bench.db"
        async with opened_archive(f"sqlite:///{path}") as opened:
            vkey, size = opened.ledger.vkey, _size(path)
            while size < ENTRIES:
                batch = min(BATCH, ENTRIES - size)
                await appended(opened, [event(size + each) for each in range(batch)])
                size += batch
        ours, floor = Watch(), Watch()
        for _ in range(ROUNDS):
            with ours.timing():
                report = verify_log(f"sqlite:///{path}", [vkey])
            if report.size != ENTRIES or any(found.code != "S9" for found in report.findings):
                raise RuntimeError(f"the trail does not hold: {report.findings[:3]}")
            with floor.timing():
                _hashed(path)
    return (Row("verify 20,000 entries, thorough", ours.times, floor.times, "read and SHA-256 once"),)


def _size(path: str) -> int:
    with sqlite3.connect(path) as database:
        return int(database.execute("SELECT count(*) FROM audit_entry").fetchone()[0])


def _hashed(path: str) -> None:
    with sqlite3.connect(path) as database:
        for (body,) in database.execute("SELECT body FROM audit_entry ORDER BY shard, seq"):
            sha256(b"\0" + body.encode()).digest()
