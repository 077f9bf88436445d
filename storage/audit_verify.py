"""Verifying the whole audit trail from its entries up, on a database opened for reading only."""

from collections.abc import Callable, Sequence
from functools import partial
from hashlib import sha256

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from bot.domain.errors import AuditMissingError
from bot.domain.merkle import EMPTY_ROOT
from bot.domain.note import Verifier
from storage.audit_bodies import BodyCheck, Chains
from storage.audit_cosigned import Cosigned, check_cosignatures
from storage.audit_erasures import erased_paths
from storage.audit_findings import INFORMATION, Findings, VerifyReport
from storage.audit_reader import AuditReader, reading
from storage.audit_schema import schema_drift
from storage.audit_walk import ShardWalk
from storage.key_chain import read_key_chain
from storage.privacy import PLAIN, Privacy

_THOROUGH_UP_TO = 20_000

Progress = Callable[[int, int], None]


def verify_log(
    source: str | Connection,
    vkeys: Sequence[str],
    *,
    deep: bool = False,
    progress: Progress | None = None,
    privacy: Privacy = PLAIN,
) -> VerifyReport:
    """Return what is wrong with the audit trail; with an untouched one, nothing.

    Always: leaf hashes, links, gaps, tiles, signed sizes and roots, duplicate ids, schema. Bodies, change chains,
    searched columns and disclosures too where `deep` or up to 20 000 entries; every signature, of cosigners too,
    and every piece of evidence only where `deep`, else the last 1 000 signatures.
    A connection that is given must see one snapshot; it knows `privacy` itself. `progress` hears of entries done.

    Raises:
        AuditMissingError: there is no trail to verify, or it cannot be read. Nothing is created.
        NoteError: a vkey is malformed.
    """
    verifiers = [Verifier.parse(each) for each in dict.fromkeys(vkeys)]
    with reading(source, privacy) as connection:
        reader = AuditReader(connection)
        missing = reader.missing_tables()
        if "audit_entry" in missing:
            raise AuditMissingError(
                "This database holds no audit trail.", advice="Check the address, or run migrate."
            )
        findings, drift = Findings(), schema_drift(connection)
        for each in drift:
            findings.add("S5", None, each)
        try:
            walk = None if missing else _walk(reader, verifiers, findings, deep=deep, progress=progress)
            others = None if missing else check_cosignatures(reader, verifiers, findings, deep=deep)
            if deep or drift:  # else the unique index is there and sees to it
                _demand_single_ids(reader, findings)
        except DBAPIError:
            if not drift:
                raise
            walk = others = None  # the schema was changed so much that it cannot be read: that is the finding
        return _report(reader, findings, walk, others or Cosigned())


def _walk(
    reader: AuditReader,
    verifiers: Sequence[Verifier],
    findings: Findings,
    *,
    deep: bool,
    progress: Progress | None,
) -> ShardWalk | None:
    """Verify every shard and return the walk along the newest."""
    entries = int(reader.rows("SELECT count(*) FROM {}audit_entry")[0][0])
    thorough = deep or entries <= _THOROUGH_UP_TO
    chains, keys = Chains(), read_key_chain(reader, verifiers)
    walk: ShardWalk | None = None
    shards = reader.shards()
    for fault in keys.faults:
        findings.add(fault.code, fault.seq, fault.detail)
    sizes = [reader.head(shard)[0] for shard in shards]
    for number, shard in enumerate(shards):
        bodies = BodyCheck(findings, chains) if thorough else None
        of, trusted = keys.of(shard), keys.trusted(shard)
        before, walk = walk, ShardWalk(reader, shard, trusted, of, findings, bodies, deep)
        if progress is not None:
            walk.heard = partial(_told, progress, sum(sizes[:number]), entries)
        walk.run()
        _demand_succession(before, walk)
    if walk is None:
        findings.add("S8", None, "it is empty")
    if deep:
        _demand_evidence(reader, findings)
    return walk


def _told(progress: Progress, before: int, entries: int, done: int) -> None:
    progress(min(before + done, entries), entries)


def _demand_succession(before: ShardWalk | None, walk: ShardWalk) -> None:
    """Find a shard that does not name the end of the one before it, or repeats its origin."""
    if before is not None and before.origin == walk.origin:
        walk.findings.add("M8", None, f"two shards are called {walk.origin}")
    if walk.next_seq:
        expected = before.head[1] if before is not None else ""
        if walk.keys.genesis.get("previous_checkpoint", "") != expected:
            walk.findings.add("M8", 0, walk.origin)


def _demand_single_ids(reader: AuditReader, findings: Findings) -> None:
    twice = reader.rows("SELECT id, max(seq) FROM {}audit_entry GROUP BY id HAVING count(*) > 1")
    for id_, seq in twice:
        findings.add("S2", seq, str(id_))


def _demand_evidence(reader: AuditReader, findings: Findings) -> None:
    for digest, body in reader.evidence():
        if sha256(body).hexdigest() != digest:
            findings.add("S9", None, digest)


def _report(
    reader: AuditReader, findings: Findings, walk: ShardWalk | None, others: Cosigned
) -> VerifyReport:
    found = findings.all()
    ok = all(each.code in INFORMATION for each in found)
    if walk is None:
        return VerifyReport(ok, 0, EMPTY_ROOT, "", found)
    erased = len(erased_paths(reader))
    withheld = erased if walk.bodies is None else walk.bodies.chains.withheld
    sealed = 0 if walk.bodies is None else walk.bodies.chains.sealed
    earlier = tuple(reader.head(shard)[0] for shard in reader.shards()[:-1])
    return VerifyReport(
        ok,
        walk.view.size,
        walk.view.root(),
        walk.head[1],
        found,
        withheld,
        erased,
        earlier,
        others.verified,
        others.unchecked,
        sealed,
    )
