"""The post-incident review from a stored trail: complete, in a stable order, checked by strangers' tools."""

import asyncio
import io
import json
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from zipfile import ZipFile

import pytest

from bot.domain.errors import NotFoundError
from bot.domain.incident import IncidentState, TimelineEntry
from bot.domain.incident_events import IncidentClosed, IncidentNoted, IncidentOpened, IncidentSnapshotTaken
from bot.domain.note import Verifier
from bot.domain.proof_file import check_proof
from handlers.incident_review import made_review
from tests.contracts.fixtures_storage import ANNA, CAUSE, NOW, Archives, opened_archives, stored_change
from tests.contracts.test_archive_incidents import INCIDENT
from tests.golden.incident_values import SNAPSHOT

TARGETS = tuple(sorted(INCIDENT.targets))


@pytest.fixture
async def archives(database_url: str) -> AsyncIterator[Archives]:
    """Give an archive with a resolved incident, one of which a snapshot and a change are on record."""
    async with opened_archives(database_url) as opened:
        change = await stored_change(opened.opened)
        async with opened.opened.archive.transaction() as tx:
            kept = await tx.add_incident(replace(INCIDENT, title="=Tickets | wait <b> api_key: s3cr3tvalue"))
            said = {
                "severity": "SEV2",
                "lead": "",
                "source": "chat",
                "drill": False,
                "origin": "",
                "title": "Tickets",
            }
            for id_ in (kept.id, "INC-12"):
                event = IncidentOpened(incident=id_, targets=TARGETS, **said)  # type: ignore[arg-type]
                await tx.record(event, by=ANNA, cause=CAUSE)
            wanted = await tx.want_snapshot(kept.number, "declare", NOW)
            assert wanted is not None
            digest = await tx.keep_evidence(SNAPSHOT.body, kind="incident", now=NOW)
            await tx.take_snapshot(wanted, sha256=digest, summary=SNAPSHOT.summary, now=NOW)
            taken = IncidentSnapshotTaken(incident=kept.id, n=1, occasion="declare", evidence=digest)
            await tx.record(taken, by=ANNA, cause=CAUSE)
            note = IncidentNoted(incident=kept.id, kind="note", sha256="", words="=1+1 | *bold*")
            await tx.record(note, by=ANNA, cause=CAUSE)
            await tx.add_to_timeline(
                TimelineEntry(kept.number, NOW, "U0ANNA", "note", "=1+1 | *bold* <script>", "note:1")
            )
            await tx.link_change(kept.number, change.number, by="U0ANNA", at=NOW)
            ended = IncidentClosed(
                incident=kept.id, severity="SEV2", seconds=60, drill=False, resolution="ok"
            )
            await tx.record(ended, by=ANNA, cause=CAUSE)
            await tx.change_incident(
                await tx.incident(kept.number),
                state=IncidentState.RESOLVED,
                resolved_at=NOW + timedelta(minutes=40),
                resolved_by="U0ANNA",
                first_snapshot_at=NOW + timedelta(seconds=4),
            )
        yield opened


async def files(archives: Archives) -> dict[str, bytes]:
    """Return the files of the review."""
    ledger, archive = archives.opened.ledger, archives.opened.archive
    vkeys, now = [ledger.vkey], archives.clock.now()
    _, content = await made_review(1, reading=archive.reading(), vkeys=vkeys, now=now)
    _, again = await made_review(1, reading=archive.reading(), vkeys=vkeys, now=now)
    assert content == again
    with ZipFile(io.BytesIO(content)) as opened:
        assert opened.namelist() == sorted(opened.namelist())
        return {name: opened.read(name) for name in opened.namelist()}


async def test_a_review_holds_documents_snapshots_charts_and_a_proof_of_each_entry(
    archives: Archives, tmp_path: Path
) -> None:
    found = await files(archives)
    sums = dict(line.split("  ")[::-1] for line in found["SHA256SUMS"].decode().splitlines())
    assert sums == {name: sha256(body).hexdigest() for name, body in found.items() if name != "SHA256SUMS"}
    (snapshot,) = [name for name in found if name.startswith("snapshots/")]
    assert snapshot == f"snapshots/{sha256(found[snapshot]).hexdigest()}.json"
    assert found["charts/calls-triage-prod.png"].startswith(b"\x89PNG")
    proofs = sorted(name for name in found if name.startswith("proofs/entries/"))
    assert proofs[0] == "proofs/entries/0001-incident.opened.tlog-proof"
    verdicts = [check_proof(found[name], [Verifier.parse(archives.opened.ledger.vkey)]) for name in proofs]
    assert [each.exit for each in verdicts] == [0, 0, 0, 0]
    said = [each.proved[0] for each in verdicts]
    assert all('"incident":"INC-1"' in each for each in said)
    assert [
        kind in each for kind, each in zip(("opened", "snapshot", "noted", "closed"), said, strict=True)
    ] == [True] * 4
    for name in ("verify_pack.py", proofs[1]):
        (tmp_path / Path(name).name).write_bytes(found[name])
    words = ("-I", "verify_pack.py", Path(proofs[1]).name, "--vkey", archives.opened.ledger.vkey)
    alone = await asyncio.create_subprocess_exec(
        sys.executable, *words, cwd=tmp_path, stdout=asyncio.subprocess.DEVNULL
    )
    assert await alone.wait() == 0


async def test_a_review_says_how_long_things_took_and_what_never_came(archives: Archives) -> None:
    told = json.loads((await files(archives))["review.json"])
    assert told["seconds_to"] == {"first_snapshot": 4, "severity": None, "lead": None, "resolve": 2400}
    assert (told["usual_of"], told["entries"]) == (0, [2, 4, 5, 6])
    assert told["changes"][0]["id"] == "CHG-1"
    assert "s3cr3tvalue" not in json.dumps(told)


async def test_what_people_wrote_is_text_in_every_form(archives: Archives) -> None:
    found = await files(archives)
    page, written, rows = (found[name].decode() for name in ("review.html", "review.md", "timeline.csv"))
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "http-equiv" not in page
    assert "=1+1 \\| \\*bold\\* \\<script\\>" in written
    assert "'=1+1" in rows
    assert all("s3cr3tvalue" not in each for each in (page, written, rows))


async def test_a_drill_says_so_and_an_incident_that_is_not_there_has_no_review(archives: Archives) -> None:
    archive = archives.opened.archive
    async with archive.transaction() as tx:
        await tx.add_incident(replace(INCIDENT, drill=True))
    review, content = await made_review(2, reading=archive.reading(), vkeys=[], now=NOW)
    with ZipFile(io.BytesIO(content)) as opened:
        page = opened.read("review.html").decode()
    assert "DRILL · INC-2" in page
    assert "its times count in no median" in page
    assert review.compared == 1
    with pytest.raises(NotFoundError, match="INC-9"):
        await made_review(9, reading=archive.reading(), vkeys=[], now=NOW)
