"""Declaring an incident: a row, an entry, a wanted snapshot and a channel to make; a duplicate is asked about."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.errors import InvalidInputError, NotFoundError
from bot.domain.incident import Incident, IncidentState, Severity, incident_number, read_severity
from bot.domain.people import Actor
from bot.ports.archive import Cause
from bot.usecases.declare_incident import AlreadyDeclared, Declaring, declare_incident
from tests.fakes.house import ANNA, House, company

ASKED = Declaring("Tickets  wait\n", frozenset({"triage-prod"}), Severity.SEV2)
BY = Actor("slack_user", ANNA, "T0CONTOSO")


@pytest.fixture
def house() -> House:
    """Give a company."""
    return House(company())


async def declared(house: House, asked: Declaring = ASKED) -> Incident | AlreadyDeclared:
    """Declare."""
    async with house.archive.transaction() as tx:
        return await declare_incident(
            asked,
            by=BY,
            cause=Cause("slack", "R1"),
            now=house.clock.now(),
            configuration=house.desk.configuration,
            tx=tx,
        )


async def test_an_incident_is_kept_with_its_entry_its_first_snapshot_and_its_channel_to_make(
    house: House,
) -> None:
    incident = await declared(house)
    assert isinstance(incident, Incident)
    assert (incident.id, incident.title, incident.lead) == ("INC-1", "Tickets wait", "")
    assert incident.next_snapshot_at == house.clock.now() + timedelta(minutes=10)
    assert incident.severity_at == incident.declared_at
    assert (house.last.tag, house.last.event.private()) == ("incident.opened", {"title": "Tickets wait"})
    state = house.archive.state
    assert {key for _, key in state.jobs} == {"snapshot:INC-1:1", "deliver:INC-1:channel"}
    assert [(each.kind, each.by) for each in state.timeline.values()] == [("declared", ANNA)]


async def test_the_same_target_soon_after_is_asked_about_and_may_be_declared_anyway(house: House) -> None:
    first = await declared(house)
    again = await declared(house)
    assert isinstance(again, AlreadyDeclared)
    assert again.incident == first
    anyway = await declared(house, replace(ASKED, anyway=True))
    assert isinstance(anyway, Incident)
    assert anyway.number == 2


@pytest.mark.parametrize("asked", [replace(ASKED, drill=True), replace(ASKED, targets=frozenset())])
async def test_a_drill_or_another_target_is_no_duplicate(house: House, asked: Declaring) -> None:
    await declared(house)
    assert isinstance(await declared(house, asked), Incident)


async def test_later_or_after_it_was_resolved_it_is_a_new_one(house: House) -> None:
    first = await declared(house)
    assert isinstance(first, Incident)
    async with house.archive.transaction() as tx:
        await tx.change_incident(first, state=IncidentState.RESOLVED)
    assert isinstance(await declared(house), Incident)
    house.clock.pass_by(timedelta(minutes=31))
    assert isinstance(await declared(house), Incident)


async def test_trouble_never_begins_after_it_is_declared(house: House) -> None:
    later = house.clock.now() + timedelta(hours=1)
    incident = await declared(house, replace(ASKED, began_at=later))
    assert isinstance(incident, Incident)
    assert incident.began_at == incident.declared_at


@pytest.mark.parametrize(
    ("asked", "error", "words"),
    [
        (replace(ASKED, title=" \n"), InvalidInputError, "needs a title"),
        (replace(ASKED, title="x" * 201), InvalidInputError, "201 characters"),
        (replace(ASKED, targets=frozenset({"triage-pord"})), NotFoundError, "triage-pord"),
    ],
)
async def test_what_cannot_be_declared_says_why(
    house: House, asked: Declaring, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        await declared(house, asked)
    assert house.archive.state.incidents == {}


def test_people_write_numbers_and_severities_in_their_own_way() -> None:
    assert [incident_number(text) for text in ("INC-3", "inc-03", "3")] == [3, 3, 3]
    assert [read_severity(text) for text in ("1", "sev2", "SEV-3", "Sev 4")] == list(Severity)
    for text in ("INC-0", "CHG-3", ""):
        with pytest.raises(InvalidInputError, match="incident"):
            incident_number(text)
    with pytest.raises(InvalidInputError, match="not a severity"):
        read_severity("5")
