"""Secrets that Azure's answers hold reach nobody: no log, no Slack call, no database, no metric, no file."""

import json
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from aiohttp import ClientSession

from tests.journeys.conftest import House
from tests.journeys.people import words_of
from tests.journeys.ways import (
    ALICE,
    BOB,
    PROD,
    Azure,
    a_house,
    applied,
    approved,
    attested,
    calls,
    confirm,
    trail,
)

QUESTIONS = (
    "status",
    "status triage-prod",
    "show triage-prod",
    "show extract-prod",
    "show triage-test",
    "metrics triage-prod",
    "quota prod-weu",
)
FAULTS = ("403", "429", "500", "html")
ACCOUNT = (
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-ai-prod/providers"
    f"/Microsoft.CognitiveServices/accounts/{PROD}?api-version=2025-12-01"
)


@pytest.fixture
async def house(tmp_path: Path, sqlite_url: str) -> AsyncIterator[House]:
    """Give a house on SQLite, whose database is a file that can be searched."""
    async with a_house(tmp_path, sqlite_url) as made:
        yield made


async def planted(house: House) -> Mapping[str, tuple[str, ...]]:
    """Return what to look for, by class: the mark of each canary and every long piece of it, in small letters."""
    known: Mapping[str, str] = (await Azure(house).get("/control/canaries"))["canaries"]
    assert len(known) >= 11
    return {name: _pieces(name, value.lower()) for name, value in known.items()}


def _pieces(name: str, value: str) -> tuple[str, ...]:
    mark = re.search(f"canary{name.lower()}[0-9a-f]*", value)
    assert mark is not None, f"the canary of {name} has no mark"
    return (mark[0], *re.findall(r"[a-z0-9]{20,}", value))


def found_in(text: str, wanted: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Return the classes whose canary is in a text."""
    small = text.lower()
    return [name for name, pieces in wanted.items() if any(piece in small for piece in pieces)]


async def outside(house: House) -> AsyncIterator[tuple[str, str]]:
    """Give everything that left the bot, with a name: Slack calls, metrics, and every file it could write."""
    yield "Slack calls", json.dumps(await calls(house), ensure_ascii=False)
    yield "what people see", json.dumps(await house.people.state(ALICE), ensure_ascii=False)
    async with ClientSession() as session, session.get(f"{house.world.app}/metrics") as answer:
        yield "/metrics", await answer.text()
    for name, text in _files(house.log.parent):
        yield name, text


def _files(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.name, path.read_bytes().decode("latin-1")


async def leaks(house: House) -> list[str]:
    """Return every place that holds a canary."""
    wanted, seen = await planted(house), []
    found = []
    async for place, text in outside(house):
        seen.append(place)
        found += [f"{name} in {place}" for name in found_in(text, wanted)]
    assert {"Slack calls", "/metrics", "countersign.db", "countersign.log"} <= set(seen)
    return found


async def asked(house: House, question: str) -> str:
    """Ask, wait for the answer, and return its words."""
    before = len(await house.people.messages(ALICE))
    assert (await house.people.say(ALICE, f"/cs {question}"))["ok"]

    def is_answer(item: dict[str, Any]) -> bool:
        return item["ephemeral_to"] == ALICE and "read-only …" not in words_of(item)

    shown = await house.people.message(ALICE, is_answer, seconds=30)
    assert len(await house.people.messages(ALICE)) > before
    return words_of(shown)


async def test_azure_does_hold_canaries_of_every_class_that_the_bot_reads(house: House) -> None:
    wanted = await planted(house)
    headers = {"Authorization": "Bearer sandbox-reader"}
    async with ClientSession(house.people.azure, headers=headers) as session:
        async with session.get(ACCOUNT) as answer:
            account = await answer.text()
        async with session.get(f"/dataplane/{PROD}/openai/v1/fine_tuning/jobs") as answer:
            jobs = await answer.text()
    assert set(found_in(account + jobs, wanted)) >= set(wanted) - {"SAS"}


@pytest.mark.threat(13)
@pytest.mark.asvs("16.2.5")
async def test_no_question_lets_a_canary_through(house: House) -> None:
    for question in QUESTIONS:
        assert await asked(house, question)
    assert await leaks(house) == []


@pytest.mark.threat(13)
@pytest.mark.asvs("16.2.5")
async def test_no_refusal_and_no_trouble_of_azure_lets_a_canary_through(house: House) -> None:
    for kind in FAULTS:
        await Azure(house).fault(kind, method="GET", times=None)
        for question in ("show triage-prod", "quota prod-weu"):
            await asked(house, question)
        await Azure(house).heal()
    assert await leaks(house) == []


@pytest.mark.threat(13)
@pytest.mark.asvs("16.2.5")
async def test_no_change_lets_a_canary_through_not_even_one_in_a_tag_that_it_keeps(house: House) -> None:
    known: Mapping[str, str] = (await Azure(house).get("/control/canaries"))["canaries"]
    tags = {"contact": known["email"], "corpus": known["path"], "cs": known["connection_string"]}
    await Azure(house).behind(tags=tags)
    await applied(house)
    written = (await Azure(house).writes())[-1]["body"]["tags"]
    assert {name: written[name] for name in tags} == tags
    await attested(house)
    assert trail(house).ok
    assert await leaks(house) == []


@pytest.mark.threat(13)
@pytest.mark.asvs("16.2.5")
async def test_a_write_that_azure_refuses_lets_no_canary_through(house: House) -> None:
    card = await approved(house)
    await Azure(house).fault("403")
    assert (await confirm(house, ALICE, card, "apply"))["ok"]
    await house.people.card(BOB, "CHG-1", "failed")
    assert await leaks(house) == []


@pytest.mark.threat(13)
@pytest.mark.asvs("16.2.5")
async def test_no_snapshot_and_no_review_of_an_incident_lets_a_canary_through(house: House) -> None:
    known: Mapping[str, str] = (await Azure(house).get("/control/canaries"))["canaries"]
    tags = {"contact": known["email"], "corpus": known["path"], "cs": known["connection_string"]}
    await Azure(house).behind(tags=tags)
    await house.people.say(ALICE, "/cs incident declare Slow --sev 4 --target triage-prod")
    await house.people.message(ALICE, "INC-1 · Evidence snapshot 1", seconds=40)
    await house.people.say(ALICE, "/cs incident export INC-1")
    shared = await house.people.message(ALICE, lambda item: len(item["files"]) == 1, seconds=60)
    with ZipFile(BytesIO(await house.people.fetch(shared["files"][0]["url_private"]))) as review:
        texts = {name: review.read(name).decode("latin-1") for name in review.namelist()}
    wanted = await planted(house)
    assert [name for name, text in texts.items() if found_in(text, wanted)] == []
    assert await leaks(house) == []


async def test_the_search_finds_what_is_there(house: House) -> None:
    wanted = await planted(house)
    (house.log.parent / "left-behind.txt").write_text(wanted["key"][0].upper())
    assert await leaks(house) == ["key in left-behind.txt"]
