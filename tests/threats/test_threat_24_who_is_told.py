"""Threat 24: with a database that is full or locked nothing is sent to Azure, and who asked is told what to do."""

import json
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from sqlalchemy import Connection, event, text

from bot.domain.change import Change, ChangeState
from bot.domain.errors import AuditBusyError, CountersignError
from bot.domain.freeze_events import FreezeLifted
from bot.ports.slack import Message
from bot.render.change_view import button_value
from handlers.dependencies import Dependencies, TrailCheck
from handlers.shapes import Asked
from handlers.slack_doors import Doors, Identity
from handlers.web.server import DEADLINE_SECONDS
from storage.waiting import in_a_hurry
from tests.contracts.fixtures_storage import ANNA as ANNA_ACTOR
from tests.contracts.fixtures_storage import CAUSE, Archives, opened_archives
from tests.fakes.channels import Rooms
from tests.fakes.house import ANNA, House
from tests.threats.street import Street, apply, ask_to_apply, decide, pending

BOSS = "U0BOSS"
BODY: dict[str, Any] = {
    "team": {"id": "T0CONTOSO"},
    "team_id": "T0CONTOSO",
    "user": {"id": BOSS, "team_id": "T0CONTOSO"},
    "channel": {"id": "C0OPS"},
    "trigger_id": "1.2",
}
Trouble = Callable[[Archives], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def full(archives: Archives) -> AsyncIterator[None]:
    """Let the disk have no page left for any connection, every free one used."""
    await archives.execute("CREATE TABLE filler(x BLOB)")
    ((pages,),) = await archives.rows("PRAGMA page_count")
    most = [pages]

    def limit(connection: Connection) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {most[-1]}")

    event.listen(archives.opened.database.engine.sync_engine, "begin", limit)
    size = 100_000
    while size:
        try:
            await archives.execute(f"INSERT INTO filler VALUES (zeroblob({size}))")
        except AuditBusyError:
            size //= 2
    with suppress(AuditBusyError):  # a few small entries have room left in pages that are there
        while True:
            async with archives.opened.archive.transaction() as tx:
                lifted = FreezeLifted(freeze="F", end="2026", reason="r")
                await tx.record(lifted, by=ANNA_ACTOR, cause=CAUSE)
    yield
    most.append(1_000_000)


@asynccontextmanager
async def locked(archives: Archives) -> AsyncIterator[None]:
    """Hold the file as another program would that does not let go."""
    holder = sqlite3.connect(Path(archives.url.removeprefix("sqlite:///")), isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        holder.close()


@dataclass
class Voice:
    """A messenger that keeps what it showed to one person."""

    shown: list[tuple[str, Message]] = field(default_factory=list)

    async def ephemeral(self, channel: str, user: str, message: Message) -> None:
        """Keep it."""
        assert channel == "C0OPS"
        self.shown.append((user, message))


async def holds() -> TrailCheck:
    """Say that the trail holds."""
    return TrailCheck(True, 3, "root", "vkey", ())


@pytest.fixture
async def archives(sqlite_url: str) -> AsyncIterator[Archives]:
    """Give an open archive in a file."""
    async with opened_archives(sqlite_url) as opened:
        yield opened


async def approved(archives: Archives) -> tuple[House, Change]:
    """Return a house in whose database a change is approved and asked to be applied."""
    house = Street(1, (BOSS,)).house(archives.opened.archive)
    change = await pending(house, "t0")
    await decide(house, change, BOSS)
    await ask_to_apply(house, change.number, ANNA, await house.people(ANNA, BOSS))
    return house, change


async def stored(archives: Archives) -> list[object]:
    """Return what a vote would have left."""
    async with archives.opened.database.read() as connection:
        tables = ("change", "vote", "audit_entry", "audit_checkpoint")
        return [(await connection.execute(text(f"SELECT * FROM {each}"))).all() for each in tables]


def ballot(change: Change) -> dict[str, Any]:
    """Return the modal as somebody sends it who approves."""
    choice = {"decision:1": {"it": {"selected_option": {"value": "approve"}}}}
    value = button_value(change)
    return {
        "id": "V1",
        "callback_id": "change.decide",
        "private_metadata": value,
        "state": {"values": choice},
    }


TROUBLES = pytest.mark.parametrize("trouble", [full, locked])


@pytest.mark.threat(24)
@pytest.mark.asvs("16.5.3")
@TROUBLES
async def test_what_is_approved_is_not_sent_to_azure_until_the_trail_takes_its_entry(
    archives: Archives, trouble: Trouble
) -> None:
    house, change = await approved(archives)
    async with trouble(archives):
        with pytest.raises(CountersignError) as refused, in_a_hurry(0.1):
            await apply(house, change.number)
    assert refused.value.retryable
    assert house.writer.calls == []
    async with house.archive.reading() as look:
        assert (await look.change(change.number)).state is ChangeState.APPROVED
    await apply(house, change.number)
    assert len(house.writer.calls) == 1


@pytest.mark.threat(24)
@pytest.mark.asvs("16.5.3")
@TROUBLES
async def test_whoever_asks_is_told_that_nothing_was_done_and_what_to_do(
    archives: Archives, trouble: Trouble
) -> None:
    house = Street(1, (BOSS,)).house(archives.opened.archive)
    change = await pending(house, "t0")
    voice, answers = Voice(), list[dict[str, Any]]()
    deps = Dependencies(house.desk, voice, house.readers, holds, channels=Rooms())  # type: ignore[arg-type]
    doors = Doors(deps, Identity("xoxb", "B0APP", "U0APP", "T0CONTOSO"), "slack-signed")

    async def ack(**answer: Any) -> None:
        answers.append(answer)

    vote = {**BODY, "type": "view_submission", "view": ballot(change)}
    async with trouble(archives):
        before = await stored(archives)
        await doors.listener(doors.view)(vote, ack)
        assert await stored(archives) == before
    said = json.dumps(answers)
    assert answers[0]["response_action"] == "update"
    assert "database" in said
    assert "Nothing was done. Try again in a moment" in said
    again = {**vote, "trigger_id": "1.3"}
    await doors.listener(doors.view)(again, ack)
    async with house.archive.reading() as look:
        assert (await look.change(change.number)).state is ChangeState.APPROVED


@pytest.mark.threat(24)
@pytest.mark.asvs("16.5.3")
async def test_a_command_and_a_click_are_answered_too_when_the_database_takes_nothing(
    archives: Archives,
) -> None:
    house = Street(1, (BOSS,)).house(archives.opened.archive)
    voice, answers = Voice(), list[dict[str, Any]]()
    deps = Dependencies(house.desk, voice, house.readers, holds, channels=Rooms())  # type: ignore[arg-type]
    doors = Doors(deps, Identity("xoxb", "B0APP", "U0APP", "T0CONTOSO"), "slack-signed")

    async def ack(**answer: Any) -> None:
        answers.append(answer)

    command = {**BODY, "command": "/cs", "text": "change", "user_id": BOSS, "channel_id": "C0OPS"}
    click = {**BODY, "type": "block_actions", "actions": [{"action_id": "change.approve", "value": "{}"}]}
    async with locked(archives):
        await doors.listener(doors.command)(command, ack)
        await doors.listener(doors.action)(click, ack)
    ((user, shown),) = voice.shown
    assert (user, answers[1]) == (BOSS, {})
    for words in (answers[0]["text"], shown.text):
        assert "Nothing was done. Try again in a moment" in words


@pytest.mark.threat(24)
@pytest.mark.asvs("16.5.3")
@pytest.mark.parametrize("claimed", [False, True])
async def test_whoever_votes_while_the_file_is_locked_is_told_before_slack_stops_listening(
    archives: Archives, claimed: bool
) -> None:
    house = Street(1, (BOSS,)).house(archives.opened.archive)
    change = await pending(house, "t0")
    deps = Dependencies(house.desk, Voice(), house.readers, holds, channels=Rooms())  # type: ignore[arg-type]
    doors = Doors(deps, Identity("xoxb", "B0APP", "U0APP", "T0CONTOSO"), "slack-signed")
    answers, taken = list[dict[str, Any]](), list[float]()

    async def ack(**answer: Any) -> None:
        answers.append(answer)
        taken.append(monotonic() - started)

    async def door(body: Mapping[str, Any], asked: Asked) -> dict[str, Any]:
        async with locked(archives):
            return await doors.view(body, asked)

    vote = {**BODY, "type": "view_submission", "view": ballot(change)}
    before, started = await stored(archives), monotonic()
    if claimed:
        await doors.listener(door)(vote, ack)
    else:
        async with locked(archives):
            await doors.listener(doors.view)(vote, ack)
    assert taken[0] < DEADLINE_SECONDS - 0.2
    assert "took no entry, so nothing was done" in json.dumps(answers)
    assert await stored(archives) == before


@pytest.mark.threat(24)
@pytest.mark.asvs("16.5.3")
async def test_an_event_that_was_not_taken_is_left_to_slack_to_send_again(archives: Archives) -> None:
    house = Street(1, (BOSS,)).house(archives.opened.archive)
    deps = Dependencies(house.desk, Voice(), house.readers, holds, channels=Rooms())  # type: ignore[arg-type]
    doors = Doors(deps, Identity("xoxb", "B0APP", "U0APP", "T0CONTOSO"), "slack-signed")
    event = {**BODY, "event_id": "Ev1", "event": {"type": "app_home_opened", "user": BOSS}}
    async with locked(archives):
        with pytest.raises(AuditBusyError):
            await doors.listener(doors.event)(event, None)  # type: ignore[arg-type]
