"""Entries that only commit to who acted: found, shown and proved for who has the database, and erased for good."""

import json
from collections.abc import AsyncIterator

import pytest

from bot.domain.errors import LedgerBrokenError
from bot.domain.proof_check import check_pack
from bot.domain.public_key import PublicKey
from bot.ports.trail import TrailQuery
from storage.audit_search import TrailRows
from storage.audit_verify import verify_log
from storage.erasing import erase_person, erase_text
from tests.contracts.audit_forge import tampered
from tests.contracts.audit_house import House, open_house
from tests.contracts.privacy_house import COMMITTING, by, bytes_of, keeper, under

PLAN = {"revision": 1, "plan_digest": "a" * 64}
APPROVED = {**PLAN, "behalf": ["U0LENDS", "U0TOO"], "policy_digest": "b" * 64}


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    """Give a house in which somebody asked in clear, and others decided when ids were committed to."""
    async with open_house(database_url) as opened:
        await opened.append(by("U0ALICE", words="she said so", data={"owner": "U0OTTO"}))
        later = under(opened, COMMITTING)
        await later.append(by("U0BOB", "change.approved", APPROVED, "behalf", words="he said so"))
        taken_back = {**PLAN, "approver": "U0BOB"}
        await later.append(by("U0ALICE", "change.approval_withdrawn", taken_back, "approver", words="no"))
        yield later


async def bodies(house: House) -> list[str]:
    """Return the bodies, in order."""
    return [row[0] for row in await house.rows("SELECT body FROM {}audit_entry ORDER BY shard, seq")]


async def searched(house: House, actor: str) -> list[int]:
    """Return the numbers of an actor's entries."""
    async with house.engine.begin() as connection:
        page = await TrailRows(connection).search_trail(TrailQuery(actor=actor))
    return [each.seq for each in page.entries]


async def told(house: House) -> list[dict[str, object]]:
    """Return what the entries of the change say, proved, with the texts in their places."""
    async with house.engine.begin() as connection:
        return [each.told for each in await house.ledger.verified_entries(connection, "CHG-1")]


async def test_from_the_next_entry_on_no_id_of_a_person_is_in_a_body(house: House) -> None:
    _, asked, approved, back = await bodies(house)
    assert "U0ALICE" in asked
    for word in ("U0ALICE", "U0BOB", "U0LENDS", "U0TOO", "T0SOME", "oid-of"):
        assert word not in approved + back
    assert set(json.loads(approved)["actor"]["id"]) == {"_sd"}
    assert json.loads(approved)["actor"]["kind"] == "slack_user"
    report = verify_log(house.url, [house.vkey], deep=True)
    assert (report.findings, report.withheld) == ((), 0)


async def test_what_our_own_roles_do_stays_in_clear(house: House) -> None:
    async with house.engine.begin() as connection:
        await house.ledger.append(
            connection, [keeper(house).entry("verify.passed", {})], now=keeper(house).now
        )
        entry = by("executor", "change.execution.started", {**PLAN, "approvers": ["U0BOB"]}, "approvers")
        system = {"kind": "system", "id": "executor", "auth": "process"}
        entry.__dict__["actor"] = system
        await house.ledger.append(connection, [entry], now=keeper(house).now)
    *_, kept, started = await bodies(house)
    assert "kim" not in kept
    assert json.loads(started)["actor"] == system
    assert "U0BOB" not in started


async def test_who_has_the_database_finds_and_reads_people_as_before(house: House) -> None:
    assert await searched(house, "U0ALICE") == [3, 1]
    assert await searched(house, "U0BOB") == [2]
    assert await searched(house, "U0NONE") == []
    asked, approved, back = await told(house)
    assert (asked["actor"]["id"], approved["actor"]["id"]) == ("U0ALICE", "U0BOB")  # type: ignore[index]
    assert approved["data"]["behalf"] == ["U0LENDS", "U0TOO"]  # type: ignore[index]
    assert back["data"]["approver"] == "U0BOB"  # type: ignore[index]


async def test_erasing_a_person_takes_their_id_everywhere_and_leaves_those_of_others(house: House) -> None:
    gone = await erase_person(keeper(house), "U0BOB", "asked")
    assert [(each.seq, each.path) for each in gone] == [
        (2, "/actor.entra_oid"),
        (2, "/actor.id"),
        (2, "/actor.team"),
        (2, "reason"),
        (3, "approver"),
    ]
    _, approved, back = await told(house)
    assert approved["actor"]["id"] == "withheld"  # type: ignore[index]
    assert approved["data"]["behalf"] == ["U0LENDS", "U0TOO"]  # type: ignore[index]
    assert (back["actor"]["id"], back["data"]["approver"]) == ("U0ALICE", "withheld")  # type: ignore[index]
    report = verify_log(house.url, [house.vkey], deep=True)
    assert (report.findings, report.withheld, report.erased) == ((), 5, 5)
    assert await searched(house, "U0BOB") == []


async def test_not_a_byte_of_an_erased_id_is_left_in_the_file(sqlite_url: str) -> None:
    async with open_house(sqlite_url) as plain:
        house = under(plain, COMMITTING)
        for n in range(60):
            await house.append(by("U0GONE" if n % 2 else "U0STAYS", words=f"words {n}" * (n % 7)))
        assert b"U0GONE" in bytes_of(sqlite_url)
        await erase_person(keeper(house), "U0GONE", "asked")
        assert b"U0GONE" not in bytes_of(sqlite_url)
        assert b"U0STAYS" in bytes_of(sqlite_url)


@pytest.mark.threat(25)
@pytest.mark.asvs("16.4.2")
async def test_an_id_swapped_beside_its_entry_is_found_and_proves_nothing(house: House) -> None:
    await tampered(
        house,
        "UPDATE {}audit_disclosure SET disclosure = replace(disclosure, 'U0BOB', 'U0EVE') WHERE path = '/actor.id'",
    )
    assert {each.code for each in verify_log(house.url, [house.vkey]).findings} == {"S4"}
    with pytest.raises(LedgerBrokenError, match=r"not what was recorded: /actor\.id"):
        await told(house)


async def packed(house: House, *, disclose: bool) -> str:
    """Return the proof pack of the change."""
    async with house.engine.begin() as connection:
        pack = await house.ledger.proof_pack(connection, "CHG-1", disclose=disclose)
    return json.dumps(pack.as_json())


async def decided(house: House, requester: str, *approvers: str) -> House:
    """Record a change that was asked for and approved, ids committed to; return the house."""
    revision = {"revision": 1}
    await house.append(by(requester, "change.requested", {**revision, "owner": "U0OTTO"}, "owner"))
    await house.append(
        by(requester, "change.planned", PLAN), by(requester, "policy.evaluated", {**revision, "quorum": 2})
    )
    votes = [by(each, "change.approved", PLAN) for each in approvers]
    leaves = [each.leaf_hash for each in await house.append(*votes)]
    await house.append(by("executor", "change.execution.started", {**PLAN, "approvals": leaves}))
    return house


async def test_a_pack_proves_four_eyes_with_the_ids_and_says_that_it_cannot_without(
    database_url: str,
) -> None:
    async with open_house(database_url) as plain:
        house = await decided(under(plain, COMMITTING), "U0ALICE", "U0BOB", "U0CAROL")
        keys = [PublicKey.parse(house.vkey)]
        shown = check_pack(await packed(house, disclose=True), keys)
        assert shown.exit == 0
        assert any("by U0BOB, U0CAROL, none of them the requester" in each for each in shown.proved)
        assert not any("approver and requester" in each for each in shown.unproved)
        hidden = check_pack(await packed(house, disclose=False), keys)
        assert hidden.exit == 0
        assert "That approver and requester are different people" in hidden.unproved[0]
        assert "who acted in 1, 4, 5 is withheld" in hidden.unproved[0]
        assert not any("none of them the requester" in each for each in hidden.proved)
        assert any("2 of 2 approvals" in each for each in hidden.proved)
        await erase_text(keeper(house), 5, "/actor.entra_oid", "asked")
        partly = check_pack(await packed(house, disclose=True), keys)
        assert (partly.exit, "who acted in 5 is withheld" in partly.unproved[0]) == (0, True)


@pytest.mark.parametrize("approvers", [("U0BOB", "U0ALICE"), ("U0BOB", "U0BOB")])
async def test_a_pack_with_the_ids_refuses_an_approval_of_ones_own_and_one_that_counts_twice(
    sqlite_url: str, approvers: tuple[str, str]
) -> None:
    async with open_house(sqlite_url) as plain:
        house = await decided(under(plain, COMMITTING), "U0ALICE", *approvers)
        found = check_pack(await packed(house, disclose=True), [PublicKey.parse(house.vkey)])
        assert (found.exit, found.code) == (1, "P6")


async def test_ids_of_a_pack_that_were_swapped_are_refused(sqlite_url: str) -> None:
    async with open_house(sqlite_url) as plain:
        house = await decided(under(plain, COMMITTING), "U0ALICE", "U0BOB", "U0CAROL")
        pack = (await packed(house, disclose=True)).replace('\\"U0CAROL\\"]', '\\"U0EVE01\\"]')
        found = check_pack(pack, [PublicKey.parse(house.vkey)])
        assert (found.exit, found.code) == (1, "P8")
