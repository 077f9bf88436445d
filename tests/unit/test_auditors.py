"""Auditors read everything and change nothing; who may search the trail; nobody can fill it by being refused."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.domain.configuration import Group
from bot.domain.delegation import Delegation
from bot.domain.errors import InvalidInputError
from bot.ports.slack import Message
from bot.render.trail import TrailPlace, trail_place_of
from bot.usecases.find_people import FOR_A_DECISION, find_people
from handlers.actions.registry import ACTIONS
from handlers.auditing import COMMANDS as LOOKING
from handlers.auditing import PRESSED, pressed, typed
from handlers.commands.change import SUBS
from handlers.commands.registry import COMMANDS
from handlers.denials import MOST, Denials, Denied
from handlers.denying import write_denials
from handlers.dependencies import Dependencies, TrailCheck
from handlers.events.home import HOME
from handlers.shapes import Asked, Happening
from handlers.shortcuts.registry import SHORTCUTS
from handlers.slack_doors import Doors, Identity
from handlers.slack_payloads import asked_of
from handlers.views.registry import VIEWS
from tests.fakes.channels import Rooms
from tests.fakes.house import ANNA, BOB, DAN, EVE, OTTO, House, company

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
IDENTITY = Identity("xoxb", "B0APP", "U0APP", "T0CONTOSO")


@dataclass
class Voice:
    """A messenger that keeps what was shown, replaced and opened."""

    shown: list[Message] = field(default_factory=list)
    replaced: list[Message] = field(default_factory=list)
    opened: list[Any] = field(default_factory=list)

    async def ephemeral(self, channel: str, user: str, message: Message) -> None:
        """Keep what one person sees."""
        self.shown.append(message)

    async def respond(self, response_url: str, message: Message, *, replace: bool) -> None:
        """Keep what stands in the place of a message."""
        assert replace
        self.replaced.append(message)

    async def publish_home(self, user: str, view: Any) -> None:
        """Keep a Home tab."""
        self.opened.append(view)

    async def open_view(self, trigger_id: str, view: Any) -> str:
        """Keep a modal."""
        self.opened.append(view)
        return "V1"


async def holds() -> TrailCheck:
    """Say that the trail holds."""
    return TrailCheck(True, 3, "root", "vkey", ())


def audited(**more: Any) -> House:
    """Return a house with Eve as its auditor; she is listed among those who approve, too."""
    groups = {
        "approvers": Group("approvers", frozenset({BOB, ANNA, EVE}), "S0AIOPS"),
        "security": Group("security", frozenset({DAN})),
        "auditors": Group("auditors", frozenset({EVE})),
    }
    return House(company(groups=groups, auditor_groups=("auditors",), freeze_groups=("security",), **more))


class Office:
    """The doors of a house, with what was said there."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.voice = Voice()
        self.deps = Dependencies(house.desk, self.voice, house.readers, holds, channels=Rooms())  # type: ignore[arg-type]
        self.doors = Doors(self.deps, IDENTITY, "slack-signed")

    async def says(self, user: str, text: str) -> str:
        """Return what a command line is answered, blocks and all."""
        body = {
            "command": "/cs",
            "text": text,
            "user_id": user,
            "team_id": "T0CONTOSO",
            "channel_id": "C0OPS",
            "trigger_id": "1.2",
        }
        answer = await self.doors.command(body, asked_of(body, self.house.desk, source="slack", auth="x"))
        return json.dumps(answer, ensure_ascii=False)

    async def clicks(self, user: str, action_id: str, value: str = "", says: str = "") -> str:
        """Return what a click is answered."""
        body = {
            "type": "block_actions",
            "team": {"id": "T0CONTOSO"},
            "user": {"id": user, "team_id": "T0CONTOSO"},
            "channel": {"id": "C0OPS"},
            "trigger_id": "1.2",
            "response_url": "https://hooks.example.test/1",
            "actions": [{"action_id": action_id, "value": value, "text": {"text": says}}],
        }
        before = len(self.voice.shown)
        await self.doors.action(body, asked_of(body, self.house.desk, source="slack", auth="x"))
        return " ".join(message.text for message in self.voice.shown[before:])

    def tags(self, user: str) -> list[str]:
        """Return what the trail says that a person did."""
        return [entry.tag for entry in self.house.archive.state.entries if entry.by.id == user]


def test_what_only_looks_is_named_and_everything_named_exists() -> None:
    names = {command.name for command in COMMANDS}
    assert set(LOOKING) <= names
    ids = {each.action_id for each in ACTIONS} | {each.callback_id for each in (*VIEWS, *SHORTCUTS)}
    assert ids >= PRESSED
    assert not [each.callback_id for each in VIEWS if pressed(each.callback_id).looks]
    assert LOOKING["change"] - {""} <= set(SUBS)


@pytest.mark.parametrize(
    ("text", "looks"),
    [
        ("", True),
        ("status triage-prod", True),
        ("change", True),
        ("CHANGE show CHG-1", True),
        ("change approve CHG-1", False),
        ("change frob", False),
        ("drift triage-prod", True),
        ("drift except triage-prod capacity", False),
        ("freeze", True),
        ("freeze add x", False),
        ("baseline triage-prod", False),
        ("audit search", True),
        ("incident export INC-1", True),
        ("incident timeline INC-1", True),
        ("incident update INC-1 words", False),
        ("launch rockets", False),
    ],
)
def test_a_command_that_is_not_named_changes_something(text: str, looks: bool) -> None:
    assert typed(text).looks is looks


async def test_an_auditor_reads_and_every_read_is_an_entry() -> None:
    office = Office(audited())
    await office.house.pending()
    assert "CHG-1" in await office.says(EVE, "change show CHG-1")
    assert "CHG-1" in await office.says(EVE, "change list")
    assert "holds" in await office.says(EVE, "audit verify")
    assert "requested CHG-1" in await office.says(EVE, "audit search change:CHG-1")
    reads = [entry for entry in office.house.archive.state.entries if entry.by.id == EVE]
    assert [entry.event.data()["command"] for entry in reads] == [
        "change show CHG-1",
        "change list",
        "audit verify",
        "audit search change:CHG-1",
    ]
    assert {entry.tag for entry in reads} == {"evidence.read"}


async def test_an_auditor_asks_for_the_review_of_an_incident_and_the_file_is_its_one_entry() -> None:
    office = Office(audited())
    await office.says(BOB, "incident declare Answers are slow --target triage-prod")
    assert "Collecting what is on record of INC-1" in await office.says(EVE, "incident export INC-1")
    asked = [(each.verb, each.words) for each in office.house.archive.state.questions.values()]
    assert asked == [("review", ("INC-1",))]
    assert office.tags(EVE) == [], "the job that makes the file appends the entry"


async def test_an_auditor_is_given_no_role_in_an_incident() -> None:
    office = Office(audited())
    await office.says(BOB, "incident declare Answers are slow --target triage-prod")
    for text in ("incident lead INC-1 <@U0EVE>", "incident role INC-1 scribe <@U0EVE>"):
        said = await office.says(BOB, text)
        assert "Not allowed: <@U0EVE> cannot have a role: an auditor" in said
        assert "Name a full member of this workspace who is no auditor" in said
    incident = office.house.archive.state.incidents[1]
    assert (incident.lead, dict(incident.roles)) == ("", {})


async def test_home_shows_an_auditor_the_trail_and_no_form_and_is_an_entry() -> None:
    office = Office(audited())
    for user, says in ((EVE, "You are an auditor"), (ANNA, "Request a change")):
        opened = Happening("app_home_opened", Asked(office.house.caller(user), ""), user)
        await HOME.run(opened, office.deps)
        home = json.dumps(office.voice.opened[-1], ensure_ascii=False)
        assert says in home
        assert "audit trail" in home
    assert "Request a change" not in json.dumps(office.voice.opened[0], ensure_ascii=False)
    assert (office.tags(EVE), office.tags(ANNA)) == (["evidence.read"], [])


async def test_an_auditor_changes_nothing_even_where_the_lists_would_let_them() -> None:
    office = Office(audited())
    change = await office.house.pending()
    value = json.dumps({"v": 1, "id": "CHG-1", "rev": 1, "pd": change.plan_digest[:12]})
    for text in (
        "change request scale triage-prod",
        "change approve CHG-1",
        "freeze add x",
        "baseline triage-prod",
    ):
        assert "you are an auditor" in await office.says(EVE, text)
    for action_id in ("change.approve", "change.reject", "change.apply", "change.withdraw", "change.open"):
        assert "you are an auditor" in await office.clicks(EVE, action_id, value)
    assert office.voice.opened == []
    assert office.house.change() == change
    assert set(office.tags(EVE)) == {"command.denied", "permission.denied", "change.refused"}
    people = await find_people({EVE, BOB}, desk=office.house.desk, max_age=FOR_A_DECISION)
    assert (people[EVE].groups, "approvers" in people[BOB].groups) == ({"auditors"}, True)


async def test_an_auditor_who_is_refused_reads_the_words_of_the_button_or_form_and_no_inner_name() -> None:
    office = Office(audited())
    said = await office.clicks(EVE, "incident.offer", "unapproved:1", says="Declare an incident")
    assert "“Declare an incident” changes something" in said
    assert "incident.offer" not in said
    assert "what you chose changes something" in await office.clicks(EVE, "change.open")


async def test_a_vote_that_is_lent_to_an_auditor_is_lent_to_nobody() -> None:
    lent = (Delegation(BOB, EVE, ("approvers",), NOW + timedelta(days=4000)),)
    house = audited(delegations=lent)
    people = await find_people({EVE}, desk=house.desk, max_age=FOR_A_DECISION)
    assert people[EVE].lent == ()


async def test_a_form_that_an_auditor_sends_all_the_same_is_refused() -> None:
    office = Office(audited())
    await office.house.pending()
    body: dict[str, Any] = {
        "type": "view_submission",
        "team": {"id": "T0CONTOSO"},
        "user": {"id": EVE, "team_id": "T0CONTOSO"},
        "view": {"id": "V1", "callback_id": "change.decide", "private_metadata": "", "state": {"values": {}}},
    }
    answer = await office.doors.view(body, asked_of(body, office.house.desk, source="slack", auth="x"))
    assert "you are an auditor" in json.dumps(answer)
    assert office.tags(EVE) == ["permission.denied"]


@pytest.mark.parametrize(("user", "may"), [(EVE, True), (BOB, True), (DAN, True), (OTTO, False)])
async def test_the_trail_is_searched_by_auditors_and_by_those_who_decide(user: str, may: bool) -> None:
    office = Office(audited())
    await office.house.pending()
    said = await office.says(user, "audit search type:change.*")
    assert ("requested CHG-1" in said) is may
    assert ("read by auditors" in said) is not may
    assert office.tags(user)[-1] == ("evidence.read" if may else "command.denied")


async def test_who_may_not_search_reads_the_names_of_everybody_who_could() -> None:
    office = Office(audited())
    await office.house.pending()
    said = await office.says(OTTO, "audit search")
    assert all(f"<@{user}>" in said for user in (ANNA, BOB, DAN, EVE))
    assert f"<@{OTTO}>" not in said
    said = await office.says("U0ZOE", "audit proof CHG-1")
    assert "read by auditors" in said
    assert all(f"<@{user}>" in said for user in (ANNA, BOB, DAN, EVE, OTTO))


async def test_a_page_is_turned_in_its_place_and_back_again() -> None:
    office = Office(audited())
    for _ in range(12):
        await office.says(EVE, "audit search actor:me")
    first = await office.says(EVE, "audit search actor:me")
    assert ("Older" in first, "Newer" in first) == (True, False)
    older = button_value(first, "trail.older")
    assert await office.clicks(EVE, "trail.older", older) == ""
    second = office.voice.replaced[-1]
    assert "page 2" in second.text
    assert numbers(second) == [2, 1, 0]
    newer = button_value(json.dumps(second.blocks), "trail.newer")
    await office.clicks(EVE, "trail.newer", newer)
    assert numbers(office.voice.replaced[-1])[0] > 10
    assert office.tags(EVE).count("evidence.read") == 15
    assert "out of date" in await office.clicks(EVE, "trail.older", "{}")


def numbers(message: Message) -> list[int]:
    """Return the numbers of the entries a page shows."""
    texts = [block["text"]["text"] for block in message.blocks if block["type"] == "section"]
    return [int(text.split("*#")[1].split("*")[0]) for text in texts]


def button_value(blocks: str, action_id: str) -> str:
    """Return what a button in an answer carries."""
    found = [
        each["value"]
        for block in _blocks(json.loads(blocks))
        if block["type"] == "actions"
        for each in block["elements"]
        if each["action_id"] == action_id
    ]
    return str(found[0])


def _blocks(answer: Any) -> Sequence[Any]:
    return answer["blocks"] if isinstance(answer, dict) else answer


@pytest.mark.parametrize("value", ["", "[]", '{"q":"x"}', '{"q":"x","at":[]}', "7"])
def test_a_page_button_that_is_none_of_ours_is_out_of_date(value: str) -> None:
    with pytest.raises(InvalidInputError, match="out of date"):
        trail_place_of(value)


def test_a_button_never_outgrows_what_slack_lets_it_carry() -> None:
    place = TrailPlace("actor:U0EVE type:change.approved", tuple(f"12.{n + 10**9}" for n in range(5000)))
    assert len(place.value()) < 2000
    assert trail_place_of(place.value()).after == place.after


async def test_thousands_of_refusals_are_two_entries_that_count_them() -> None:
    office = Office(audited())
    for _ in range(3000):
        office.deps.denials.count(
            Denied(OTTO, "T0CONTOSO", "command", "audit search", "no"), office.house.clock.now()
        )
    await office.says(OTTO, "audit search")
    office.house.clock.pass_by(timedelta(seconds=61))
    await write_denials(office.deps)
    await write_denials(office.deps)
    (entry,) = [each for each in office.house.archive.state.entries if each.by.id == OTTO]
    assert (entry.tag, entry.event.data()["attempts"]) == ("command.denied", 3000)


async def test_unsigned_requests_are_one_entry_a_minute_with_their_number() -> None:
    office = Office(audited())
    for _ in range(500):
        office.deps.denials.count_unsigned()
    await write_denials(office.deps)
    await write_denials(office.deps)
    (entry,) = office.house.archive.state.entries
    assert (entry.tag, entry.event.data()) == ("auth.failed", {"attempts": 500, "seconds": 60})


def test_a_crowd_of_strangers_does_not_fill_the_memory() -> None:
    denials = Denials()
    recorded = sum(denials.count(Denied(f"U{n}", "T", "command", "x", "y"), NOW) for n in range(3 * MOST))
    assert recorded == MOST
    assert denials.due(NOW + timedelta(seconds=61)) == {}
    assert denials.count(Denied("U9999", "T", "command", "x", "y"), NOW) == 1
