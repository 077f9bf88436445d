"""Every kind of anchor, on a real file or server: what it keeps, and what it proves of a trail that was changed."""

import json
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from aiohttp import ClientSession

from bot.anchors.witness import WitnessAnchor
from bot.domain.anchor_events import AnchorOverridden
from bot.domain.errors import AnchorContradictsError, AnchorUnavailableError, RunAgain
from bot.domain.note import Signer, Verifier, open_note
from bot.domain.note_text import Checkpoint
from bot.ports.anchors import OurLog, Published
from bot.slack.anchor import note_of
from sandbox.azure.blob import Blob
from storage.audit_anchors import Witnessed
from storage.audit_verify import verify_log
from tests.contracts.anchor_house import BLOB, CHANNEL, KINDS, AnchorHouse, anchor_house, codes
from tests.contracts.audit_forge import Forge, forged, tampered
from tests.contracts.audit_house import House
from tests.contracts.fixtures_storage import ANNA, CAUSE, ORIGIN

only = pytest.mark.parametrize


@pytest.fixture(params=KINDS)
async def house(
    request: pytest.FixtureRequest, sqlite_url: str, tmp_path: Path
) -> AsyncIterator[AnchorHouse]:
    """Give a trail with an anchor of each kind; `parametrize("house", ["file"], indirect=True)` picks one."""
    async with anchor_house(request.param, sqlite_url, tmp_path) as opened:
        yield opened


async def test_what_is_anchored_is_a_row_an_entry_and_there_to_be_read(house: AnchorHouse) -> None:
    size = await house.anchored(3)
    rows = await house.archives.rows("SELECT size, kind FROM audit_anchor")
    assert rows == [(size, house.anchor.kind)]
    assert (await house.tags())[-1] == "checkpoint.anchored"
    witnessed = await house.newest()
    assert witnessed.seen is not None
    assert witnessed.seen.size == (size + 1 if house.anchor.kind == "witness" else size)
    assert house.verified(witnessed).findings == ()


async def test_the_entry_about_an_anchor_is_no_reason_to_anchor_again(house: AnchorHouse) -> None:
    size = await house.anchored()
    again = await house.publish()
    assert (again.is_new, again.size) == (False, size)
    assert (await house.tags()).count("checkpoint.anchored") == 1


async def test_one_after_another_are_kept_and_the_newest_is_found(house: AnchorHouse) -> None:
    sizes = [await house.anchored(times) for times in (1, 2, 5)]
    rows = await house.archives.rows("SELECT size FROM audit_anchor ORDER BY size")
    assert [row[0] for row in rows] == sizes
    witnessed = await house.newest()
    assert witnessed.seen is not None
    assert witnessed.seen.size >= sizes[-1]
    assert house.verified(witnessed).ok


@only("database", ["postgres_url"])
@only("kind", ["file", "witness"])
async def test_on_postgres_it_is_the_same(
    kind: str, database: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    async with anchor_house(kind, request.getfixturevalue(database), tmp_path) as house:
        for times in (1, 300):
            await house.anchored(times)
        assert (await house.ask()).findings == ()


@pytest.mark.threat(25)
@pytest.mark.asvs("16.4.2")
async def test_an_older_backup_in_place_of_the_database_is_found_by_each_anchor(
    house: AnchorHouse, tmp_path: Path
) -> None:
    await house.anchored(2)
    backup = await house.backup(tmp_path / "backup.db")
    await house.anchored(3)
    async with house.on(backup) as older:
        assert codes(await older.ask()) == {"A2"}
    assert (await house.ask()).ok


@pytest.mark.threat(25)
@pytest.mark.asvs("16.4.2")
async def test_a_backup_that_went_on_with_the_real_key_is_a_fork_that_each_anchor_proves(
    house: AnchorHouse, tmp_path: Path
) -> None:
    await house.anchored(2)
    backup = await house.backup(tmp_path / "backup.db")
    await house.anchored(2)
    async with house.on(backup) as fork:
        await fork.entry(9)
        assert codes(await fork.ask()) == {"A3"}


@only("house", ["file", "slack", "azure_blob"], indirect=True)
async def test_a_note_of_a_key_that_nobody_pinned_is_not_believed(house: AnchorHouse) -> None:
    await house.anchored()
    witnessed = await house.newest()
    assert witnessed.seen is not None
    stranger = Signer.parse(Signer.generate(ORIGIN)[0])
    forged = stranger.sign(Checkpoint(ORIGIN, 3, b"f" * 32).text())
    other = Signer.parse(Signer.generate("another.example/log")[0])
    for note in (forged, "no note", other.sign(Checkpoint(ORIGIN, 3, b"f" * 32).text())):
        seen = type(witnessed.seen)(3, note)
        assert codes(house.verified(Witnessed(witnessed.kind, ORIGIN, seen))) == {"A1"}


@only("house", ["file"], indirect=True)
async def test_two_kinds_that_hold_different_roots_at_one_size_disagree(house: AnchorHouse) -> None:
    size = await house.anchored()
    mine = await house.newest()
    note = house.archives.signer.sign(Checkpoint(ORIGIN, size, b"f" * 32).text())
    assert mine.seen is not None
    other = Witnessed("slack", ORIGIN, type(mine.seen)(size, note))
    assert codes(house.verified(mine, other)) == {"A3", "A4"}


@only("house", ["file", "slack", "azure_blob"], indirect=True)
async def test_what_was_anchored_and_is_gone_is_a_finding(house: AnchorHouse) -> None:
    await house.anchored()
    await house.anchored()
    places = house.places
    if house.anchor.kind == "file":
        places.file.unlink()
    elif places.slack is not None:
        for message in list(places.slack.messages.values()):
            places.slack.remove(message)
    elif places.storage is not None:
        places.storage.containers["contosoaudit/anchors"].blobs.clear()
    assert codes(await house.held()) == {"A5"}


@only("house", ["file"], indirect=True)
async def test_a_file_that_was_cut_is_refused_and_found(house: AnchorHouse) -> None:
    await house.anchored()
    os.truncate(house.places.file, 10)
    await house.entry()
    outcome = await house.publish()
    assert isinstance(outcome.error, AnchorContradictsError)
    assert outcome.error.code == "A5"
    assert house.places.file.stat().st_size == 10
    assert "A5" in codes(await house.held())


@only("house", ["file"], indirect=True)
async def test_a_line_that_a_crash_cut_off_harms_nothing(house: AnchorHouse) -> None:
    await house.anchored()
    with house.places.file.open("a") as file:
        file.write('{"at": "2026-11-22T09')
    size = await house.anchored()
    witnessed = await house.newest()
    assert witnessed.seen is not None
    assert witnessed.seen.size == size
    assert house.verified(witnessed).ok


@only("house", ["file"], indirect=True)
async def test_a_spoilt_line_after_the_newest_is_a_finding(house: AnchorHouse) -> None:
    await house.anchored()
    with house.places.file.open("a") as file:
        file.write("nothing of the kind\n")
    assert codes(await house.held()) == {"A1"}


@only("house", ["file"], indirect=True)
async def test_the_file_has_one_line_for_each_checkpoint_and_no_file_is_refused_in_words(
    house: AnchorHouse,
) -> None:
    size = await house.anchored()
    (line,) = house.places.file.read_text().splitlines()
    opened = open_note(json.loads(line)["note"], [Verifier.parse(house.archives.signer.vkey)])
    assert Checkpoint.parse(opened.text).size == size
    house.places.file.unlink()
    house.places.file.mkdir()
    await house.archives.execute("DROP TRIGGER audit_anchor_delete")
    await house.archives.execute("DELETE FROM audit_anchor")
    outcome = await house.publish()
    assert isinstance(outcome.error, AnchorUnavailableError)
    assert "cannot be used" in str(outcome.error)
    assert (await house.tags())[-1] == "anchor.failed"


@only("house", ["slack"], indirect=True)
async def test_an_edited_message_is_a_finding_whatever_it_says_now(house: AnchorHouse) -> None:
    await house.anchored()
    world = house.places.slack
    assert world is not None
    (message,) = [each for each in world.messages.values() if each.channel == CHANNEL]
    world.change(message)
    assert codes(await house.held()) == {"A5"}
    message.text = "nothing to see"
    assert codes(await house.held()) == {"A1", "A5"}


@only("house", ["slack"], indirect=True)
async def test_the_message_holds_the_whole_note(house: AnchorHouse) -> None:
    size = await house.anchored()
    world = house.places.slack
    assert world is not None
    (message,) = [each for each in world.messages.values() if each.channel == CHANNEL]
    opened = open_note(note_of(message.text), [Verifier.parse(house.archives.signer.vkey)])
    assert Checkpoint.parse(opened.text).size == size
    linked = message.text.replace("example.test", "<http://example.test|example.test>")
    assert note_of(linked) == note_of(message.text)


@only("house", ["azure_blob"], indirect=True)
async def test_somebody_else_appending_makes_it_look_again(house: AnchorHouse) -> None:
    await house.anchored()
    storage = house.places.storage
    assert storage is not None
    blob = storage.containers["contosoaudit/anchors"].blobs["trail"]

    def grow() -> None:
        blob.content += blob.content.splitlines(keepends=True)[0]
        blob.blocks += 1

    storage.before_append = grow
    size = await house.anchored()
    assert len(blob.content.splitlines()) == 3
    assert "AppendPositionConditionNotMet" in storage.refused
    witnessed = await house.newest()
    assert witnessed.seen is not None
    assert witnessed.seen.size == size


@only("house", ["azure_blob"], indirect=True)
@only(
    ("harm", "words"),
    [
        ("policy", "allowProtectedAppendWrites"),
        ("kind", "no append blob"),
        ("role", "Storage Blob Data Contributor"),
        ("container", "no such container"),
    ],
)
async def test_what_azure_storage_refuses_is_said_with_the_fix(
    house: AnchorHouse, harm: str, words: str
) -> None:
    storage = house.places.storage
    assert storage is not None
    container = storage.containers["contosoaudit/anchors"]
    if harm == "policy":
        container.appends = False
    elif harm == "kind":
        container.blobs["trail"] = Blob("BlockBlob")
    elif harm == "role":
        storage.writers.clear()
    else:
        storage.containers.clear()
    await house.entry()
    outcome = await house.publish()
    assert isinstance(outcome.error, AnchorUnavailableError)
    assert words in str(outcome.error)


@only("house", ["azure_blob"], indirect=True)
async def test_a_full_blob_is_followed_by_the_next(house: AnchorHouse) -> None:
    await house.anchored()
    storage = house.places.storage
    assert storage is not None
    blobs = storage.containers["contosoaudit/anchors"].blobs
    blobs["trail"].blocks = 50_000
    size = await house.anchored()
    assert set(blobs) == {"trail", "trail.2"}
    witnessed = await house.newest()
    assert witnessed.seen is not None
    assert witnessed.seen.size == size
    del blobs["trail.2"]
    assert codes(await house.held()) == {"A5"}


@only("house", ["azure_blob"], indirect=True)
async def test_nothing_anchored_can_be_overwritten_or_deleted(house: AnchorHouse) -> None:
    await house.anchored()
    storage = house.places.storage
    assert storage is not None
    before = storage.containers["contosoaudit/anchors"].blobs["trail"].content
    for method, query in (("PUT", ""), ("DELETE", "")):
        answer = await raw(house, method, query)
        assert answer == "BlobImmutableDueToPolicy"
    assert storage.containers["contosoaudit/anchors"].blobs["trail"].content == before


async def raw(house: AnchorHouse, method: str, query: str) -> str:
    """Return the error code of a request that the anchor itself would never send."""
    headers = {
        "Authorization": "Bearer sandbox-reader",
        "x-ms-version": "2023-11-03",
        "x-ms-date": "Sun, 22 Nov 2026 09:00:00 GMT",
        "x-ms-blob-type": "AppendBlob",
    }
    url = house.anchor._url  # type: ignore[attr-defined]
    assert BLOB in url
    async with ClientSession() as session, session.request(method, url + query, headers=headers) as answer:
        return answer.headers.get("x-ms-error-code", "")


@only("house", ["witness"], indirect=True)
async def test_a_cosignature_is_verified_and_kept(house: AnchorHouse) -> None:
    size = await house.anchored()
    witness = house.places.witness
    assert witness is not None
    ((signer, line, note),) = await house.archives.rows(
        "SELECT signer, line, note FROM audit_cosignature JOIN audit_checkpoint USING (shard, size)"
    )
    assert signer == "witness.example/w1"
    opened = open_note(note + line, [Verifier.parse(witness.vkey)])
    assert Checkpoint.parse(opened.text).size == size
    assert witness.asked[0].startswith("old 0\n\n")


@only("house", ["witness"], indirect=True)
async def test_of_a_witness_with_two_keys_the_configured_one_is_kept(house: AnchorHouse) -> None:
    witness = house.places.witness
    assert witness is not None
    witness.is_double = True
    vkey = witness.lattice.verifier.vkey
    house.anchor = WitnessAnchor(witness.url, vkey)
    await house.anchored()
    assert len(await house.archives.rows("SELECT line FROM audit_cosignature")) == 1
    report = verify_log(house.archives.url, [house.archives.signer.vkey, vkey])
    assert (report.cosigned, report.unchecked) == (1, 0)


@only("house", ["witness"], indirect=True)
async def test_a_witness_that_knows_less_or_nothing_is_met_where_it_is(house: AnchorHouse) -> None:
    await house.anchored(2)
    witness = house.places.witness
    assert witness is not None
    before = dict(witness.seen)
    await house.anchored(2)
    witness.seen = before
    assert (await house.anchored(2)) == witness.seen[ORIGIN].size
    witness.seen = {}
    assert (await house.anchored(2)) == witness.seen[ORIGIN].size
    assert "anchor.failed" not in await house.tags()


@only("house", ["witness"], indirect=True)
@only(
    ("status", "words"),
    [
        (403, "does not know the key"),
        (404, "does not know this trail's origin"),
        (429, "slow down"),
        (500, "500"),
    ],
)
async def test_what_a_witness_refuses_is_said_in_words(house: AnchorHouse, status: int, words: str) -> None:
    witness = house.places.witness
    assert witness is not None
    witness.refuse = status
    await house.entry()
    outcome = await house.publish()
    assert isinstance(outcome.error, AnchorUnavailableError)
    assert words in str(outcome.error)
    assert await house.archives.rows("SELECT * FROM audit_anchor") == []
    witness.refuse = 0
    assert (await house.publish()).error is None


@only("house", ["witness"], indirect=True)
async def test_a_witness_that_signs_with_another_key_is_not_believed(house: AnchorHouse) -> None:
    witness = house.places.witness
    assert witness is not None
    witness.__post_init__()
    await house.entry()
    outcome = await house.publish()
    assert isinstance(outcome.error, AnchorUnavailableError)
    assert "does not verify" in str(outcome.error)
    assert await house.archives.rows("SELECT * FROM audit_cosignature") == []


@pytest.mark.threat(25)
@pytest.mark.asvs("16.4.2")
@only("house", ["witness"], indirect=True)
async def test_a_witness_that_has_seen_more_is_proof_of_a_rollback_and_is_written_down(
    house: AnchorHouse, tmp_path: Path
) -> None:
    await house.anchored(2)
    backup = await house.backup(tmp_path / "backup.db")
    await house.anchored(3)
    async with house.on(backup) as older:
        await older.entry()
        outcome = await older.publish()
        assert isinstance(outcome.error, AnchorContradictsError)
        assert (outcome.error.code, outcome.is_new) == ("A2", True)
        async with older.archives.opened.archive.reading() as look:
            (state,) = await look.anchor_states(("witness",))
        assert (state.finding, (await older.tags())[-1]) == ("A2", "anchor.failed")
        assert not (await older.publish()).is_new


@only("house", ["witness"], indirect=True)
async def test_what_another_process_anchored_meanwhile_is_no_proof_of_a_rollback(house: AnchorHouse) -> None:
    await house.anchored()
    stale, calls = house.anchor.publish, []

    async def overtaken(log: OurLog) -> Published:
        if not calls:
            calls.append(log.size)
            await house.entry()
            await house.newest()
        return await stale(log)

    house.anchor.publish = overtaken  # type: ignore[method-assign]
    await house.entry()
    with pytest.raises(RunAgain):
        await house.publish()
    assert (await house.publish()).error is None
    assert "anchor.failed" not in await house.tags()


@only("database", ["sqlite_url", "postgres_url"])
async def test_the_newest_entry_of_a_change_is_found_with_the_head_it_stands_under(
    database: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    async with anchor_house("file", request.getfixturevalue(database), tmp_path) as house:
        archive = house.archives.opened.archive
        for n in (1, 2):
            async with archive.transaction() as tx:
                event = AnchorOverridden(change="CHG-7", anchors=("file",), minutes=n, step="forward")
                await tx.record(event, by=ANNA, cause=CAUSE)
        await house.entry()
        async with archive.reading() as look:
            head = await look.trail_head()
            assert head is not None
            assert (await look.last_entry_of("CHG-7"), head.size) == (3, 5)
            assert await look.last_entry_of("CHG-8") is None


def as_forged(house: AnchorHouse) -> House:
    """Return the trail as a forger sees it, who has every right on the database."""
    opened = house.archives.opened
    return House(opened.database.engine, house.archives.url, "", house.archives.signer.vkey, opened.ledger)


def cut_to(size: int) -> Callable[[Forge], None]:
    """Return the attack that forgets everything after the checkpoint at or below a size."""

    def cut(forge: Forge) -> None:
        end = max(each for each in forge.checkpoints if each <= size)
        forge.bodies, forge.leaves, forge.seqs = forge.bodies[:end], forge.leaves[:end], forge.seqs[:end]
        forge.checkpoints = {each: note for each, note in forge.checkpoints.items() if each <= end}

    return cut


@pytest.mark.threat(25)
@pytest.mark.asvs("16.4.2")
@only("house", ["file", "slack", "azure_blob"], indirect=True)
async def test_an_end_cut_off_with_its_checkpoints_and_anchor_rows_is_found_outside(
    house: AnchorHouse,
) -> None:
    size = await house.anchored(6)
    await tampered(as_forged(house), "DELETE FROM {}audit_anchor")
    await forged(as_forged(house), cut_to(size - 2))
    assert codes(house.verified()) == set()
    assert codes(await house.held()) == {"A2"}


@pytest.mark.threat(25)
@pytest.mark.asvs("16.4.2")
@only("house", ["file", "slack", "azure_blob"], indirect=True)
async def test_what_the_stolen_key_rewrites_is_found_below_the_anchor_and_not_above(
    house: AnchorHouse,
) -> None:
    size = await house.anchored(3)
    await house.entry(2)

    def rewrite(seq: int) -> Callable[[Forge], None]:
        def attack(forge: Forge) -> None:
            forge.edit(seq, lambda document: document["data"].update(freeze="FRZ-9"))
            forge.rehash(seq)
            forge.resign(house.archives.signer)

        return attack

    await forged(as_forged(house), rewrite(size + 1))
    assert codes(await house.held()) == set(), "what is newer than the newest anchor is the residual"
    await forged(as_forged(house), rewrite(size - 1))
    assert codes(house.verified()) == set()
    assert codes(await house.held()) == {"A3"}
