"""The app is killed again and again while people work: nothing acknowledged is lost, nothing is sent twice."""

import asyncio
import json
import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import text

from storage.audit_reader import AuditReader, reading
from storage.audit_verify import verify_log
from tests.journeys.crowd import Crowd, Replica, Town, a_town, replicas
from tests.journeys.people import Json, words_of
from tests.journeys.ways import ALICE, BOB, FACTS, OWNER, on_azure

KILLS = int(os.environ.get("COUNTERSIGN_TEST_KILLS", "8"))  # more by night
PATIENCE_SECONDS = 60.0
TARGETS = {
    "triage-prod": ("support-triage-ft", "aoai-contoso-weu"),
    "extract-prod": ("contract-extract-ft", "aoai-contoso-weu"),
    "router-test": ("intent-router-ft", "aoai-contoso-test-swc"),
    "summary-test": ("summary-ft", "aoai-contoso-test-swc"),
}
ENDS = {"closed", "withdrawn", "superseded"}


@pytest.mark.parametrize(
    ("database", "processes", "targets"),
    [("sqlite", 1, tuple(TARGETS)), ("postgresql", 2, ("triage-prod", "router-test"))],
    ids=["sqlite", "postgresql"],
)
async def test_killed_at_any_moment_nothing_acknowledged_is_lost_and_nothing_is_sent_twice(
    request: pytest.FixtureRequest, tmp_path: Path, database: str, processes: int, targets: tuple[str, ...]
) -> None:
    url: str = request.getfixturevalue("sqlite_url" if database == "sqlite" else "postgres_url")
    chance = Random(f"{database} 2026")
    async with a_town(tmp_path, url) as town, replicas(town, processes) as running:
        crowd = Crowd(town, running, chance)
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            lives = [group.create_task(work(crowd, alias, stop)) for alias in targets]
            await kill_again_and_again(running, chance)
            stop.set()
        closed = [life.result() for life in lives]
        assert all(closed), "somebody brought nothing to its end"
        await look_at_what_is_left(town, crowd, [change for life in closed for change in life])


async def kill_again_and_again(running: list[Replica], chance: Random) -> None:
    """Kill a process at a random moment, sometimes while it starts, and start it again."""
    for _ in range(KILLS):
        victim = chance.choice(running)
        await asyncio.sleep(chance.uniform(0.05, 1.2))  # the moment is the point
        await victim.kill()
        await victim.start()
        if chance.random() < 0.15:
            await asyncio.sleep(chance.uniform(0.1, 0.9))
            await victim.kill()
            await victim.start()
        await victim.ready()


async def work(crowd: Crowd, alias: str, stop: asyncio.Event) -> list[str]:
    """Take one change after the other to its end until told to stop; returns what was closed."""
    closed: list[str] = []
    while not stop.is_set() or not closed:
        card = await ask(crowd, alias, f"{alias}-{len(closed)}")
        change = id_of(card)
        if state_of(card) == "pending_approval":
            choice = {"choice": {"type": "radio_buttons", "selected_option": {"value": "approve"}}}
            await press_until(crowd, change, BOB, "approved", decide, {"decision": choice})
        await press_until(crowd, change, ALICE, "awaiting_attestation", confirm_apply, {})
        await press_until(crowd, change, OWNER, "closed", attest, {})
        closed.append(change)
    return closed


async def ask(crowd: Crowd, alias: str, ticket: str) -> Json:
    """Ask for one unit more, as often as it takes to be heard, and return the card."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            capacity = 1 + await capacity_of(crowd.town, alias)
            answer = await crowd.submit(ALICE, "change.request", "{}", typed(alias, ticket, capacity))
            if answer is not None:
                assert "Checking CHG-" in str(answer), answer
                return await card_of(
                    crowd.town, lambda item: f"{ticket} " in words_of(item), PATIENCE_SECONDS
                )
            card = await card_of(crowd.town, lambda item: f"{ticket} " in words_of(item), 3.0, needed=False)
            if card:
                return card


async def press_until(
    crowd: Crowd, change: str, user: str, wanted: str, deed: Any, values: Mapping[str, Json]
) -> None:
    """Press until the card is at least where it should be; an acknowledged press must be enough."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            card = await card_of(crowd.town, lambda item: id_of(item) == change, PATIENCE_SECONDS)
            if rank(card) >= RANKS[wanted]:
                return
            answer = await deed(crowd, user, card, values)
            if answer is None:
                await asyncio.sleep(0.3)  # a person looks up, and presses again
                continue
            await card_of(
                crowd.town,
                lambda item: id_of(item) == change and rank(item) >= RANKS[wanted],
                PATIENCE_SECONDS,
            )


async def decide(crowd: Crowd, user: str, card: Json, values: Mapping[str, Json]) -> Json | None:
    """Submit the review modal."""
    answer = await crowd.submit(user, "change.decide", value_of(card), values)
    if answer == {}:
        crowd.acknowledged.append((id_of(card), "change.approved", user))
    return answer


async def confirm_apply(crowd: Crowd, user: str, card: Json, values: Mapping[str, Json]) -> Json | None:
    """Submit the confirmation of Apply."""
    answer = await crowd.submit(user, "change.apply.confirm", value_of(card), values)
    if answer == {}:
        crowd.acknowledged.append((id_of(card), "change.apply_requested", user))
    return answer


async def attest(crowd: Crowd, user: str, card: Json, values: Mapping[str, Json]) -> Json | None:
    """Press Attest; the card must offer it."""
    action = {"action_id": "change.attest", "block_id": "b", "type": "button", "value": value_of(card)}
    pressed = {"type": "block_actions", "channel": {"id": "C0OPS"}, "actions": [action], **values}
    answer = await crowd.press(user, pressed)
    if answer == {}:
        crowd.acknowledged.append((id_of(card), "change.attested", user))
    return answer


RANKS = {
    state: number
    for number, state in enumerate(
        ["pending_approval", "approved", "executing", "verifying", "awaiting_attestation", "closed"]
    )
}


def id_of(item: Json) -> str:
    """Return the change a message is the card of, empty when it is none."""
    return str((item.get("metadata") or {}).get("event_payload", {}).get("id", ""))


def state_of(item: Json) -> str:
    """Return the state a card says."""
    return str(item["metadata"]["event_payload"]["state"])


def rank(card: Json) -> int:
    """Return how far a card is; one that left the way is a failure of the test."""
    state = state_of(card)
    assert state in RANKS, f"{id_of(card)} is {state}: {words_of(card)}"
    return RANKS[state]


def value_of(card: Json) -> str:
    """Return what the buttons of a card carry."""
    values = [
        element["value"]
        for block in card["blocks"]
        for element in block.get("elements", [])
        if "value" in element
    ]
    return str(values[0]) if values else "{}"


async def card_of(town: Town, wanted: Any, seconds: float, *, needed: bool = True) -> Json:
    """Return the newest card that fits, waiting for it; the card that is furthest where a lost answer made two."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while True:
        found = [item for item in await town.people.messages(ALICE) if id_of(item) and wanted(item)]
        if found:
            return max(found, key=lambda item: RANKS.get(state_of(item), -1))
        if loop.time() > end:
            assert not needed, f"no such card after {seconds:g} s"
            return {}
        await asyncio.sleep(0.1)


async def capacity_of(town: Town, alias: str) -> int:
    """Return the capacity that is live."""
    found = (await on_azure(town.people, "GET", "/control/state", None))["deployments"]
    return next(int(each["sku"]["capacity"]) for each in found if each["name"] == TARGETS[alias][0])


def typed(alias: str, ticket: str, capacity: int) -> dict[str, Json]:
    """Return the state of a request form as Slack sends it."""
    chosen = {"target": alias, "kind": "scale", "type": "normal"}
    texts = {**{name: words for name, words in FACTS.items() if name != "owner"}, "ticket": f"{ticket} ."}
    return {
        **{name: {"value": {"selected_option": {"value": value}}} for name, value in chosen.items()},
        **{name: {"value": {"value": words}} for name, words in texts.items()},
        "capacity": {"value": {"value": str(capacity)}},
        "owner": {"user": {"selected_user": OWNER}},
    }


async def look_at_what_is_left(town: Town, crowd: Crowd, closed: list[str]) -> None:
    """Check every promise on the database, on Azure's own count and on the trail."""
    with reading(town.url) as connection:
        reader = AuditReader(connection)
        bodies = [
            json.loads(row[1])
            for chunk in reader.entries(reader.shards()[-1], columns=False)
            for row in chunk
        ]
        rows = connection.execute(text("SELECT number, state FROM change")).all()
        states = {int(row[0]): str(row[1]) for row in rows}
    kept = Counter((each["subject"].get("change"), each["type"], each["actor"]["id"]) for each in bodies)
    lost = [deed for deed in crowd.acknowledged if not kept[deed]]
    assert lost == [], "acknowledged, and not in the trail"
    assert len(crowd.acknowledged) >= 2 * len(closed)
    written = (await on_azure(town.people, "GET", "/control/writes", None))["writes"]
    sent = Counter(each["body"]["tags"]["countersign-change"] for each in written)
    assert {change: number for change, number in sent.items() if number != 1} == {}, "sent more than once"
    assert set(closed) == set(sent), "closed and never sent, or sent and never closed"
    open_ones = {number: state for number, state in states.items() if state not in (*ENDS, "draft")}
    assert open_ones == {}, "these never reached an end"
    for name in ("change.execution.started", "change.execution.finished", "change.closed"):
        once = Counter(each["subject"]["change"] for each in bodies if each["type"] == name)
        assert set(once.values()) == {1}, f"{name} happened twice: {once}"
    report = verify_log(town.url, [town.vkey], deep=True)
    assert report.ok, report.findings
