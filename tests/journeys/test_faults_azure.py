"""Azure misbehaves: nothing is sent twice, nothing is sent on a state nobody approved, and doubt is said."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.conftest import House
from tests.journeys.people import words_of
from tests.journeys.ways import (
    ALICE,
    BOB,
    CAROL,
    FACTS,
    OWNER,
    TRIAGE,
    Azure,
    a_house,
    applied,
    approved,
    ask,
    attested,
    confirm,
    entries,
    is_form,
    open_form,
    tags,
    trail,
    vote,
)

QUICK_GRACE = '\n[timing]\ndoubt_grace = "1s"\nobservation_window = "0s"\n'
SQLITE = pytest.param("sqlite", id="sqlite")
BOTH = [SQLITE, pytest.param("postgresql", id="postgresql")]
EACH_DATABASE = pytest.mark.parametrize("house", BOTH, indirect=True)
WRITTEN_BUT_NOT_SAID = ("500_after_apply", "reset_after_apply")
NOT_WRITTEN = ("500", "503", "reset", "html")


@pytest.fixture(params=[SQLITE])
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    """Give a house that waits one second after a doubt before it looks."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    async with a_house(tmp_path, url, more_toml=QUICK_GRACE) as made:
        yield made


async def sent(house: House) -> int:
    """Return how many mutations Azure received, accepted or not."""
    return len(await Azure(house).requests("PUT", "PATCH", "POST", "DELETE"))


@EACH_DATABASE
async def test_a_change_whose_deployment_moved_behind_its_back_is_superseded_and_nothing_is_sent(
    house: House,
) -> None:
    card = await approved(house)
    await Azure(house).behind(sku={"capacity": 130})
    assert (await confirm(house, ALICE, card, "apply"))["ok"]
    card = await house.people.card(ALICE, "CHG-1", "superseded")
    assert "sku.capacity" in words_of(card)
    last = entries(house, "CHG-1")[-1]
    assert (last.type, last.data["moved"]) == ("change.superseded", ["sku.capacity"])
    assert await sent(house) == 0
    assert await Azure(house).capacity() == 130
    assert trail(house).ok


@pytest.mark.parametrize(
    ("moved", "named"),
    [
        ({"tags": {"owner": "somebody-else"}}, "tags.owner"),
        ({"properties": {"raiPolicyName": "lenient-test-v1"}}, "properties.raiPolicyName"),
        (
            {"properties": {"versionUpgradeOption": "OnceCurrentVersionExpired"}},
            "properties.versionUpgradeOption",
        ),
        ({"deleted": True}, "the deployment itself"),
    ],
    ids=["tags", "filter", "upgrade", "gone"],
)
async def test_whatever_moved_before_the_apply_nothing_is_sent(
    house: House, moved: dict[str, Any], named: str
) -> None:
    card = await approved(house)
    await Azure(house).behind(**moved)
    assert (await confirm(house, ALICE, card, "apply"))["ok"]
    await house.people.card(ALICE, "CHG-1", "superseded")
    assert entries(house, "CHG-1")[-1].data["moved"] == [named]
    assert await sent(house) == 0


async def test_what_moves_while_the_account_is_busy_is_not_overwritten(house: House) -> None:
    card = await approved(house)
    await Azure(house).fault("409")
    assert (await confirm(house, ALICE, card, "apply"))["ok"]
    await _until_sent(house)
    await Azure(house).behind(sku={"capacity": 130})
    card = await house.people.card(ALICE, "CHG-1", "failed", seconds=30)
    assert "sku.capacity" in words_of(card)
    assert await sent(house) == 1
    assert await Azure(house).capacity() == 130


async def test_a_rollback_of_a_deployment_that_is_gone_ends_with_words(house: House) -> None:
    card = await applied(house)
    await Azure(house).behind(deleted=True)
    assert (await confirm(house, OWNER, card, "rollback"))["view"] is None
    card = await house.people.card(ALICE, "CHG-1", "failed")
    assert "the deployment is gone" in words_of(card)
    assert await sent(house) == 1
    assert trail(house).ok


async def _until_sent(house: House) -> None:
    async with asyncio.timeout(10):
        while not await sent(house):  # noqa: ASYNC110  (what is waited for is in another process)
            await asyncio.sleep(0.05)


@EACH_DATABASE
async def test_quota_that_is_gone_holds_the_change_with_words_and_a_later_apply_works(house: House) -> None:
    card = await approved(house, capacity=180)
    await Azure(house).behind(
        "email-draft-ft", properties={"model": {"name": "gpt-4.1-mini", "version": "2025-04-14"}}
    )
    await Azure(house).behind("email-draft-ft", sku={"capacity": 100})
    assert (await confirm(house, ALICE, card, "apply"))["ok"]
    card = await house.people.message(BOB, "Not applied: Quota")
    assert card["metadata"]["event_payload"]["state"] == "approved"
    assert await sent(house) == 0
    await Azure(house).behind("email-draft-ft", sku={"capacity": 30})
    assert (await confirm(house, ALICE, card, "apply"))["ok"]
    await house.people.card(ALICE, "CHG-1", "verifying")
    assert await Azure(house).capacity() == 180
    assert tags(house).count("change.execution.started") == 1


@EACH_DATABASE
async def test_an_approver_who_left_the_group_no_longer_counts_when_it_is_applied(house: House) -> None:
    card = await approved(house)
    assert (await house.people.post("/control/usergroups", {"id": "S0AIOPS", "users": [CAROL]}))["ok"]
    assert (await confirm(house, ALICE, card, "apply"))["ok"]
    card = await house.people.card(ALICE, "CHG-1", "superseded")
    assert "Of 1 approvals needed, 0 still count today" in words_of(card)
    assert await sent(house) == 0


@pytest.mark.parametrize("kind", ["409", "429"])
async def test_a_busy_azure_is_waited_for_and_then_written_once(house: House, kind: str) -> None:
    card = await approved(house)
    await Azure(house).fault(kind)
    assert (await confirm(house, ALICE, card, "apply"))["ok"]
    await house.people.card(ALICE, "CHG-1", "verifying", seconds=30)
    assert await sent(house) == 2
    assert len(await Azure(house).writes()) == 1
    assert "change.execution.failed" not in tags(house)


@EACH_DATABASE
@pytest.mark.parametrize("kind", WRITTEN_BUT_NOT_SAID)
async def test_an_answer_that_got_lost_is_doubted_and_read_back_never_sent_again(
    house: House, kind: str
) -> None:
    card = await approved(house)
    await Azure(house).fault(kind)
    assert (await confirm(house, ALICE, card, "apply"))["ok"]
    await house.people.message(BOB, "hecking what happened")
    await house.people.card(ALICE, "CHG-1", "verifying")
    assert await sent(house) == 1
    assert len(await Azure(house).writes()) == 1
    assert await Azure(house).capacity() == 150
    assert tags(house)[-5:] == [
        "change.execution.started",
        "change.execution.unknown",
        "baseline.recorded",
        "change.reconciled",
        "change.execution.finished",
    ]
    await attested(house)
    assert trail(house).ok


@pytest.mark.parametrize("kind", NOT_WRITTEN)
async def test_a_write_that_never_arrived_is_doubted_read_back_and_ended_as_not_applied(
    house: House, kind: str
) -> None:
    card = await approved(house)
    await Azure(house).fault(kind)
    assert (await confirm(house, ALICE, card, "apply"))["ok"]
    card = await house.people.card(ALICE, "CHG-1", "failed")
    assert "nothing was changed in Azure" in words_of(card)
    assert "change.rollback" not in str(card["blocks"])
    assert await sent(house) == 1
    assert await Azure(house).writes() == []
    assert tags(house)[-3:] == ["change.execution.unknown", "change.reconciled", "change.execution.failed"]
    assert [each.data["applied"] for each in entries(house, "CHG-1") if each.type == "change.reconciled"] == [
        False
    ]


async def test_an_operation_that_azure_accepts_and_then_fails_ends_as_failed(house: House) -> None:
    card = await approved(house)
    await Azure(house).fault("lro_failed")
    assert (await confirm(house, ALICE, card, "apply"))["ok"]
    card = await house.people.card(ALICE, "CHG-1", "failed")
    assert "InternalServerError" in words_of(card)
    assert tags(house)[-1] == "change.execution.failed"
    assert await Azure(house).capacity() == 120
    assert await sent(house) == 1


async def test_a_slow_answer_is_waited_for(house: House) -> None:
    card = await approved(house)
    await Azure(house).post("/control/faults", {"kind": "slow", "method": "PATCH", "seconds": 4})
    assert (await confirm(house, ALICE, card, "apply"))["ok"]
    await house.people.card(ALICE, "CHG-1", "verifying")
    assert await sent(house) == 1


@pytest.mark.parametrize("kind", ["503", "reset", "html", "403"])
async def test_status_while_azure_is_down_shows_gaps_instead_of_silence(house: House, kind: str) -> None:
    await Azure(house).fault(kind, method="GET", times=None)
    assert (await house.people.say(ALICE, "/cs status triage-prod"))["ok"]
    shown = await house.people.message(
        ALICE,
        lambda item: (
            item["ephemeral_to"] == ALICE
            and all(part not in words_of(item) for part in ("read-only …", "so far"))
        ),
        seconds=30,
    )
    words = words_of(shown)
    assert "ref " in words
    assert any(said in words for said in ("could not", "did not answer", "not allowed", "refused")), words
    assert "Traceback" not in words


async def test_a_request_checked_while_azure_is_down_comes_back_with_words_and_everything_typed(
    house: House,
) -> None:
    form = await open_form(house)
    await Azure(house).fault("503", method="GET", times=None)
    assert (await house.people.submit(ALICE, form, {**FACTS, "capacity": "150"}))["ok"]
    again = await house.people.view(
        ALICE, lambda view: is_form(view) and "Not sent" in words_of(view), seconds=30
    )
    assert "could not be checked" in words_of(again)
    assert FACTS["ticket"] in words_of(again)
    await Azure(house).heal()
    assert (await house.people.submit(ALICE, again, {**FACTS, "capacity": "150"}))["ok"]
    await house.people.card(BOB, "CHG-1", "pending_approval")


async def test_a_second_change_on_the_account_waits_visibly_and_runs_by_itself(house: House) -> None:
    first = await approved(house)
    answer = await ask(house, 80, target="extract-prod")
    assert answer["ok"], answer
    second = await house.people.card(BOB, "CHG-2", "pending_approval")
    assert (await vote(house, BOB, second))["view"] is None
    second = await house.people.card(ALICE, "CHG-2", "approved")
    assert (await confirm(house, ALICE, first, "apply"))["ok"]
    await house.people.card(ALICE, "CHG-1", "verifying")
    assert (await confirm(house, ALICE, second, "apply"))["ok"]
    queued = await house.people.message(
        ALICE, lambda item: "CHG-2" in str(item["metadata"]) and "CHG-1" in words_of(item)
    )
    assert queued["metadata"]["event_payload"]["state"] == "approved"
    assert len(await Azure(house).writes()) == 1
    await attested(house)
    await house.people.card(ALICE, "CHG-2", "verifying", seconds=30)
    assert [each["deployment"] for each in await Azure(house).writes()] == [TRIAGE, "contract-extract-ft"]
    await attested(house, "CHG-2")
    assert trail(house).ok
