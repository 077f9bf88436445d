"""What an entry only commits to: found at its path, and put back by who holds the texts."""

from dataclasses import fields

import pytest

from bot.domain.commitments import commitments, is_commitment, laid_open
from bot.domain.event import AuditEvent
from bot.domain.events import EVENT_TYPES

BODY = {
    "actor": {"kind": "slack_user", "id": {"_sd": "a"}, "team": "T1"},
    "data": {"reason": {"_sd": "b"}, "approvers": [{"_sd": "c"}, {"_sd": "d"}], "in": {"deep": {"_sd": "e"}}},
    "subject": {"change": "CHG-1"},
}


def test_each_commitment_has_a_path_of_its_own() -> None:
    paths = {"/actor.id": "a", "reason": "b", "approvers.0": "c", "approvers.1": "d", "in.deep": "e"}
    assert commitments(BODY) == paths
    assert commitments({"type": "log.opened"}) == {}
    assert not is_commitment({"_sd": "a", "more": 1})


def test_texts_go_where_they_were_and_the_others_are_withheld() -> None:
    found = laid_open(BODY, {"/actor.id": "U1", "approvers.1": "U2"})
    assert found["actor"] == {"kind": "slack_user", "id": "U1", "team": "T1"}
    assert found["data"] == {
        "reason": "withheld",
        "approvers": ["withheld", "U2"],
        "in": {"deep": "withheld"},
    }
    assert laid_open(BODY, {}, missing="")["actor"]["id"] == ""
    assert laid_open(found, {}) == found


@pytest.mark.parametrize("event", EVENT_TYPES, ids=lambda event: str(event.tag))
def test_an_event_names_people_in_fields_that_it_has_and_that_are_in_clear(event: type[AuditEvent]) -> None:
    assert {item.name for item in fields(event)} >= event.PEOPLE
    assert not event.PEOPLE & event.PRIVATE
