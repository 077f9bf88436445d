"""Asking for the review of an incident: for everybody, or where channels are private for those who work on it."""

import json

import pytest

from bot.domain.errors import InvalidInputError, NotFoundError
from bot.domain.incident_policy import IncidentPolicy
from bot.domain.incident_review import Review, ReviewedChange
from bot.render.review_parts import review_parts
from tests.fakes.house import ANNA, BOB, EVE, House, company
from tests.fakes.incidents import Chat
from tests.golden.room_values import RESOLVED

DECLARE = "incident declare Answers are slow --sev 2 --target triage-prod"


async def declared(*, private: bool = False) -> Chat:
    """Return a chat in which an incident was declared and its channel made."""
    chat = Chat(House(company(incidents=IncidentPolicy(private=private))))
    await chat.type(DECLARE)
    await chat.deliver()
    return chat


def questions(chat: Chat) -> list[tuple[str, tuple[str, ...], bool]]:
    """Return what waits for an answer."""
    return [(each.verb, each.words, each.share) for each in chat.house.archive.state.questions.values()]


async def test_a_review_is_a_question_that_a_job_answers_and_the_channel_implies_which() -> None:
    chat = await declared()
    said = await chat.type("incident export", channel=chat.incident().channel)
    assert "Collecting what is on record of INC-1" in said.text
    await chat.type("incident export INC-1 --share", user=EVE)
    assert questions(chat) == [("review", ("INC-1",), False), ("review", ("INC-1",), True)]


async def test_a_review_of_nothing_is_refused_in_words() -> None:
    chat = await declared()
    with pytest.raises(InvalidInputError, match="Which incident"):
        await chat.type("incident export")
    with pytest.raises(NotFoundError, match="INC-9"):
        await chat.type("incident export INC-9")
    assert questions(chat) == []


@pytest.mark.parametrize(
    ("user", "inside", "may"),
    [(ANNA, False, True), (EVE, False, False), (EVE, True, True), (BOB, False, True)],
)
async def test_a_private_incident_is_reviewed_by_who_works_on_it_or_may_read_the_trail(
    user: str, inside: bool, may: bool
) -> None:
    chat = await declared(private=True)
    channel = chat.incident().channel if inside else "C0ELSE"
    said = await chat.type("incident export INC-1", user=user, channel=channel)
    assert bool(questions(chat)) is may
    assert ("ot allowed" in json.dumps(said.blocks)) is not may


@pytest.mark.parametrize(
    ("proofs", "named"),
    [({"CHG-4": b"", "CHG-7": b"{}", "CHG-9": b"{}"}, ["CHG-7"]), ({"CHG-4": b""}, []), ({}, [])],
)
def test_how_to_check_names_the_first_linked_change_whose_proof_is_there(
    proofs: dict[str, bytes], named: list[str]
) -> None:
    changes = tuple(
        ReviewedChange(each, "scale", "emergency", "triage-prod", "closed", ANNA, BOB, "", None, proof)
        for each, proof in proofs.items()
    )
    lines = review_parts(Review(RESOLVED, RESOLVED.declared_at, changes=changes))[-1].lines
    said = [line.split()[2] for line in lines if "proofs/CHG" in line]
    assert said == [f"proofs/{each}.json" for each in named]
