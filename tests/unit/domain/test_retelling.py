"""Entries told again from what was recorded, and what people type to find them."""

from typing import Any

import pytest

from bot.domain.errors import InvalidInputError
from bot.domain.event import AuditEvent
from bot.domain.events import plain
from bot.domain.retelling import private_paths, sentence_of
from bot.domain.trail_words import TrailWish, read_wish
from tests.unit.domain.test_events import EVENTS


def recorded(event: AuditEvent) -> dict[str, Any]:
    """Return what the trail keeps of an event."""
    evidence = getattr(event, "evidence", "")
    return {
        "type": event.tag,
        "subject": {"change": event.change, "resource": event.resource},
        "data": plain(event.data()) | {name: {"_sd": "x" * 43} for name in event.private()},
        "evidence": [{"sha256": evidence}] if evidence else [],
    }


@pytest.mark.parametrize(
    ("event", "sentence"), [each[1:] for each in EVENTS], ids=[each[0] for each in EVENTS]
)
def test_every_event_is_told_again_in_the_same_words(event: AuditEvent, sentence: str) -> None:
    assert sentence_of(recorded(event)) == sentence
    assert set(private_paths(recorded(event))) == set(event.private())


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"type": "log.opened"}, "opened the log"),
        ({"type": "moon.landed", "data": {}}, "moon.landed"),
        ({"type": "change.approved", "data": {}}, "change.approved"),
        ({"type": "change.approved", "data": 7, "subject": 3}, "change.approved"),
        ({}, ""),
    ],
)
def test_what_nobody_has_words_for_is_called_by_its_type(body: dict[str, Any], words: str) -> None:
    assert sentence_of(body) == words


def test_commitments_are_found_at_any_depth() -> None:
    data = {"a": {"_sd": "x"}, "b": {"c": {"_sd": "y"}, "d": 1}, "e": {"_sd": "z", "f": 2}}
    assert private_paths({"data": data}) == ("a", "b.c")


@pytest.mark.parametrize(
    ("typed", "wish"),
    [
        ("", TrailWish()),
        ("actor:<@U0BOB|bob> type:change.*", TrailWish(actor="U0BOB", type="change.*")),
        ("<@U0BOB> chg-7 change.approved", TrailWish(actor="U0BOB", change="CHG-7", type="change.approved")),
        ("actor:me target:triage-prod", TrailWish(actor="U0ME", target="triage-prod")),
        ("from:2026-10-01T18:00 to:7d", TrailWish(start="2026-10-01T18:00", end="7d")),
        ("--actor=U0BOB --target=triage-prod", TrailWish(actor="U0BOB", target="triage-prod")),
        ("actor:executor Type:clock.", TrailWish(actor="executor", type="clock.")),
    ],
)
def test_a_search_is_read_as_people_write_it_and_written_again(typed: str, wish: TrailWish) -> None:
    assert read_wish(typed.split(), me="U0ME") == wish
    assert read_wish(wish.words().split()) == wish


@pytest.mark.parametrize(
    ("typed", "advice"),
    [
        ("actor:U1 actor:U2", "audit search"),
        ("akter:U1", "Did you mean actor?"),
        ("hello", "audit search"),
        ("actor:", "audit search"),
        ("actor:@bob", "list"),
        ("type:DROP TABLE".replace(" ", ";"), "change.approved"),
    ],
)
def test_a_word_that_is_none_is_refused_with_what_to_write(typed: str, advice: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        read_wish(typed.split())
    assert advice in refused.value.advice
