"""Verification: silent on an untouched trail, and one code for each way of tampering with it."""

import json
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.errors import AuditMissingError
from bot.domain.note import Signer
from storage.audit_findings import CODES, VerifyReport
from storage.audit_verify import verify_log
from tests.contracts.audit_forge import Forge, forged, tampered, written
from tests.contracts.audit_house import NOW, House, entry, ledger_of, open_house


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    """Give a house with a dozen entries in its log."""
    async with open_house(database_url) as opened:
        await opened.append(entry(data={"cost": 1, "who": "André"}, disclosures={"reason": "because"}))
        for kind in ("change.planned", "change.approved", "change.execution.started"):
            await opened.append(entry(kind), entry(change="CHG-2"))
        await opened.append(entry("writer.started", change=""))
        await opened.append(entry("change.closed"), entry("change.withdrawn", change="CHG-2"))
        yield opened


def verified(house: House, *, deep: bool = False) -> VerifyReport:
    """Return the report on the house's trail."""
    return verify_log(house.url, [house.vkey], deep=deep)


def codes(report: VerifyReport) -> set[str]:
    """Return the codes found."""
    return {each.code for each in report.findings}


def resign(forge: Forge, house: House) -> None:
    """Sign everything again with the log's own key."""
    forge.resign(Signer.parse(house.skey))


async def test_an_untouched_trail_has_no_findings(house: House) -> None:
    for deep in (False, True):
        report = verified(house, deep=deep)
        assert report.findings == ()
        assert (report.ok, report.size) == (True, 11)
        assert report.checkpoint == await house.scalar("SELECT note FROM {}audit_checkpoint WHERE size = 11")
        assert set(report.as_json()) == {"ok", "size", "root", "checkpoint", "findings"}


async def test_a_trail_in_use_can_be_verified_through_the_open_connection(house: House) -> None:
    async with house.engine.begin() as connection:
        await house.ledger.append(connection, [entry()], now=NOW + timedelta(days=1))
        report = await connection.run_sync(lambda sync: verify_log(sync, [house.vkey], deep=True))
    assert (report.ok, report.size) == (True, 12)


def edit(forge: Forge) -> None:
    """Change who did it."""
    forge.edit(3, lambda document: document["actor"].update(id="U9"))


def spoil_a_middle_checkpoint(forge: Forge) -> None:
    forge.checkpoints[4] = forge.checkpoints[4].replace("— ", "-- ")


def drop_a_link(forge: Forge) -> None:
    forge.edit(4, lambda document: document.pop("prev"))
    forge.fix_leaf(4)


# What the catalogue of attacks (test_audit_catalogue.py) has no number for.
BESIDE: Sequence[tuple[Callable[[Forge], None], set[str]]] = (
    (spoil_a_middle_checkpoint, {"M1"}),
    (drop_a_link, {"C2", "M4"}),
)


@pytest.mark.parametrize(("attack", "expected"), BESIDE, ids=lambda each: getattr(each, "__name__", ""))
async def test_what_else_somebody_without_the_key_may_do_is_found(
    house: House, attack: Callable[[Forge], None], expected: set[str]
) -> None:
    await forged(house, attack)
    report = verified(house)
    assert not report.ok
    assert expected <= codes(report) <= set(CODES)


async def test_the_first_finding_names_the_entry(house: House) -> None:
    await forged(house, edit)
    assert {each.seq for each in verified(house).findings if each.code == "C1"} == {3}


async def test_a_gap_in_a_changes_own_chain_is_found_even_when_the_key_holder_signed_it(house: House) -> None:
    def attack(forge: Forge) -> None:
        forge.edit(3, lambda document: document["subject"].update(n=7))
        forge.rehash(3)
        resign(forge, house)

    await forged(house, attack)
    assert codes(verified(house)) == {"C4"}


async def test_an_entry_of_another_log_is_found_even_when_signed(house: House) -> None:
    def attack(forge: Forge) -> None:
        forge.edit(10, lambda document: document.update(log="other.test/log"))
        forge.fix_leaf(10)
        resign(forge, house)

    await forged(house, attack)
    assert codes(verified(house)) == {"C5"}


async def test_a_log_that_does_not_begin_with_its_opening_is_found(house: House) -> None:
    def attack(forge: Forge) -> None:
        forge.edit(0, lambda document: document.update(type="log.begun"))
        forge.fix_leaf(0)

    await forged(house, attack)
    assert {"S8", "M4"} <= codes(verified(house))


@pytest.mark.threat(25)
@pytest.mark.asvs("16.4.2")
async def test_everything_deleted_is_found(house: House) -> None:
    await tampered(house, "DELETE FROM {}audit_entry", "DELETE FROM {}audit_checkpoint")
    assert codes(verified(house)) >= {"S8"}
    assert not verified(house).ok


async def test_an_invented_tile_is_found(house: House) -> None:
    await tampered(
        house,
        "INSERT INTO {}audit_tile(shard, level, idx, hashes, root) VALUES (0, 3, 0, :hashes, :root)",
        hashes=bytes(8192),
        root=bytes(32),
    )
    assert codes(verified(house)) == {"M7"}


async def test_evidence_that_was_changed_is_found_when_looking_deep(house: House) -> None:
    await house.run(
        "INSERT INTO {}evidence_blob(sha256, media, kind, bytes, body, created_at)"
        " VALUES (:digest, 'application/json', 'snapshot', 2, :body, 'now')",
        digest="a" * 64,
        body=b"{}",
    )
    assert codes(verified(house, deep=True)) == {"S9"}


SCHEMA_ATTACKS = (
    ("sqlite", "DROP TRIGGER audit_entry_update", "missing: trigger audit_entry_update"),
    ("sqlite", "ALTER TABLE audit_anchor ADD COLUMN approved_by TEXT", "changed: table audit_anchor"),
    (
        "sqlite",
        "CREATE TRIGGER quiet BEFORE INSERT ON audit_entry BEGIN SELECT RAISE(IGNORE); END",
        "unexpected: trigger quiet",
    ),
    (
        "postgresql",
        "ALTER TABLE audit.audit_entry DISABLE TRIGGER audit_entry_refuse",
        "changed: trigger audit_entry.audit_entry_refuse",
    ),
    (
        "postgresql",
        "CREATE RULE quiet AS ON INSERT TO audit.audit_entry DO INSTEAD NOTHING",
        "unexpected: rule audit_entry.quiet",
    ),
    ("postgresql", "DROP INDEX audit.ix_audit_change", "missing: index ix_audit_change"),
)


@pytest.mark.parametrize(("kind", "statement", "message"), SCHEMA_ATTACKS, ids=lambda each: each[:60])
async def test_a_changed_schema_is_found_and_named(
    request: pytest.FixtureRequest, kind: str, statement: str, message: str
) -> None:
    url = request.getfixturevalue("sqlite_url" if kind == "sqlite" else "postgres_url")
    async with open_house(url) as house:
        await house.run(statement)
        report = verified(house)
        assert codes(report) == {"S5"}
        assert any(each.message.endswith(message) for each in report.findings)


async def test_a_dropped_table_is_found(house: House) -> None:
    await house.run("DROP TABLE {}audit_tile")
    assert codes(verified(house)) == {"S5"}


async def test_two_shards_verify_together_and_must_follow_each_other(house: House) -> None:
    skey, vkey = Signer.generate("countersign.example.test/audit/2027")
    second = ledger_of(skey, 1, [house.vkey])
    async with house.engine.begin() as connection:
        await second.open_log(connection, NOW + timedelta(days=40))
        await second.append(connection, [entry("change.attested")], now=NOW + timedelta(days=40))
    report = verify_log(house.url, [house.vkey, vkey], deep=True)
    assert (report.findings, report.size) == ((), 2)
    assert codes(verify_log(house.url, [house.vkey])) == {"M1"}
    await tampered(house, "DELETE FROM {}audit_checkpoint WHERE shard = 0 AND size = 11")
    assert codes(verify_log(house.url, [house.vkey, vkey])) == {"M5", "M8"}


async def test_a_clock_that_went_back_with_notice_is_no_finding(house: House) -> None:
    async with house.engine.begin() as connection:
        await house.ledger.append(connection, [entry()], now=NOW - timedelta(hours=1))
    assert verified(house, deep=True).findings == ()


async def test_many_findings_of_one_code_are_counted_not_listed(house: House) -> None:
    await house.append(*[entry(change="") for _ in range(30)])
    await tampered(house, "UPDATE {}audit_entry SET leaf_hash = :zero", zero=bytes(32))
    found = [each for each in verified(house).findings if each.code == "C1"]
    assert len(found) == 11
    assert found[-1].message.endswith("31 more")


async def test_bytes_that_are_no_text_are_a_finding(sqlite_url: str) -> None:
    async with open_house(sqlite_url) as house:
        await house.append(entry())
        await tampered(
            house, "UPDATE audit_entry SET body = CAST(replace(CAST(body AS BLOB), 'U1', x'ff') AS TEXT)"
        )
        assert codes(verified(house)) >= {"C1", "M4"}


async def test_a_schema_too_broken_to_be_read_is_a_finding(house: House) -> None:
    if house.inside:
        await house.run("ALTER TABLE {}audit_entry DROP COLUMN id")
    else:
        await house.run("DROP TRIGGER audit_entry_next", "DROP INDEX ux_audit_id")
        await house.run("ALTER TABLE audit_entry DROP COLUMN id")
    assert codes(verified(house)) == {"S5"}


def test_a_database_that_is_not_there_is_not_created(tmp_path: Path) -> None:
    with pytest.raises(AuditMissingError):
        verify_log(f"sqlite:///{tmp_path / 'none.db'}", [])
    with pytest.raises(AuditMissingError):
        verify_log("postgresql://nobody@127.0.0.1:1/none", [])
    with pytest.raises(AuditMissingError):
        verify_log("no address", [])
    assert list(tmp_path.iterdir()) == []


def test_a_file_without_a_trail_or_that_is_no_database_cannot_be_verified(tmp_path: Path) -> None:
    for content in (b"", b"not a database, but long enough to be read as one" * 100):
        path = tmp_path / "some.db"
        path.write_bytes(content)
        with pytest.raises(AuditMissingError):
            verify_log(f"sqlite:///{path}", [])


async def test_verifying_changes_no_byte(sqlite_url: str) -> None:
    async with open_house(sqlite_url) as house:
        await house.append(entry())
    before = content(sqlite_url)
    assert verify_log(sqlite_url, [house.vkey], deep=True).ok
    assert content(sqlite_url) == before


def content(url: str) -> bytes:
    """Return the bytes of an SQLite database."""
    return Path(url.removeprefix("sqlite:///")).read_bytes()


def test_the_forger_writes_bodies_as_the_trail_does() -> None:
    assert written(json.loads('{"b":1,"a":"é"}')) == '{"a":"é","b":1}'


async def test_a_verification_tells_how_far_it_is(house: House) -> None:
    for _ in range(3):
        await house.append(entry())
    heard: list[tuple[int, int]] = []
    report = verify_log(house.url, [house.vkey], progress=lambda *far: heard.append(far))
    assert heard[-1] == (report.size, report.size)
    assert heard == sorted(heard)
