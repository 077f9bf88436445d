"""A long audit trail, built quickly: true bodies, hashes, links, tiles and checkpoints, put in past the guards.

The guards and indexes are taken down while it is filled and put up again, so that the schema is the installed one.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bench.append import ORIGIN, opened_archive
from bot.domain.merkle import leaf_hash
from bot.domain.note import Checkpoint, Signer
from storage.ledger_values import ORIGIN_PREV
from storage.ledger_view import View

SIGNED_EVERY = 1_000
SIGNED_ALL = 1_000
TYPES = (
    "evidence.read",
    "change.requested",
    "change.planned",
    "policy.evaluated",
    "change.approved",
    "command.received",
)
_BODY = (
    '{{"actor":{{"auth":"slack-signed","id":"U{actor:07d}","kind":"slack_user","team":"T0CONTOSO"}},'
    '"bot":{{"build":"bench","version":"1.0.0","writer":"01JDA5S3V0000000000000000A"}},'
    '"data":{{"command":"status","note":"{note}"}},'
    '"evidence":[{{"kind":"snapshot","sha256":"{digest:064x}"}}],"id":"01JDA5S3V0{seq:016d}","log":"'
    + ORIGIN
    + '",'
    '"prev":"{prev}","req":{{"channel":"C0OPS","ref":"r{seq}","source":"slack"}},"seq":{seq},'
    '"subject":{{"change":"CHG-{change}","n":{n},"prev":"{before}",'
    '"resource":"/subscriptions/s/resourceGroups/g/deployments/d{resource}"}},"ts":"{ts}","type":"{type}","v":1}}'
)
_PER_CHANGE = 12
_STEP = timedelta(milliseconds=250)
_NOTE = "n" * 120


@dataclass
class _Then:
    """A clock that stands."""

    at: datetime

    def now(self) -> datetime:
        """Return when it stands."""
        return self.at


@dataclass
class Long:
    """A trail as it grows."""

    signer: Signer
    time: datetime
    view: View = field(default_factory=View)
    first: int = 0
    before: str = ORIGIN_PREV
    tiles: list[tuple[int, int, int, bytes, bytes]] = field(default_factory=list)
    notes: list[tuple[int, int, str]] = field(default_factory=list)

    def leaves(self, known: Iterator[bytes]) -> None:
        """Take the leaf hashes that are there already."""
        for leaf in known:
            self.view.append(leaf)
        self.first = self.view.size

    def rows(self, upto: int) -> Iterator[tuple[int, int, str, bytes]]:
        """Give the rows of entries until there are so many, and note their tiles and checkpoints."""
        while self.view.size < upto:
            seq = self.view.size
            self.time += _STEP
            change, n = divmod(seq - self.first, _PER_CHANGE)
            body = _BODY.format(
                actor=seq * 7919 % 40,
                note=_NOTE,
                digest=seq,
                seq=seq,
                prev=self.view.last.hex(),
                change=100_000 + change,
                n=n,
                before=self.before if n else ORIGIN_PREV,
                resource=seq * 7907 % 60,
                ts=self.time.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
                type=TYPES[seq * 31 % 6],
            )
            leaf = leaf_hash(body.encode())
            self.before = leaf.hex()
            self.tiles += [
                (0, each.level, each.idx, each.hashes, each.root) for each in self.view.append(leaf)
            ]
            if self.view.size % SIGNED_EVERY == 0 or self.view.size > upto - SIGNED_ALL:
                checkpoint = Checkpoint(ORIGIN, self.view.size, self.view.root())
                self.notes.append((0, self.view.size, self.signer.sign(checkpoint.text())))
            yield 0, seq, body, leaf


async def long_trail(path: str, signer: Signer, entries: int) -> None:
    """Make an SQLite file with a trail of so many entries."""
    began = datetime.now(UTC) - (entries + 1_000) * _STEP
    async with opened_archive(f"sqlite:///{path}", signer, _Then(began)):
        pass
    trail = Long(signer, time=began)
    with sqlite3.connect(path, isolation_level=None) as database:
        database.execute("PRAGMA synchronous = OFF")
        trail.leaves(
            row[0] for row in database.execute("SELECT leaf_hash FROM audit_entry ORDER BY seq").fetchall()
        )
        database.execute("BEGIN")
        with _bare(database):
            entry = "INSERT INTO audit_entry(shard, seq, body, leaf_hash) VALUES (?, ?, ?, ?)"
            database.executemany(entry, trail.rows(entries))
            database.executemany("INSERT INTO audit_tile VALUES (?, ?, ?, ?, ?)", trail.tiles)
            database.executemany("INSERT INTO audit_checkpoint VALUES (?, ?, ?)", trail.notes)
        database.execute("COMMIT")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()


@contextmanager
def _bare(database: sqlite3.Connection) -> Iterator[None]:
    """Take triggers and indexes down, and put the same ones up again."""
    found = database.execute(
        "SELECT type, name, sql FROM sqlite_schema WHERE type IN ('trigger', 'index')"
        " AND tbl_name IN ('audit_entry', 'audit_tile', 'audit_checkpoint') AND sql IS NOT NULL"
    ).fetchall()
    for kind, name, _ in found:
        database.execute(f"DROP {kind} {name}")
    yield
    for _, _, sql in found:
        database.execute(sql)
